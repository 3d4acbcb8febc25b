"""A trunk goes on through any number of stops; a branch of it is a copy in which the rate falls."""

import csv
import subprocess
import sys
import textwrap
from pathlib import Path

import numpy as np
import pytest

from sr_core import OptionError, networks, weights
from training.cli import main
from training.export import ExportOptions, export
from training.fit import branch
from training.fit.psnr import run
from training.fit.recipe import Phase
from training.fit.run_folder import RunFolder


def quiet(_line: str) -> None:
    pass


def rows(history: Path) -> list[dict[str, str]]:
    """A history without what differs from sitting to sitting: the times."""
    with history.open() as file:
        return [
            {name: value for name, value in row.items() if name not in ("minutes", "steps_per_second")}
            for row in csv.DictReader(file)
        ]


def numbers(recipe, file: Path) -> np.ndarray:
    network = networks.build(recipe.network, scale=recipe.scale, **recipe.hyperparameters)
    network.load_weights(file)
    return np.concatenate([array.ravel() for array in network.get_weights()])


@pytest.fixture
def constant(tiny):
    return tiny(schedule="constant", warmup_steps=8, validate_every=2, score_training=0)


@pytest.fixture
def trunk(constant, pairs, tmp_path) -> Path:
    """The folder of a trunk of 24 steps, six epochs."""
    folder = tmp_path / "trunk"
    run(constant, pairs, pairs, folder=folder, steps=24, log=quiet)
    return folder


def release(trunk: Path, folder: Path, pairs, **changes):
    recipe = branch.recipe(trunk, folder, {"steps": 12, **changes})
    return run(recipe, pairs, pairs, folder=folder, trunk=trunk, log=quiet)


def test_trunk_keeps_its_rate_and_stops_make_no_difference(constant, trunk, pairs, tmp_path):
    parts = tmp_path / "parts"
    for steps, minutes in ((4, None), (1, None), (None, 1e-9), (9, None)):
        run(constant, pairs, pairs, folder=parts, steps=steps, minutes=minutes, log=quiet)

    assert rows(RunFolder(parts).history) == rows(RunFolder(trunk).history)
    rates = [float(row["rate"]) for row in rows(RunFolder(trunk).history)]
    assert rates == pytest.approx([constant.rate * share for share in (0.1, 0.5, 1, 1, 1, 1)])


