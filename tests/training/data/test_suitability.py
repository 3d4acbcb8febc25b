"""What is wrong with pictures is told before the first step, by name."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sr_core import DatasetError, Picture, read, resize, write
from training.cli import main
from training.data import registration
from training.data.conditions import MIX
from training.data.datasets import Pair
from training.data.suitability import for_training, for_validation
from training.fit.psnr import run
from training.fit.recipe import Phase

PHOTOS = sorted((Path(__file__).parents[2] / "data").glob("*.png"))


def pair(name: str, hr: np.ndarray, scale: int = 4) -> Pair:
    return Pair(name, resize.downscale(hr, scale), hr)


def photo(height: int = 96, width: int = 128, number: int = 0) -> np.ndarray:
    return np.asarray(read(PHOTOS[number]).pixels)[:height, :width]


def flat(level: int, side: int = 64) -> np.ndarray:
    return np.full((side, side, 3), level, np.uint8)


def test_pictures_that_hold_no_patch_are_named_and_not_counted(tmp_path, capsys):
    folder = tmp_path / "photos"
    folder.mkdir()
    write(folder / "big.png", Picture(photo()))
    for i in range(3):
        write(folder / f"s{i}.png", Picture(photo(24, 30, i)))
    command = f"fit edsr --scale 2 --data {folder} --val {PHOTOS[0].parent} --cache {tmp_path / 'cache'}"
    command += f" --run {tmp_path / 'run'} --steps 2 --steps-per-epoch 2 --patch 24 --batch 1"

    assert main([*command.split(), "--hyperparameters", '{"blocks": 1, "channels": 4}']) == 0

    said = capsys.readouterr().out
    assert (
        "3 of 4 training pictures are smaller than a patch of 24 LR px, and left out: s0.png (12 x 15" in said
    )
    assert "1 training and 3 validation pictures" in said
    assert json.loads((tmp_path / "run" / "run.json").read_text())["about"]["training_pictures"] == 1


def test_patches_of_later_phases_are_looked_at_before_the_first_step(tiny, pairs, tmp_path):
    stages = (Phase(0.5, 24, 1), Phase(0.9, 32, 1))
    said: list[str] = []

    with pytest.raises(
        DatasetError, match=r"smaller than a patch of 32 LR px.* largest is flowers\.png with 24 x 32"
    ):
        run(tiny(phases=stages), pairs, pairs, folder=tmp_path / "run", log=said.append)

    assert not [line for line in said if line.startswith("epoch")]
    assert not (tmp_path / "run").exists()
    small = replace(pairs[0], name="small.png", lr=pairs[0].lr[:16, :16], hr=pairs[0].hr[:64, :64])
    assert len(for_training([*pairs, small], scale=4, patches=[8, 24], log=said.append)) == 4
    assert "left out while patches are that large: small.png (16 x 16 px)" in said[-1]
    with pytest.raises(DatasetError, match=r"16 x 16 px\. Received: flowers\.png \(24 x 32 px\)"):
        for_training([small, *pairs], scale=4, patches=[16], whole=True)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_validation_pictures_too_small_to_be_scored_are_named_before_the_first_step(
    scale, tiny, pairs, tmp_path
):
    specks = [Pair(f"speck{side}", flat(9, side), flat(9, side * scale)) for side in (1, 2, 3)]

    with pytest.raises(DatasetError, match=r"speck1: .*speck2: .*Received: 4 validation pictures") as error:
        for_validation([*specks, pair("large", photo(), scale)], scale=scale)

    assert "speck3" not in str(error.value)
    if scale == 4:
        with pytest.raises(DatasetError, match="speck1"):
            run(tiny(), pairs, specks, folder=tmp_path / "run")
        assert not (tmp_path / "run").exists()


def test_evaluate_names_pictures_that_are_too_small_before_it_scores_one(div2k, tmp_path, capsys):
    folder = tmp_path / "val"
    folder.mkdir()
    write(folder / "a.png", Picture(photo()))
    write(folder / "speck.png", Picture(photo(5, 4)))
    for part in ("DIV2K_valid_HR", "DIV2K_valid_LR_bicubic/X4"):
        size = (12, 12) if "LR" not in part else (3, 3)
        write(div2k / part / ("0802x4.png" if "LR" in part else "0802.png"), Picture(photo(*size)))

    assert main(["evaluate", "--data", str(folder)]) == 1
    photos = capsys.readouterr()
    options = ["--layout", "div2k", "--cache", str(tmp_path / "cache")]
    assert main(["evaluate", "--data", str(div2k), *options]) == 1
    laid_out = capsys.readouterr()

    assert "speck.png: " in photos.err
    assert "valid/802: SSIM needs pictures of at least 11 x 11 px" in laid_out.err
    assert not photos.out + laid_out.out


def test_exact_validation_pictures_are_left_out_by_name_and_leave_every_number_finite(tiny, pairs, tmp_path):
    said: list[str] = []
    even = [pair("black.png", flat(0)), pair("white.png", flat(255))]

    result = run(tiny(steps=4), pairs, [*even, pairs[0]], folder=tmp_path / "run", log=said.append)
    alone = run(tiny(steps=4), pairs, [pairs[0]], folder=tmp_path / "alone", log=said.append)

    assert (
        "2 of 3 validation pictures are restored exactly by bicubic, so left out: black.png, white.png"
        in said
    )
    assert result.state.history[-1]["val_psnr"] == alone.state.history[-1]["val_psnr"]
    assert for_validation(even, scale=4, log=said.append) == even
    assert "bicubic restores all validation pictures exactly" in said[-1]


def moved(name: str, hr: np.ndarray, scale: int, down: int, right: int) -> Pair:
    """LR of which each pixel shows what lies so many HR px up and to the left."""
    return Pair(name, resize.downscale(np.roll(hr, (down, right), (0, 1)), scale), hr)


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize(("down", "right"), [(1, 0), (0, -2), (-9, 8)])
def test_pairs_of_which_lr_is_shifted_are_warned_of(scale, down, right):
    pairs = [moved(f"{i}", photo(number=i), scale, down, right) for i in range(3)]

    [told] = [line for line in registration.warnings(pairs, scale, what="training") if "shifted" in line]

    assert told.startswith(
        "in 3 of the 3 training pairs that were looked at (0, 1, 2) LR is shifted against HR"
    )
    found = [float(word) for word in told.split() if word[0] in "+-"]
    np.testing.assert_allclose(found, (down, right), atol=0.5)


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_pairs_that_show_different_things_or_are_swapped_are_warned_of(scale):
    photos = [photo(number=i) for i in range(3)]
    right = [pair(f"{i}", hr, scale) for i, hr in enumerate(photos)]
    mixed_up = [replace(one, lr=other.lr) for one, other in zip(right, [*right[1:], right[0]], strict=True)]
    turned = [replace(one, lr=one.lr[::-1, ::-1].copy()) for one in right]

    for wrong in (mixed_up, turned):
        told = " ".join(registration.warnings(wrong, scale, what="training"))
        # In 24 x 32 LR px other pictures may look alike somewhere.
        assert ("shows something else" if scale < 4 else "in 3 of the 3") in told
    if scale == 1:
        blurred = [resize.upscale(resize.downscale(hr, 2), 2) for hr in photos]
        swapped = [Pair("a", hr, lr) for hr, lr in zip(photos, blurred, strict=True)]
        [told] = registration.warnings(swapped, 1, what="training")
        assert "swapped" in told


def test_pairs_that_are_right_are_not_warned_of():
    for scale in (2, 4):
        clean = [pair(f"{i}", photo(number=i), scale) for i in range(3)]
        states = [replace(one, lr=state.apply(one.lr)) for one in clean for state in MIX]
        for one in [*states, pair("black", flat(0), scale), pair("tiny", flat(7, 8), scale)]:
            assert registration.warnings([one], scale, what="training") == []
    hr = photo()
    restored = Pair("a", resize.upscale(resize.downscale(hr, 2), 2), hr)
    assert registration.warnings([restored], 1, what="training") == []


def test_fit_warns_of_shifted_pairs_and_goes_on(tiny, tmp_path):
    pairs = [moved(f"{i}", photo(number=i), 4, 8, 0) for i in range(3)]
    said: list[str] = []

    run(tiny(steps=4), pairs, pairs, folder=tmp_path / "run", log=said.append)

    assert [line for line in said if line.startswith("warning: in 3 of the 3 training pairs")]
    assert [line for line in said if line.startswith("epoch 1")]
