"""An adversarial run trains each network by itself, resumes after a kill, and ends when it collapses."""

import csv
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import h5py
import keras
import numpy as np
import pytest

from sr_core import OptionError, WeightsError, networks, weights
from sr_core.weights import WeightsCard
from training.cli import main
from training.data import datasets
from training.data.patches import PatchDataset
from training.export import ExportOptions, export
from training.fit import checkpoint, gan, histories
from training.fit.gan_steps import Adversaries
from training.fit.gan_watch import CollapseError, GanState, check_validation
from training.fit.recipe import GanRecipe
from training.fit.run_folder import RunFolder, RunResult
from training.fit.start import read_start
from training.recipes import gan as full_recipe

PICTURES = Path(__file__).resolve().parents[2] / "data"
TINY: dict[str, Any] = {"blocks": 1, "channels": 4, "growth": 2}
VALUES = {"d_loss": 0.7, "g_loss": 0.1, "pixel": 0.1, "perceptual": 0.1, "adversarial": 0.7}
VALUES |= {"d_real": 0.5, "d_fake": 0.5}


def recipe(**changes: Any) -> GanRecipe:
    settings = {"steps": 12, "steps_per_epoch": 4, "validate_every": 1, "patch": 8, "batch": 2, "rate": 1e-3}
    settings |= {"precision": "float32", "discriminator_channels": 2, "perceptual": "discriminator"}
    return GanRecipe(network="esrgan", scale=4, hyperparameters=TINY, **{**settings, **changes})


def generator() -> keras.Model:
    return networks.build("esrgan", scale=4, **TINY)


def save(folder: Path, name: str, *, seed: int, licence: str = "CC0", **changes: Any) -> WeightsCard:
    hyperparameters = {**TINY, **changes}
    network = networks.build("esrgan", scale=4, **hyperparameters)
    random = np.random.default_rng(seed)
    network.set_weights([random.normal(0, 0.05, array.shape) for array in network.get_weights()])
    card = WeightsCard(
        name=name,
        title="ESRGAN ×4",
        architecture="esrgan",
        scale=4,
        hyperparameters=hyperparameters,
        sha256="",
        parameters=network.count_params(),
        multiply_adds=1,
        receptive_radius=19,
        halo=16,
        licence=licence,
        training={"data": "noise"},
        folder=folder,
    )
    return weights.save_network(network, card)


def rows(folder: Path) -> list[dict[str, str]]:
    with RunFolder(folder).history.open() as file:
        return list(csv.DictReader(file))


def curve(folder: Path) -> list[list[str]]:
    timing = ("minutes", "steps_per_second")
    return [[value for name, value in row.items() if name not in timing] for row in rows(folder)]


def kept(folder: Path) -> np.ndarray:
    _, network = RunFolder(folder).load_best()
    return flat(network.get_weights())


def flat(arrays) -> np.ndarray:
    return np.concatenate([np.ravel(array) for array in arrays])


@pytest.fixture(scope="module")
def world(tmp_path_factory) -> SimpleNamespace:
    """First weights, pictures, a run of three epochs, and its folder as a kill in the second left it."""
    folder = tmp_path_factory.mktemp("gan")
    card = save(folder, "psnr_x4", seed=1)
    whole, killed = folder / "whole", folder / "killed"

    def photograph(line: str) -> None:
        if line.startswith("epoch 2"):  # its weights and history are written, its checkpoint is not
            shutil.copytree(whole, killed)
            (killed / "writing.checkpoint.weights.h5").write_bytes(b"half a checkpoint")

    start, pairs = read_start(card.file), datasets.pairs([PICTURES], scale=4, cache=folder / "cache")
    gan.run(recipe(), pairs, pairs, folder=whole, start=start, log=photograph)
    return SimpleNamespace(folder=folder, card=card, start=start, pairs=pairs, whole=whole, killed=killed)


@pytest.fixture
def train(world, tmp_path):
    """Train the tiny recipe, with changes, in a folder of the test."""

    def act(folder: Path = tmp_path / "run", **changes: Any) -> RunResult[GanState]:
        return gan.run(
            recipe(**changes),
            world.pairs,
            world.pairs,
            folder=folder,
            start=world.start,
            log=lambda line: None,
        )

    return act


