"""The sheets of crops at 1:1."""

import numpy as np
import pytest
from PIL import Image

from sr_core import DatasetError, Picture, resize, write
from training.report import crops


@pytest.fixture
def cid22(tmp_path):
    """Pictures of CID22's names and size, each of one colour."""
    folder = tmp_path / "val_cid22"
    folder.mkdir()
    for i, name in enumerate(sorted({c.picture for c in crops.CROPS if isinstance(c.picture, str)})):
        write(folder / f"{name}.png", Picture(np.full((512, 512, 3), 60 + 10 * i, np.uint8)))
    return folder


@pytest.mark.parametrize("scale", crops.SCALES)
def test_a_sheet_for_each_state_shows_every_crop_restored_by_every_method(
    scale, cid22, tmp_path, monkeypatch
):
    few = [crop for crop in crops.CROPS if crop.subject in ("skin", "text", "film grain")]
    monkeypatch.setattr(crops, "CROPS", few)

    files = crops.draw(
        cid22, scale, {"black": lambda lr: 0 * resize.upscale(lr.pixels, scale)}, tmp_path / "results"
    )

    assert [file.name for file in files] == [
        f"crops_x{scale}_clean.webp",
        f"crops_x{scale}_jpeg_80.webp",
        f"crops_x{scale}_jpeg_50.webp",
        f"crops_x{scale}_noise_10.webp",
        f"crops_x{scale}_noise_20.webp",
    ]
    assert list(crops.existing(tmp_path / "results").values()) == files
    clean, noisy = (np.asarray(Image.open(files[i])).astype(float) for i in (0, 4))
    side, step = crops.SIDE, crops.SIDE + 4
    top = 16  # below the line that names the state
    views = [clean[top : top + side, 4 + i * step : 4 + i * step + side] for i in range(3)]
    assert views[1].mean() < 5  # between bicubic and the original
    assert np.abs(views[0] - views[2]).mean() < 2
    assert noisy[top : top + side, 4 : 4 + side].std() > 8 > views[0].std()


def test_a_picture_that_is_not_there_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"6292444\.png"):
        crops.draw(tmp_path, 4, {}, tmp_path)
