"""Photos are packed as the crops that hold most of their detail, in parts of a size."""

import runpy
from pathlib import Path

import numpy as np
from PIL import Image

from sr_core import read

PACK = runpy.run_path(str(Path(__file__).resolve().parents[2] / "scripts" / "pack_photos.py"))


def test_crops_are_where_the_detail_is_and_parts_are_as_large_as_told(tmp_path):
    photo = np.full((256, 512, 3), 128, np.uint8)
    photo[:, 256:] = np.random.default_rng(0).integers(0, 256, (256, 256, 3), np.uint8)
    (tmp_path / "photos").mkdir()
    Image.fromarray(photo).save(tmp_path / "photos" / "sky and wood.png")

    parts = PACK["pack"]([tmp_path / "photos"], tmp_path / "packed", side=64, share=0.25, part_bytes=40_000)

    crops = [crop for part in parts for crop in sorted(part.iterdir())]
    assert len(crops) == 8  # a quarter of 32, and none twice
    assert all(read(crop).pixels.std() > 30 for crop in crops)
    assert all(sum(crop.stat().st_size for crop in part.iterdir()) <= 40_000 for part in parts)
    assert len(parts) > 1
    first = crops[0]
    top, left = map(int, first.stem.split("_")[-2:])
    difference = read(first).pixels.astype(int) - photo[top : top + 64, left : left + 64]
    assert np.abs(difference).mean() < 4