def test_each_step_changes_its_own_network_only(world):
    adversaries = Adversaries(generator(), recipe(), None)
    networks_of = adversaries.generator, adversaries.discriminator
    batch = PatchDataset(world.pairs, scale=4, patch=8, batch=2, seed=1)[0]

    seen = [[flat(network.trainable_weights) for network in networks_of]]
    for step in adversaries.steps:
        step.run_eagerly = True  # spares the time to compile it
        step.train_on_batch(batch)
        seen.append([flat(network.trainable_weights) for network in networks_of])

    g, d = zip(*seen, strict=True)
    assert not np.array_equal(g[0], g[1])
    assert np.array_equal(d[0], d[1])
    assert np.array_equal(g[1], g[2])
    assert not np.array_equal(d[1], d[2])
    assert all(layer.trainable for network in networks_of for layer in network.layers)


def test_perceptual_loss_is_taken_in_the_features_it_is_given(world):
    network = generator()
    network.set_weights(world.start.numbers)
    features = keras.Sequential([keras.layers.AveragePooling2D(8), keras.layers.Rescaling(3.0)])
    lr, hr = PatchDataset(world.pairs, scale=4, patch=8, batch=2, seed=1)[0]

    values: Any = Adversaries(network, recipe(), features).steps[0]((lr, hr))

    difference = np.asarray(network(lr)) - hr
    cells = difference.reshape(2, 4, 8, 4, 8, 3).mean((2, 4))
    assert float(values["perceptual"]) == pytest.approx(3 * np.abs(cells).mean(), rel=1e-4)
    assert float(values["pixel"]) == pytest.approx(np.abs(difference).mean(), rel=1e-4)


def test_command_trains_and_the_same_seed_gives_the_same_curve(world, tmp_path):
    command = (
        f"gan --start-from {world.card.file} --data {PICTURES} --val {PICTURES} --run {tmp_path / 'run'}"
    )
    command += f" --cache {world.folder / 'cache'} --perceptual discriminator --discriminator-channels 2"
    command += " --steps 4 --steps-per-epoch 4 --validate-every 1 --patch 8 --batch 2 --rate 1e-3"

    assert main([*command.split(), "--precision", "float32"]) == 0

    assert curve(tmp_path / "run") == curve(world.whole)[:2]
    description = json.loads((tmp_path / "run" / "run.json").read_text())
    assert description["about"]["command"].startswith("python -m training gan --start-from")
    assert description["recipe"] == json.loads(json.dumps(asdict(recipe(steps=4))))


def test_history_holds_both_losses_and_what_is_seen(world):
    begun, *trained = rows(world.whole)

    assert (begun["steps"], begun["kept"], begun["d_loss"]) == ("0", "False", "")
    assert [(row["steps"], row["kept"]) for row in trained] == [("4", "True"), ("8", "True"), ("12", "True")]
    assert [float(row["rate"]) for row in trained] == [1e-3, 2.5e-4, 1.25e-4]
    for row in trained:
        parts = [float(row[name]) for name in ("pixel", "perceptual", "adversarial")]
        assert float(row["g_loss"]) == pytest.approx(np.dot(parts, [1e-2, 1.0, 5e-3]), rel=1e-4)
        assert 0 < float(row["d_fake"]) < 1
        assert float(row["val_sharpness"]) > 0


def test_run_that_was_killed_ends_as_the_whole_one(world, train, tmp_path):
    folder = shutil.copytree(world.killed, tmp_path / "run")
    assert len(rows(folder)) == 3

    result = train(folder)

    assert result.state.steps == 12
    found, expected = (np.array(curve(f)[1:]) for f in (folder, world.whole))
    np.testing.assert_allclose(found[:, :-1].astype(float), expected[:, :-1].astype(float), rtol=1e-4)
    np.testing.assert_allclose(kept(folder), kept(world.whole), atol=1e-5)


def test_finished_run_is_not_trained_further_and_other_settings_are_refused(world, train, tmp_path):
    folder = shutil.copytree(world.whole, tmp_path / "copy")

    assert train(folder).state.steps == 12
    assert RunFolder(folder).history.read_bytes() == RunFolder(world.whole).history.read_bytes()
    with pytest.raises(OptionError, match="other settings"):
        train(folder, seed=2)


@pytest.mark.parametrize("broken", ["loss", "weights"])
def test_number_that_is_not_finite_ends_the_run_and_keeps_what_was_good(broken, train, monkeypatch, tmp_path):
    steps = iter(range(12))

    def poisoned(self, batch):
        if next(steps) < 4:
            return VALUES
        if broken == "loss":
            return {**VALUES, "g_loss": np.nan}
        self.generator.layers[-1].bias.assign([np.nan] * 3)
        return VALUES

    monkeypatch.setattr(Adversaries, "train", poisoned)

    with pytest.raises(CollapseError, match=r"not (a )?finite number.* weights of step 4 are kept"):
        train()

    assert np.isfinite(kept(tmp_path / "run")).all()
    with h5py.File(RunFolder(tmp_path / "run").checkpoint) as h5:
        state: Any = h5["state"]
        assert json.loads(state[()].tobytes())["steps"] == 4


