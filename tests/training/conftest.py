"""Pictures and a recipe small enough to train in a test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sr_core import Picture, networks, read, resize, weights, write
from sr_core.weights import WeightsCard
from training import recipes
from training.data import datasets
from training.data.datasets import Pair
from training.fit.recipe import Recipe


@contextmanager
def full(*, bytes_a_file: int) -> Iterator[None]:
    """A disk on which no file grows beyond so many bytes: the system refuses that as on a full one."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (bytes_a_file, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


PICTURES = Path(__file__).parent.parent / "data"


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """A folder with the three test photos, 128 x 96 px each."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for file in PICTURES.glob("*.png"):
        shutil.copy(file, folder)
    return folder


@pytest.fixture
def pairs(photos: Path, tmp_path: Path) -> list[Pair]:
    return datasets.pairs([photos], scale=4, cache=tmp_path / "cache")


@pytest.fixture
def kaggle(tmp_path: Path) -> Path:
    """Twelve pairs of 32 x 32 px as Kaggle's dataset has them, so that 10 must come after 9."""
    folder = tmp_path / "kaggle"
    for number in range(12):
        write_kaggle_pair(folder / "Raw Data", number, crop(number))
    return folder


def crop(number: int) -> np.ndarray:
    """A square of 32 x 32 px of a test photo, another one for each number up to 30."""
    file = sorted(PICTURES.glob("*.png"))[number % 3]
    top, left = 16 * (number // 3 % 4), 40 * (number // 12)
    return read(file).pixels[top : top + 32, left : left + 32]


def write_kaggle_pair(folder: Path, number: int, hr: np.ndarray) -> None:
    """As on Kaggle: RGBA without transparency; LR was shrunk and enlarged again."""
    lr = resize.upscale(resize.downscale(hr, 2), 2)
    opaque = np.full(hr.shape[:2], 255, np.uint8)
    for name, array in (("high_res", hr), ("low_res", lr)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        write(folder / name / f"{number}.png", Picture(array, opaque))


@pytest.fixture
def div2k(tmp_path: Path) -> Path:
    """Two training pairs and one for validation of 64 x 48 px HR, as DIV2K has them at x4."""
    folder = tmp_path / "div2k"
    for part, first in (("train", 1), ("valid", 801)):
        hr_folder, lr_folder = folder / f"DIV2K_{part}_HR", folder / f"DIV2K_{part}_LR_bicubic" / "X4"
        hr_folder.mkdir(parents=True)
        lr_folder.mkdir(parents=True)
        for number, file in enumerate(sorted(PICTURES.glob("*.png"))[: 2 if part == "train" else 1], first):
            hr = read(file).pixels[:64, :48]
            write(hr_folder / f"{number:04}.png", Picture(hr))
            # Not what bicubic gives, so that a test can tell that these files were read.
            write(lr_folder / f"{number:04}x4.png", Picture(hr[::4, ::4]))
    return folder


@pytest.fixture
def card(tmp_path: Path) -> Callable[[int], WeightsCard]:
    """Save a tiny EDSR of a scale with fresh weights; the function returns a card for it."""

    def save(scale: int) -> WeightsCard:
        settings: dict[str, Any] = {"blocks": 1, "channels": 4}
        file = tmp_path / f"tiny_x{scale}.weights.h5"
        networks.build("edsr", scale=scale, **settings).save_weights(file)
        return weights.foreign_card(file, architecture="edsr", scale=scale, hyperparameters=settings)

    return save


@pytest.fixture
def tiny() -> Callable[..., Recipe]:
    """Make a recipe for a network of a few hundred parameters."""

    def make(**changes: Any) -> Recipe:
        settings: dict[str, Any] = {"hyperparameters": {"blocks": 1, "channels": 4}, "patch": 8, "batch": 2}
        settings |= {"steps": 12, "steps_per_epoch": 4, "validate_every": 1, "precision": "float32"}
        return replace(recipes.recipe("edsr", scale=4), **{**settings, **changes})

    return make
