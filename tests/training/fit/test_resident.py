"""Photos on the device give the patches, and a run the numbers, that they do on the host."""

import csv
from pathlib import Path

import numpy as np
import pytest

from sr_core import OptionError
from training.data.patches import PatchDataset
from training.fit import resident
from training.fit.psnr import run
from training.fit.recipe import Phase
from training.fit.resident import Photos, ResidentPlaces
from training.fit.run_folder import RunFolder


def losses(folder: Path) -> list[float]:
    with RunFolder(folder).history.open() as file:
        return [float(row["loss"]) for row in csv.DictReader(file)]


def test_patches_cut_on_the_device_are_those_of_the_host(pairs):
    photos = Photos(pairs, 4)
    # Of a patch of 24 LR px, the height of the pictures, only the left is free.
    for patch in (8, 24):
        patches = PatchDataset(pairs[1:], scale=4, patch=patch, batch=40, seed=3)
        lr, hr = patches[2]
        (places,) = ResidentPlaces(patches, photos)[2]

        np.testing.assert_allclose(np.asarray(photos.lr(places, patch)), lr, rtol=1e-6)
        np.testing.assert_allclose(np.asarray(photos.hr(places, patch)), hr, rtol=1e-6)


def test_run_on_the_device_has_the_same_numbers_and_may_take_turns_with_the_host(tiny, pairs, tmp_path):
    recipe = tiny(steps=24, phases=(Phase(0.5, 12, 1, "mse"),))
    lines = []

    def stop(line: str) -> None:
        lines.append(line)
        if line.startswith("epoch 4"):
            raise KeyboardInterrupt

    host = run(recipe, pairs, pairs, folder=tmp_path / "host", log=lines.append)
    device = run(recipe, pairs, pairs, folder=tmp_path / "device", resident=True, log=lines.append)
    with pytest.raises(KeyboardInterrupt):
        run(recipe, pairs, pairs, folder=tmp_path / "both", log=stop)
    both = run(recipe, pairs, pairs, folder=tmp_path / "both", resident=True, log=lines.append)

    np.testing.assert_allclose(losses(tmp_path / "device"), losses(tmp_path / "host"), rtol=1e-5)
    np.testing.assert_allclose(losses(tmp_path / "both"), losses(tmp_path / "host"), rtol=1e-5)
    assert device.state.best_score == pytest.approx(host.state.best_score, abs=1e-3)
    assert both.state.best_score == pytest.approx(host.state.best_score, abs=1e-3)
    assert "steps_per_second" in lines[-1]
    assert "TFLOP/s" in lines[-1]


def test_checkpoints_on_the_device_are_minutes_apart_and_one_is_at_the_end(tiny, pairs, tmp_path):
    seen = []

    def look(line: str) -> None:
        if line.startswith("epoch"):
            seen.append((tmp_path / "run" / "checkpoint.weights.h5").exists())

    run(tiny(steps=12), pairs, pairs, folder=tmp_path / "run", resident=True, log=look)

    assert seen == [False, False, True]


def test_what_the_device_cannot_do_is_refused(tiny, pairs, tmp_path):
    with pytest.raises(OptionError, match="--degradation photo"):
        run(tiny(degradation="photo"), pairs, pairs, folder=tmp_path / "run", resident=True)
    assert not (tmp_path / "run").exists()


@pytest.mark.parametrize(("steps", "at_once"), [(100, 50), (7, 7), (53, 1), (240, 48)])
def test_dispatches_divide_an_epoch(steps, at_once):
    assert resident.steps_at_once(steps) == at_once