def test_fallen_psnr_ends_the_run(train, monkeypatch, tmp_path):
    def spoil(self, batch):
        self.generator.layers[-1].bias.assign([-1.0] * 3)  # black pictures
        return VALUES

    monkeypatch.setattr(Adversaries, "train", spoil)

    with pytest.raises(CollapseError, match=r"PSNR fell by .* no weights to export"):
        train(ema=0.0, max_drop=0.1)

    assert rows(tmp_path / "run")[-1]["kept"] == "False"
    assert not RunFolder(tmp_path / "run").best.exists()


def row_of(*, d_real: float = 0.55, adversarial: float = 0.8, val_psnr: float = 27.0) -> dict[str, float]:
    return {"d_real": d_real, "d_fake": 1 - d_real, "adversarial": adversarial, "val_psnr": val_psnr}


def test_discriminator_that_has_won_is_warned_of_and_then_ends_the_run():
    state, won = GanState(first_psnr=28.0, kept_steps=700), row_of(d_real=0.999, adversarial=30.0)
    ahead = row_of(d_real=0.999, adversarial=5.0)  # as in a healthy run
    rules = recipe(won_validations=3)

    assert "never wrong" in check_validation(rules, won, state)[0]
    assert check_validation(rules, ahead, state) == []
    assert len(check_validation(rules, won, state)) == len(check_validation(rules, won, state)) == 1
    with pytest.raises(CollapseError, match=r"3 validations in a row .* weights of step 700 are kept"):
        check_validation(rules, won, state)


def test_psnr_is_warned_of_before_it_ends_the_run():
    state = GanState(first_psnr=28.0)

    assert check_validation(recipe(), row_of(val_psnr=24.5), state) == []
    assert "ends at 6 dB" in check_validation(recipe(), row_of(val_psnr=23.5), state)[0]
    with pytest.raises(CollapseError, match=r"from 28\.00 to 21\.90 dB"):
        check_validation(recipe(), row_of(val_psnr=21.9), state)


def test_export_takes_the_last_good_weights_not_the_best_psnr(world, tmp_path):
    folder = shutil.copytree(world.whole, tmp_path / "copy")
    scores = ("30", "29", "28", "9")
    table = [{**row, "val_psnr": psnr} for row, psnr in zip(rows(folder), scores, strict=True)]
    table[-1]["kept"] = "False"
    histories.write(RunFolder(folder).history, table, gan.COLUMNS)

    card = export(folder, ExportOptions(name="gan_x4", folder=tmp_path, results=tmp_path))

    assert (card.training["best_steps"], card.training["best_validation_psnr"]) == (8, 28)
    assert "not that with the best PSNR" in card.training["weights"]
    assert card.training["perceptual_loss"].startswith("features of the discriminator")
    assert card.training["start_sha256"] == world.start.sha256
    assert card.trainings[:-1] == world.card.trainings


def test_vgg_that_cannot_be_had_is_one_sentence_and_no_other_loss(world, tmp_path, capsys):
    command = (
        f"gan --start-from {world.card.file} --data {PICTURES} --val {PICTURES} --run {tmp_path / 'run'}"
    )
    command += f" --cache {world.folder / 'cache'} --vgg {tmp_path / 'nowhere.h5'}"

    assert main(command.split()) == 1
    assert "give --vgg" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()
    assert main([*command.split(), "--perceptual", "discriminator"]) == 1
    assert "leave --vgg out" in capsys.readouterr().err


def test_start_is_read_from_a_run_s_folder_too(world):
    start = read_start(world.whole)

    named = start.name, start.architecture, start.scale, start.hyperparameters
    assert named == ("whole", "esrgan", 4, TINY)
    np.testing.assert_array_equal(flat(start.numbers), kept(world.whole))
    assert start.trainings[:-1] == world.card.trainings
    assert start.trainings[-1]["steps"] == 12
    with pytest.raises(OptionError, match="no run with validated weights"):
        read_start(world.folder)


def test_recipe_has_the_paper_s_halvings_and_patch():
    assert [full_recipe("esrgan", scale, {}).size for scale in (1, 2, 3, 4)] == [128, 128, 96, 128]
    rates = [recipe(rate=1e-4).rate_at(step / 400) for step in (0, 49, 50, 100, 200, 300, 400)]
    assert rates == pytest.approx([1e-4, 1e-4, 5e-5, 2.5e-5, 1.25e-5, 6.25e-6, 6.25e-6])
    for change in ({"batch": 0}, {"pixel_weight": -1.0}, {"ema": 1.0}):
        with pytest.raises(OptionError, match=next(iter(change))):
            recipe(**change)


