"""A sheet of LR patches before and after degradation, as a network sees them in training."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_core import Picture, encode
from sr_core.errors import DatasetError
from sr_core.files import write_bytes
from training import storage
from training.data import datasets, photo
from training.data.folders import picture_files

PATCH = 48  # px of LR, each shown as a square of `ZOOM` px
ZOOM = 4
COLUMNS, ROWS = 4, 10
_GAP, _LINE = 8, 18
_INK, _PAPER = (30, 32, 36), (255, 255, 255)


def draw(folder: Path, *, scale: int, seed: int, file: Path) -> None:
    """Draw patches before and after degradation, with the degradation below, each of another picture.

    Parameters
    ----------
    folder : Path
        Plain HR pictures, searched with its sub-folders.
    scale : int
    seed : int
        For all draws.
    file : Path
        PNG to write, atomically.

    Raises
    ------
    DatasetError
        There is no picture, or one is smaller than a patch.
    PictureError
        A picture cannot be read, or is transparent.
    """
    random = np.random.default_rng(seed)
    files = picture_files([folder])
    order = random.permutation(len(files))
    side, width, height = PATCH * ZOOM, 2 * PATCH * ZOOM + _GAP, PATCH * ZOOM + _LINE + _GAP
    sheet = Image.new("RGB", (COLUMNS * (width + 2 * _GAP), ROWS * height + _GAP), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for i in range(COLUMNS * ROWS):
        pair = datasets.whole_picture(files[order[i % len(files)]], scale=scale)
        rows, columns = (length - PATCH for length in pair.lr.shape[:2])
        if min(rows, columns) < 0:
            raise DatasetError(
                f"This picture is smaller than a patch of {PATCH} LR px. Received: {pair.name} at x{scale}"
            )
        top, left = int(random.integers(rows + 1)), int(random.integers(columns + 1))
        drawn = photo.draw(random)
        after = photo.patch(pair, top, left, side=PATCH, scale=scale, degradation=drawn, random=random)
        x, y = _GAP + i % COLUMNS * (width + 2 * _GAP), _GAP + i // COLUMNS * height
        for shown in (pair.lr[top : top + PATCH, left : left + PATCH], after):
            pixels = Image.fromarray(np.ascontiguousarray(shown))
            sheet.paste(pixels.resize((side, side), Image.Resampling.NEAREST), (x, y))
            x += side + _GAP
        pen.text((x - width - _GAP, y + side + 1), str(drawn), fill=_INK, font=font)
    with storage.writing(file.parent, option="--out"):
        file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, encode(Picture(np.asarray(sheet))))
