"""Pictures for the page: thumbnails, and crops of pairs drawn at random."""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image

from sr_core import pixels, read, resize
from sr_core.errors import PictureError
from training.explore.facts import Exploration, PairFacts

SIDE = 256
"""px. Largest side of a sample; pairs are cropped to this size around the middle of HR."""

MAGNIFIED = 4
"""Factor that makes the difference between HR and LR visible."""

_GAP = 8  # px between the pictures of a grid
_COLUMNS = 4
_JPEG_QUALITY = 88

Image8 = np.ndarray
"""(H, W, 3) uint8."""


@dataclass(frozen=True, slots=True, eq=False)
class Sample:
    """A picture of the dataset to show.

    Attributes
    ----------
    pair : PairFacts
    views : dict of str to ndarray
        Pictures of at most `SIDE` px by name: LR at HR's size, HR and their difference; or HR alone, reduced.
    """

    pair: PairFacts
    views: dict[str, Image8]


def samples(found: Exploration) -> list[Sample]:
    """Draw the number of pictures in the settings and read them: pairs if there are any, else single ones."""
    scored = [pair for pair in found.pairs if pair.scores]
    pairs = scored or [pair for pair in found.pairs if pair.hr]
    drawn = np.random.default_rng(found.settings.seed).permutation(len(pairs))[: found.settings.samples]
    return [Sample(pairs[place], _views(pairs[place], found.scale)) for place in np.sort(drawn)]


def thumbnail(file: Path, side: int) -> Image8:
    """Read a picture and reduce it to fit into a square of `side` px."""
    content = pixels.eight_bit(read(file).pixels)
    height, width = content.shape[:2]
    share = side / max(height, width)
    if share >= 1:
        return content
    height, width = max(round(height * share), 1), max(round(width * share), 1)
    return pixels.eight_bit(resize.bicubic(content, height, width))


def grid(drawn: Sequence[Sample]) -> Image8:
    """Arrange all samples in one picture on white: pairs below each other, single pictures four in a row."""
    rows = [list(sample.views.values()) for sample in drawn]
    if max(map(len, rows)) == 1:
        single = [row[0] for row in rows]
        rows = [single[start : start + _COLUMNS] for start in range(0, len(single), _COLUMNS)]
    columns = max(map(len, rows))
    cell = SIDE + _GAP
    sheet = np.full((len(rows) * cell + _GAP, columns * cell + _GAP, 3), 255, np.uint8)
    for row, views in enumerate(rows):
        for column, view in enumerate(views):
            top = _GAP + row * cell + (SIDE - view.shape[0]) // 2
            left = _GAP + column * cell + (SIDE - view.shape[1]) // 2
            sheet[top : top + view.shape[0], left : left + view.shape[1]] = view
    return sheet


def png(shown: Image8) -> bytes:
    """Encode a picture without loss."""
    return _encoded(shown, "PNG", optimize=True)


def jpeg(shown: Image8) -> bytes:
    """Encode a thumbnail in few bytes."""
    return _encoded(shown, "JPEG", quality=_JPEG_QUALITY)


def _encoded(shown: Image8, file_format: str, **options: int) -> bytes:
    buffer = BytesIO()
    Image.fromarray(shown).save(buffer, file_format, **options)
    return buffer.getvalue()


def _views(pair: PairFacts, scale: int) -> dict[str, Image8]:
    if pair.hr is None:
        raise PictureError(f"A picture that cannot be read cannot be shown. Received: {pair.name}")
    if pair.lr is None or pair.scores is None:
        return {"HR": thumbnail(pair.hr.file, SIDE)}
    hr, small = (pixels.eight_bit(read(facts.file).pixels) for facts in (pair.hr, pair.lr))
    lr = pixels.eight_bit(resize.upscale(small, scale))
    height, width = hr.shape[:2]
    top, left = max(height - SIDE, 0) // 2, max(width - SIDE, 0) // 2
    hr, lr = (whole[top : top + SIDE, left : left + SIDE] for whole in (hr, lr))
    apart = np.abs(hr.astype(np.int16) - lr) * MAGNIFIED
    return {"LR": lr, "HR": hr, "difference": np.minimum(apart, 255).astype(np.uint8)}
