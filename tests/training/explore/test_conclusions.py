"""Each fault of a dataset is called by its name, and a sound dataset raises no alarm."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sr_core import Picture, read, write
from training.explore.conclusions import conclude

HR, LR = "Raw Data/high_res", "Raw Data/low_res"


def levels(found, about):
    return {one.level for one in conclude(found) if one.about == about}


def test_sound_dataset_raises_no_alarm(look, kaggle):
    assert "alarm" not in {one.level for one in conclude(look(kaggle))}


def changed(file: Path, change) -> None:
    write(file, Picture(change(read(file).pixels)))


def transparent(kaggle: Path) -> None:
    file = kaggle / HR / "0.png"
    rgb = read(file).pixels
    write(file, Picture(rgb, np.full(rgb.shape[:2], 7, np.uint8)))


def brightened(kaggle: Path) -> None:
    changed(kaggle / LR / "0.png", lambda rgb: np.minimum(rgb, 225) + np.uint8(30))


def swapped(kaggle: Path) -> None:
    hr, lr, free = kaggle / HR, kaggle / LR, kaggle / "free"
    for one, other in ((hr, free), (lr, hr), (free, lr)):
        shutil.move(one, other)


def without_loss(kaggle: Path) -> None:
    shutil.copy(kaggle / HR / "0.png", kaggle / LR / "0.png")


def broken(kaggle: Path) -> None:
    (kaggle / LR / "0.png").write_bytes(b"no picture")


def mistaken(kaggle: Path) -> None:
    shutil.copy(kaggle / LR / "1.png", kaggle / LR / "0.png")


@pytest.mark.parametrize(
    ("fault", "about"),
    [
        (transparent, "files"),
        (broken, "problems"),
        (mistaken, "belonging"),
        (brightened, "brightness"),
        (swapped, "sharpness"),
        (without_loss, "psnr"),
    ],
)
def test_fault_raises_an_alarm_about_it(fault, about, look, kaggle):
    fault(kaggle)

    assert "alarm" in levels(look(kaggle), about)


def test_leak_is_an_alarm_and_a_copy_within_a_part_is_worth_a_look(look, kaggle):
    for side in (HR, LR):
        shutil.copy(kaggle / side / "0.png", kaggle / side / "12.png")
    assert levels(look(kaggle), "copies") == {"good", "look"}

    (kaggle / "Raw Data").rename(kaggle / "train")
    for side in ("high_res", "low_res"):
        (kaggle / "val" / side).mkdir(parents=True)
        shutil.move(kaggle / "train" / side / "12.png", kaggle / "val" / side / "12.png")

    assert "alarm" in levels(look(kaggle), "copies")


def test_look_alike_in_another_folder_is_an_alarm(look, photos, tmp_path):
    shutil.copytree(photos, tmp_path / "other")

    assert levels(look(photos, against=[tmp_path / "other"]), "against") == {"alarm"}


def test_pictures_that_teach_nothing_are_worth_a_look(look, photos):
    write(photos / "black.png", Picture(np.zeros((40, 40, 3), np.uint8)))

    found = look(photos)

    assert levels(found, "brightness") == levels(found, "sharpness") == {"look"}


def test_baseline_is_named_with_its_protocol(look, kaggle):
    found = look(kaggle)
    mean = np.mean([pair.scores.psnr for pair in found.scored if pair.scores])

    (text,) = (one.text for one in conclude(found) if one.about == "psnr")

    assert f"{mean:.2f} dB on average (RGB, shave 0)" in text
