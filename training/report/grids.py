"""Sample grids: a detail of a picture, restored in several ways, side by side in exact pixels."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_core import Picture, encode, metrics, resize
from sr_core.files import write_bytes
from sr_core.metrics import Protocol

Restore = Callable[[np.ndarray], np.ndarray]
"""``(h, w, 3)`` uint8 LR to ``(h*scale, w*scale, 3)`` uint8."""

ZOOM = 3
_GAP, _LINE = 8, 17
_INK, _PAPER = (30, 32, 36), (255, 255, 255)


def draw(
    hr: Sequence[tuple[np.ndarray, tuple[int, int]]],
    methods: Mapping[str, Restore],
    *,
    scale: int,
    degrade: Restore,
    protocol: Protocol,
    detail: int,
    file: Path,
) -> None:
    """Draw a row for each picture: a detail of LR, bicubic, every method, and HR.

    Parameters
    ----------
    hr : sequence of ((H, W, 3) uint8 ndarray, (top, left))
        Originals, with the corner of the detail to show, in HR px.
    methods : mapping
        Title to what restores an LR picture.
    scale : int
    degrade : callable
        Makes LR of HR.
    protocol : Protocol
        Of the PSNR below each detail, which is that of the whole picture.
    detail : int
        Side of the detail, in HR px; shown ``ZOOM`` times as large, pixels as squares.
    file : Path
        PNG to write, atomically.
    """
    side, columns = detail * ZOOM, len(methods) + 3
    sheet = Image.new(
        "RGB",
        (columns * (side + _GAP) + _GAP, len(hr) * (side + 2 * _LINE + _GAP) + _GAP),
        _PAPER,
    )
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for row, (original, (top, left)) in enumerate(hr):
        lr = degrade(original)
        shown = {"LR": np.repeat(np.repeat(lr, scale, axis=0), scale, axis=1)}
        if scale > 1:
            shown["bicubic"] = resize.upscale(lr, scale)
        shown |= {title: restore(lr) for title, restore in methods.items()} | {"HR": original}
        for column, (title, picture) in enumerate(shown.items()):
            x, y = _GAP + column * (side + _GAP), _GAP + row * (side + 2 * _LINE + _GAP)
            crop = Image.fromarray(picture[top : top + detail, left : left + detail])
            sheet.paste(crop.resize((side, side), Image.Resampling.NEAREST), (x, y))
            pen.text((x, y + side + 2), title, fill=_INK, font=font)
            if title not in ("LR", "HR") or (scale == 1 and title == "LR"):
                psnr = metrics.psnr(original, picture, protocol)
                pen.text((x, y + side + 2 + _LINE), f"{psnr:.2f} dB", fill=_INK, font=font)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, encode(Picture(np.asarray(sheet))))


def busiest(hr: np.ndarray, detail: int) -> tuple[int, int]:
    """Return the corner of the detail of side `detail` with the most gradient energy: no hand picks it."""
    green = hr[..., 1].astype(np.float64)
    gradient = np.zeros((green.shape[0] + 1, green.shape[1] + 1))
    gradient[2:, 2:] = np.abs(np.diff(green, axis=0))[:, 1:] + np.abs(np.diff(green, axis=1))[1:]
    total = gradient.cumsum(0).cumsum(1)
    energy = (
        total[detail:, detail:]
        - total[:-detail, detail:]
        - total[detail:, :-detail]
        + total[:-detail, :-detail]
    )
    top, left = np.unravel_index(int(energy.argmax()), energy.shape)
    return int(top), int(left)
