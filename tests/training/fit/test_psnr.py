"""A run trains, resumes after a kill as if nothing had happened, and keeps its best weights."""

import csv
import json
import subprocess
import sys
import textwrap
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sr_core import EngineError, OptionError, SuperResError, WeightsError, networks, weights
from tests.training.conftest import full
from training import recipes
from training.data.conditions import mixed
from training.data.datasets import Pair
from training.export import ExportOptions, export
from training.fit.psnr import run
from training.fit.recipe import Phase
from training.fit.run_folder import RunFolder
from training.fit.start import transfer
from training.fit.validation import validate


def quiet(_line: str) -> None:
    pass


def losses(folder: Path) -> list[float]:
    with RunFolder(folder).history.open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def numbers(recipe, file: Path) -> np.ndarray:
    network = networks.build(recipe.network, scale=recipe.scale, **recipe.hyperparameters)
    network.load_weights(file)
    return np.concatenate([array.ravel() for array in network.get_weights()])


def test_training_lowers_the_loss_and_raises_psnr(tiny, pairs, tmp_path):
    recipe = tiny(steps=60, steps_per_epoch=20, rate=3e-2)

    result = run(recipe, pairs, pairs, folder=tmp_path / "run", log=quiet)

    history = result.state.history
    assert history[-1]["loss"] < 0.7 * history[0]["loss"]
    assert history[-1]["val_psnr"] > history[0]["val_psnr"] + 1
    assert result.state.best_score == max(row["val_psnr"] for row in history)
    assert result.state.steps == 60


def test_a_run_for_photos_is_validated_on_the_fixed_mix(tiny, pairs, tmp_path):
    recipe = tiny(degradation="photo", steps=4)

    result = run(recipe, pairs, pairs, folder=tmp_path / "run", log=quiet)

    description, network = result.folder.load_best()
    assert description["recipe"]["degradation"] == "photo"
    measured = validate(network, mixed(pairs), scale=4)
    assert result.state.best_score == pytest.approx(measured["psnr"], abs=1e-4)


def test_same_seed_gives_the_same_run(tiny, pairs, tmp_path):
    for name in ("one", "two"):
        run(tiny(), pairs, pairs, folder=tmp_path / name, log=quiet)

    assert losses(tmp_path / "one") == losses(tmp_path / "two")


def test_xla_gives_the_same_run_to_rounding(tiny, pairs, tmp_path):
    for xla in (False, True):
        run(tiny(steps=4), pairs, pairs, folder=tmp_path / str(xla), xla=xla, log=quiet)

    assert losses(tmp_path / "True") == pytest.approx(losses(tmp_path / "False"), rel=1e-4)