def variable(value: float) -> keras.Variable:
    return keras.Variable(np.full(3, value), dtype="float32")


def test_checkpoint_gives_back_what_it_was_given(tmp_path):
    one, other = variable(1.0), variable(2.0)
    history = ["a long run"] * 10_000  # more than an attribute of HDF5 holds

    checkpoint.save(tmp_path / "c.h5", {"net": [one]}, {"history": history})

    assert checkpoint.load(tmp_path / "c.h5", {"net": [other]}) == {"history": history}
    np.testing.assert_array_equal(np.array(other), np.ones(3))


def test_checkpoint_that_is_damaged_or_another_s_is_told(tmp_path):
    checkpoint.save(tmp_path / "c.h5", {"net": [variable(1.0)]}, {})

    with pytest.raises(WeightsError, match="net has 1 variables where 2 are expected"):
        checkpoint.load(tmp_path / "c.h5", {"net": [variable(1.0), variable(2.0)]})
    sound = (tmp_path / "c.h5").read_bytes()
    kind = sound.rindex(b"SNOD") + 24  # of the first entry of the group "net"
    for damaged in (sound[:500], sound[:kind] + b"7" + sound[kind + 1 :]):
        (tmp_path / "c.h5").write_bytes(damaged)
        with pytest.raises(WeightsError, match="cannot be resumed"):
            checkpoint.load(tmp_path / "c.h5", {"net": [variable(1.0)]})
    (tmp_path / "c.h5").write_bytes(sound[:48] + 8 * b"\x7f" + sound[56:])  # an address beyond any file
    with pytest.raises(WeightsError, match="cannot be resumed"):
        checkpoint.copy(tmp_path / "c.h5", tmp_path / "d.h5", dict)


def test_interpolation_is_linear_and_exact_at_its_ends():
    a, b = ([np.array([1.0, value], np.float32), np.array([value], np.float32)] for value in (2, 6))

    np.testing.assert_array_equal(weights.interpolate(a, b, 0)[0], a[0])
    np.testing.assert_array_equal(weights.interpolate(a, b, 1)[1], b[1])
    np.testing.assert_allclose(weights.interpolate(a, b, 0.75)[0], [1, 5])
    assert weights.interpolate(a, b, 0.5)[0].dtype == np.float32
    with pytest.raises(OptionError, match=r"from 0.*to 1.*received 1\.5"):
        weights.interpolate(a, b, 1.5)
    with pytest.raises(OptionError, match="the shapes of these differ"):
        weights.interpolate(a, b[:1], 0.5)


def test_interpolated_weights_name_both_and_alpha(tmp_path):
    psnr, sharp = save(tmp_path, "psnr_x4", seed=1), save(tmp_path, "gan_x4", seed=2)
    command = f"interpolate {psnr.file} {sharp.file} --alpha 0.25 --name esrgan_x4 --to {tmp_path}"

    assert main([*command.split(), "--cache", str(tmp_path / "cache")]) == 0

    card = weights.read_card(tmp_path / "esrgan_x4.h5")
    between = card.training["interpolation"]
    assert (between["alpha"], between["psnr"]["name"]) == (0.25, "psnr_x4")
    assert (between["gan"]["sha256"], card.licence) == (sharp.sha256, "CC0")
    a, b, c = (flat(weights.load_network(of).get_weights()) for of in (psnr, sharp, card))
    np.testing.assert_allclose(0.75 * a + 0.25 * b, c, atol=1e-6)


def test_weights_that_do_not_go_together_are_refused(tmp_path, capsys):
    psnr, wide = save(tmp_path, "psnr_x4", seed=1), save(tmp_path, "wide_x4", seed=1, channels=6)
    mine = save(tmp_path, "mine_x4", seed=2, licence="MIT")

    def answer(other: WeightsCard, options: str) -> str:
        status = main(f"interpolate {psnr.file} {other.file} --to {tmp_path} {options}".split())
        return capsys.readouterr().err if status else "done"

    assert "differ in hyperparameters" in answer(wide, "--name new_x4")
    assert "different licences" in answer(mine, "--name new_x4")
    assert "overwrite" in answer(psnr, "--name psnr_x4")
    assert answer(mine, "--name new_x4 --licence MIT") == "done"