def test_trunk_killed_at_any_moment_goes_on_to_the_same_numbers(constant, trunk, pairs, photos, tmp_path):
    folder = tmp_path / "killed"
    script = f"""
        from pathlib import Path
        from training.data import datasets
        from training.fit import psnr
        from training.fit.recipe import Phase, Recipe
        pairs = datasets.pairs([Path({str(photos)!r})], scale=4, cache=Path({str(tmp_path / "cache")!r}))
        psnr.run({constant!r}, pairs, pairs, folder=Path({str(folder)!r}))
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
    process.kill()  # it has no end
    process.communicate()

    done = run(constant, pairs, pairs, folder=folder, steps=1, log=quiet).state.steps
    whole = run(constant, pairs, pairs, folder=trunk, steps=max(done - 24, 1), log=quiet)

    assert done >= 16
    for row, other in zip(rows(RunFolder(folder).history), rows(whole.folder.history), strict=False):
        for name in row:
            assert row[name] == other[name] or float(row[name]) == pytest.approx(float(other[name]), rel=1e-5)


@pytest.mark.parametrize("writer", ["branch.write", "checkpoint.write_bytes"])
def test_branch_that_was_killed_at_its_very_start_begins_again(writer, trunk, tmp_path, monkeypatch):
    folder = RunFolder(tmp_path / "release")
    folder.make()

    def killed(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(f"training.fit.{writer}", killed)
        with pytest.raises(KeyboardInterrupt):
            branch.begin(trunk, folder)
    branch.begin(trunk, folder)

    assert rows(folder.trunk_history) == rows(RunFolder(trunk).history)
    assert folder.checkpoint.exists()


def test_branches_are_alike_and_leave_the_trunk_as_it_is(constant, trunk, pairs, tmp_path):
    before = {file.name: file.read_bytes() for file in trunk.iterdir()}

    first, second = (release(trunk, tmp_path / name, pairs) for name in ("first", "second"))

    assert rows(first.folder.history) == rows(second.folder.history)
    np.testing.assert_array_equal(numbers(constant, first.folder.best), numbers(constant, second.folder.best))
    assert {file.name: file.read_bytes() for file in trunk.iterdir()} == before


def test_branch_goes_on_with_the_trunks_optimizer_and_batches(constant, trunk, pairs, tmp_path):
    # The rate falls from the trunk's, so that the first epoch is what the trunk's next one is.
    branched = release(trunk, tmp_path / "release", pairs)
    run(constant, pairs, pairs, folder=trunk, steps=4, log=quiet)

    assert rows(branched.folder.history)[0]["loss"] == rows(RunFolder(trunk).history)[6]["loss"]


def test_rate_of_a_branch_falls_by_the_root_and_it_is_scored_at_its_end_only(
    constant, trunk, pairs, tmp_path
):
    history = rows(
        release(trunk, tmp_path / "release", pairs, phases=(Phase(0.5, 12, 1, "mse"),)).folder.history
    )

    shares = [1 - np.sqrt(done) for done in (0, 1 / 3, 2 / 3)]
    assert [float(row["rate"]) for row in history] == pytest.approx(
        [constant.final_rate + (constant.rate - constant.final_rate) * share for share in shares]
    )
    assert [bool(row["val_psnr"]) for row in history] == [False, False, True]


def test_branch_killed_between_epochs_ends_alike_though_the_trunk_is_longer_by_then(
    constant, trunk, pairs, tmp_path
):
    recipe = branch.recipe(trunk, tmp_path / "killed", {})

    def kill(line: str) -> None:
        if line.startswith("epoch 1"):
            raise KeyboardInterrupt

    whole = run(recipe, pairs, pairs, folder=tmp_path / "whole", trunk=trunk, log=quiet)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, pairs, pairs, folder=tmp_path / "killed", trunk=trunk, log=kill)
    run(constant, pairs, pairs, folder=trunk, steps=40, log=quiet)
    again = branch.recipe(trunk, tmp_path / "killed", {})
    resumed = run(again, pairs, pairs, folder=tmp_path / "killed", trunk=trunk, log=quiet)

    assert recipe.steps == again.steps == 5  # a fifth of the trunk's then
    assert rows(resumed.folder.history) == rows(whole.folder.history)


def test_card_of_a_branch_tells_of_its_trunk(trunk, pairs, tmp_path):
    folder = release(trunk, tmp_path / "release", pairs).folder.path

    card = export(folder, ExportOptions(name="tiny", folder=tmp_path, results=tmp_path))

    assert [training["steps"] for training in card.trainings] == [24, 12]
    assert [training["recipe"]["schedule"] for training in card.trainings] == ["constant", "1-sqrt"]
    assert weights.read_card(card.file).training["start_from"] == "trunk"
    with (tmp_path / "tiny_history.csv").open() as file:
        assert [row["run"] for row in csv.DictReader(file)] == ["1"] * 6 + ["2"] * 3


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schedule": "constant"}, "must fall"),
        ({"network": "srcnn", "ema": 0.0}, "leave them out. Received: network, ema"),
        ({"hyperparameters": {"blocks": 2}}, "Received: hyperparameters"),
    ],
)
def test_branch_that_cannot_go_on_from_its_trunk_is_refused(changes, told, trunk, tmp_path):
    with pytest.raises(OptionError, match=told):
        branch.recipe(trunk, tmp_path / "release", changes)


def test_trunk_and_branch_through_the_commands_a_person_types(photos, tmp_path, capsys):
    pictures = ["--data", str(photos), "--val", str(photos), "--cache", str(tmp_path / "cache")]
    network = ["edsr", "--hyperparameters", '{"blocks": 1, "channels": 4}', "--patch", "8", "--batch", "1"]
    trunk = ["--schedule", "constant", "--steps-per-epoch", "2", "--run", str(tmp_path / "trunk")]
    for _ in range(2):
        assert main(["fit", *network, *trunk, *pictures, "--steps", "10", "--precision", "float32"]) == 0
    assert "stopped at step 20" in capsys.readouterr().out

    branch = ["--branch", str(tmp_path / "trunk"), "--run", str(tmp_path / "release")]
    assert main(["fit", *branch, *pictures, "--patch", "16", "--loss", "mse"]) == 0

    assert len(rows(tmp_path / "release" / "history.csv")) == 2  # a fifth of the trunk's
    assert main(["fit", *branch, *pictures, "--recipe", "study"]) == 1
    assert main(["fit", *pictures]) == 1
    assert "Name the network" in capsys.readouterr().err


def test_branches_need_a_trunk(tiny, pairs, tmp_path):
    with pytest.raises(OptionError, match="no run with a checkpoint"):
        branch.recipe(tmp_path / "nowhere", tmp_path / "release", {})
    run(tiny(steps=4), pairs, pairs, folder=tmp_path / "cosine", log=quiet)
    with pytest.raises(OptionError, match="falls already"):
        branch.recipe(tmp_path / "cosine", tmp_path / "release", {})
    with pytest.raises(OptionError, match="has no end"):
        tiny(schedule="constant", phases=(Phase(0.5, 12, 1),))