def test_run_killed_at_any_moment_resumes_to_the_same_end(tiny, pairs, photos, tmp_path):
    recipe = tiny(steps=240, steps_per_epoch=8)
    folder = tmp_path / "killed"
    script = f"""
        from pathlib import Path
        from training.data import datasets
        from training.fit import psnr
        from training.fit.recipe import Recipe
        pairs = datasets.pairs([Path({str(photos)!r})], scale=4, cache=Path({str(tmp_path / "cache")!r}))
        psnr.run({recipe!r}, pairs, pairs, folder=Path({str(folder)!r}))
    """
    process = subprocess.Popen(
        [sys.executable, "-uW", "ignore", "-c", textwrap.dedent(script)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith("epoch 3"):
            break
    time.sleep(0.05)
    process.kill()
    process.communicate()
    rows_before = len(losses(folder))

    resumed = run(recipe, pairs, pairs, folder=folder, log=quiet)
    whole = run(recipe, pairs, pairs, folder=tmp_path / "whole", log=quiet)

    assert 2 <= rows_before < 30
    assert resumed.state.steps == whole.state.steps == 240
    np.testing.assert_allclose(losses(folder), losses(tmp_path / "whole"), rtol=1e-5)
    np.testing.assert_allclose(
        numbers(recipe, resumed.folder.best), numbers(recipe, whole.folder.best), atol=1e-5
    )


def test_finished_run_is_not_trained_further(tiny, pairs, tmp_path):
    first = run(tiny(), pairs, pairs, folder=tmp_path / "run", log=quiet)
    second = run(tiny(), pairs, pairs, folder=tmp_path / "run", log=quiet)

    assert second.state.history == first.state.history


def test_folder_of_another_run_is_refused(tiny, pairs, tmp_path):
    run(tiny(steps=4), pairs, pairs, folder=tmp_path / "run", log=quiet)

    with pytest.raises(OptionError, match="other settings"):
        run(tiny(steps=4, seed=2), pairs, pairs, folder=tmp_path / "run", log=quiet)


def test_run_on_other_pictures_is_refused(tiny, pairs, tmp_path):
    run(tiny(steps=4), pairs, pairs, folder=tmp_path / "run", log=quiet)

    with pytest.raises(OptionError, match="other settings or pictures"):
        run(tiny(steps=4), pairs[:2], pairs, folder=tmp_path / "run", log=quiet)


@pytest.mark.parametrize("side", ["lr", "hr"])
def test_resume_on_replaced_pictures_of_the_same_names_and_sizes_is_refused(side, tiny, pairs, tmp_path):
    run(tiny(steps=4), pairs, pairs, folder=tmp_path / "run", log=quiet)
    other = np.array(getattr(pairs[1], side))
    other[5, 7, 2] ^= 1
    replaced = [pairs[0], replace(pairs[1], **{side: other}), pairs[2]]

    for training, validation in ((replaced, pairs), (pairs, replaced)):
        with pytest.raises(OptionError, match=r"other settings or pictures \(what the pictures hold\)"):
            run(tiny(steps=4), training, validation, folder=tmp_path / "run", log=quiet)

    description = json.loads((tmp_path / "run" / "run.json").read_text())
    del description["content"]  # as of a run from before it was kept
    (tmp_path / "run" / "run.json").write_text(json.dumps(description))
    run(tiny(steps=4), replaced, pairs, folder=tmp_path / "run", log=quiet)


def test_run_folder_that_cannot_be_written_to_is_one_sentence(tiny, pairs, tmp_path):
    (tmp_path / "file").write_text("no folder")

    for folder in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OptionError, match=r"cannot be written to: .* another --run\. Received: .*file"):
            run(tiny(), pairs, pairs, folder=folder, log=quiet)


@pytest.mark.parametrize("bytes_a_file", [10, 2_000])
def test_full_disk_is_one_sentence_and_the_run_goes_on_when_there_is_room(
    bytes_a_file, tiny, pairs, tmp_path
):
    with full(bytes_a_file=bytes_a_file), pytest.raises(SuperResError, match="cannot be written"):
        run(tiny(), pairs, pairs, folder=tmp_path / "run", log=quiet)

    assert not [
        file for file in (tmp_path / "run").iterdir() if "writing" in file.name or "part" in file.name
    ]
    run(tiny(), pairs, pairs, folder=tmp_path / "run", log=quiet)
    run(tiny(), pairs, pairs, folder=tmp_path / "whole", log=quiet)
    assert losses(tmp_path / "run") == losses(tmp_path / "whole")


def test_run_from_before_a_setting_existed_is_resumed_with_what_it_had_been(tiny, pairs, tmp_path):
    folder = RunFolder(tmp_path / "run")
    run(tiny(steps=8, steps_per_epoch=8), pairs, pairs, folder=folder.path, log=quiet)
    description = json.loads(folder.description.read_text())
    del description["recipe"]["warmup_steps"]
    folder.description.write_text(json.dumps(description))

    again = run(tiny(steps=8, steps_per_epoch=8), pairs, pairs, folder=folder.path, log=quiet)

    assert again.state.steps == 8
    with pytest.raises(OptionError, match="other settings"):
        run(tiny(steps=8, steps_per_epoch=8, warmup_steps=3), pairs, pairs, folder=folder.path, log=quiet)


def test_first_weights_of_which_no_layer_fits_are_refused_and_leave_no_run(tiny, pairs, card, tmp_path):
    recipe = tiny(network="srcnn", hyperparameters={}, steps=4)
    edsr = networks.build("edsr", scale=4, blocks=1, channels=4)
    other = weights.save_network(edsr, replace(card(4), name="other", sha256=""))

    with pytest.raises(OptionError, match="No layer of these weights fits"):
        run(
            recipe,
            pairs,
            pairs,
            folder=tmp_path / "run",
            start_from=other.file,
            log=quiet,
        )

    run(recipe, pairs, pairs, folder=tmp_path / "run", log=quiet)


def test_study_as_written_begins_with_noise_and_sees_every_picture_once_an_epoch(pairs, tmp_path):
    written = recipes.recipe("srcnn", scale=1, name="as-written")
    squares = [Pair(pair.name, pair.lr[:16, :16], pair.lr[:16, :16]) for pair in pairs]
    tiny = replace(
        written, patch=16, batch=2, steps=4, steps_per_epoch=2, precision="float32", score_training=0
    )

    history = run(tiny, squares, squares, folder=tmp_path / "run", log=quiet).state.history

    # A network that begins as the identity would be perfect here.
    assert history[0]["val_psnr"] < 20
    assert len(history) == 2


def test_threads_that_prepare_patches_end_with_their_phase(tiny, pairs, tmp_path):
    run(tiny(steps=8, phases=(Phase(0.5, 12, 1),)), pairs, pairs, folder=tmp_path / "run", log=quiet)

    assert not [thread for thread in threading.enumerate() if thread.name.startswith("patches")]


def test_damaged_description_is_told(tiny, pairs, tmp_path):
    (tmp_path / "run.json").write_text('{"recipe": ')

    with pytest.raises(OptionError, match=r"no run in this folder whose run\.json can be read"):
        run(tiny(), pairs, pairs, folder=tmp_path, log=quiet)


def test_damaged_checkpoint_is_told(tiny, pairs, tmp_path):
    result = run(tiny(steps=4), pairs, pairs, folder=tmp_path / "run", log=quiet)
    result.folder.checkpoint.write_bytes(result.folder.checkpoint.read_bytes()[:1000])

    with pytest.raises(WeightsError, match="cannot be resumed"):
        run(tiny(steps=4), pairs, pairs, folder=tmp_path / "run", log=quiet)


def test_run_without_improvement_stops_early(tiny, pairs, tmp_path):
    recipe = tiny(steps=400, patience=2, rate=1e-12, final_rate=1e-12, ema=0)

    result = run(recipe, pairs, pairs, folder=tmp_path / "run", log=quiet)

    assert result.state.steps < 400
    assert result.state.validations_since_best == 2


def test_training_pictures_are_scored_beside_the_validation_pictures(tiny, pairs, tmp_path):
    result = run(tiny(steps=4, score_training=2), pairs, pairs[:1], folder=tmp_path / "run", log=quiet)

    row = result.state.history[-1]
    assert {"val_psnr", "val_mae", "train_psnr", "train_mae"} <= row.keys()
    assert row["train_psnr"] != row["val_psnr"]
    with result.folder.history.open() as file:
        assert float(list(csv.DictReader(file))[-1]["train_psnr"]) == row["train_psnr"]


def test_phases_change_patches_and_loss_and_resume_alike(tiny, pairs, tmp_path):
    recipe = tiny(steps=24, phases=(Phase(0.5, 12, 1, "mse"),))

    whole = run(recipe, pairs, pairs, folder=tmp_path / "whole", log=quiet)
    loss = losses(tmp_path / "whole")

    assert whole.state.steps == 24
    assert min(loss[:3]) > 2 * max(loss[3:])  # squares of errors below 1 are smaller

    for epoch in (3, 5):  # where the second phase begins, and within it
        parts = _stopped_and_resumed(recipe, pairs, tmp_path / str(epoch), after=epoch)
        assert losses(tmp_path / "whole") == losses(parts)


def _stopped_and_resumed(recipe, pairs, folder: Path, *, after: int) -> Path:
    def stop(line: str) -> None:
        if line.startswith(f"epoch {after} "):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(recipe, pairs, pairs, folder=folder, log=stop)
    run(recipe, pairs, pairs, folder=folder, log=quiet)
    return folder


def test_loss_that_is_no_number_is_told_and_not_kept(tiny, pairs, tmp_path):
    folder = RunFolder(tmp_path / "run")

    with pytest.raises(EngineError, match="no longer a number; delete the run and choose a lower --rate"):
        run(tiny(steps=400, rate=1e30), pairs, pairs, folder=folder.path, log=quiet)

    if folder.best.exists():
        assert np.isfinite(numbers(tiny(), folder.best)).all()


def test_minutes_end_a_run(tiny, pairs, tmp_path):
    result = run(tiny(steps=10**6), pairs, pairs, folder=tmp_path / "run", minutes=0.02, log=quiet)

    assert 0 < result.state.steps < 10**6
    assert result.state.seconds >= 1.2


def test_x4_starts_from_x2_but_for_the_layers_that_x2_lacks():
    small = networks.build("edsr", scale=2, blocks=1, channels=4)
    large = networks.build("edsr", scale=4, blocks=1, channels=4)

    taken = transfer(small, large)

    missing = {"upsample2_conv"}
    assert taken == sum(bool(layer.weights) for layer in large.layers) - len(missing)
    np.testing.assert_array_equal(small.get_layer("tail").kernel, large.get_layer("tail").kernel)


def test_grown_network_is_the_same_function_and_learns_in_its_new_blocks():
    small = networks.build("edsr", scale=4, blocks=2, channels=4)
    large = networks.build("edsr", scale=4, blocks=5, channels=4)
    lr = np.random.default_rng(0).random((1, 9, 7, 3), np.float32)

    taken = transfer(small, large)

    assert taken == sum(bool(layer.weights) for layer in small.layers)
    np.testing.assert_allclose(large.predict_on_batch(lr), small.predict_on_batch(lr), atol=1e-6)
    large.compile(optimizer="sgd", loss="mae")
    large.train_on_batch(lr, np.zeros((1, 36, 28, 3), np.float32))
    assert np.any(large.get_layer("block5_conv2").kernel)


def test_what_made_the_first_weights_is_kept_also_when_their_file_is_replaced(tiny, pairs, tmp_path):
    shipped = ExportOptions(name="tiny", folder=tmp_path, results=tmp_path)
    first = export(run(tiny(), pairs, pairs, folder=tmp_path / "first", log=quiet).folder.path, shipped)

    again = run(tiny(seed=2), pairs, pairs, folder=tmp_path / "second", start_from=first.file, log=quiet)
    second = export(again.folder.path, shipped)

    assert second.file == first.file
    assert second.training["start_sha256"] == first.sha256 != second.sha256
    assert second.trainings[:-1] == [first.training]
    assert [training["recipe"]["seed"] for training in second.trainings] == [1, 2]


def test_tensorboard_that_is_not_installed_is_told_before_anything_else(tiny, pairs, tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)

    with pytest.raises(OptionError, match="pip install tensorboard"):
        run(tiny(), pairs, pairs, folder=tmp_path / "run", tensorboard=True, log=quiet)

    assert not (tmp_path / "run").exists()
