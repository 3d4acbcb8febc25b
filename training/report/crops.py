"""Sheets of crops at 1:1: twenty details restored by each method, from LR clean, as JPEG and with noise."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from itertools import product
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_core import Picture, read, resize
from sr_core.errors import DatasetError
from sr_core.files import write_bytes
from training.data import photo
from training.data.conditions import CLEAN, Condition
from training.report import drawings

Restore = Callable[[Picture], np.ndarray]
"""Maps LR as the app opens it to ``(h*scale, w*scale, 3)`` uint8."""

SCALES = 4, 3, 2
SIDE = 144  # px of HR
CONDITIONS = (
    CLEAN,
    Condition(quality=80),
    Condition(quality=50),
    Condition(sigma=10),
    Condition(sigma=20),
)
_COLUMNS = 2  # crops side by side, each with all methods
_GAP, _LINE = 4, 16
_INK, _PAPER = (30, 32, 36), (255, 255, 255)
_GRAIN = photo.Noise(sigma=22, grey=True, grain=2.0)  # of film, in HR px: it survives the reduction


@dataclass(frozen=True, slots=True)
class Crop:
    """A detail to show.

    Attributes
    ----------
    subject : str
    picture : str or callable
        File stem of one of CID22's validation pictures, 512 x 512 px, or a function that draws an HR picture.
    top, left : int
        HR px.
    grainy : bool
        Film grain is added to HR first.
    """

    subject: str
    picture: str | Callable[[], np.ndarray]
    top: int
    left: int
    grainy: bool = False


CROPS = (
    Crop("face", "6292444", 108, 260),
    Crop("face", "5055743", 180, 340),
    Crop("skin", "1418519", 224, 140),
    Crop("skin", "3762075", 40, 40),
    Crop("hair", "5055743", 16, 88),
    Crop("hair", "1420710", 180, 180),
    Crop("text", "6078297", 252, 100),
    Crop("text", drawings.text, 24, 20),
    Crop("foliage", "5458393", 32, 268),
    Crop("foliage", "2936831", 348, 168),
    Crop("sky", "844297", 180, 180),
    Crop("sky", "2389166", 24, 180),
    Crop("line art", drawings.portrait, 130, 180),
    Crop("line art", drawings.engraving, 180, 180),
    Crop("screenshot", drawings.dialog, 150, 150),
    Crop("screenshot", drawings.code, 40, 20),
    Crop("film grain", "225228", 100, 60, grainy=True),
    Crop("film grain", "2253934", 110, 100, grainy=True),
    Crop("night", "2389166", 130, 64),
    Crop("night", "7062219", 190, 256),
)


def draw(pictures: Path, scale: int, methods: Mapping[str, Restore], folder: Path) -> list[Path]:
    """Draw one sheet of a scale for each condition of LR, and return the files.

    Parameters
    ----------
    pictures : Path
        Folder of CID22's validation pictures.
    scale : int
    methods : mapping
        Title to a function that restores an LR picture, besides bicubic.
    folder : Path
        Where the sheets are written, as WebP of quality 95.

    Raises
    ------
    DatasetError
        A picture is missing.
    """
    folder.mkdir(parents=True, exist_ok=True)
    originals = [_original(crop, pictures) for crop in CROPS]
    restorers = {"bicubic": lambda lr: resize.upscale(lr.pixels, scale), **methods}
    return [
        _sheet(originals, scale, restorers, condition, folder / name_of(scale, condition))
        for condition in CONDITIONS
    ]


def name_of(scale: int, condition: Condition) -> str:
    """Return the file name of a sheet."""
    return f"crops_x{scale}_{str(condition).replace(' ', '_').lower()}.webp"


def existing(folder: Path) -> dict[tuple[int, Condition], Path]:
    """Return the sheets in a folder, by scale and condition."""
    files = {key: folder / name_of(*key) for key in product(SCALES, CONDITIONS)}
    return {key: file for key, file in files.items() if file.exists()}


def _original(crop: Crop, folder: Path) -> np.ndarray:
    """Return the whole HR picture of a crop."""
    if callable(crop.picture):
        hr = crop.picture()
    else:
        file = folder / f"{crop.picture}.png"
        if not file.is_file():
            raise DatasetError(f"The crops are of CID22's validation pictures. Not there: {file}")
        hr = np.asarray(read(file).pixels)
    return _GRAIN.add(hr, np.random.default_rng(0)) if crop.grainy else hr


def _sheet(
    originals: Sequence[np.ndarray],
    scale: int,
    methods: Mapping[str, Restore],
    condition: Condition,
    file: Path,
) -> Path:
    titles = [*methods, "original"]
    width, height = len(titles) * (SIDE + _GAP) + 2 * _GAP, SIDE + _LINE + _GAP
    rows = -(-len(CROPS) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * width, rows * height + _LINE), _PAPER)
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for i, (crop, original) in enumerate(zip(CROPS, originals, strict=True)):
        row, column = divmod(i, _COLUMNS)
        hr = resize.crop_to_multiple(original, scale)
        lr = condition.picture(resize.downscale(hr, scale))
        restored = [*(restore(lr) for restore in methods.values()), hr]
        for j, picture in enumerate(restored):
            detail = picture[crop.top : crop.top + SIDE, crop.left : crop.left + SIDE]
            x, y = column * width + _GAP + j * (SIDE + _GAP), _LINE + row * height
            sheet.paste(Image.fromarray(np.ascontiguousarray(detail)), (x, y))
            pen.text((x, y + SIDE), f"{crop.subject}: {titles[j]}", fill=_INK, font=font)
    pen.text((_GAP, 0), f"x{scale}, LR: {condition}", fill=_INK, font=font)
    content = BytesIO()
    sheet.save(content, "WEBP", quality=95)
    write_bytes(file, content.getvalue())
    return file
