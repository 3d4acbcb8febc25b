"""Sample grids: pictures, and a detail of each restored in several ways, side by side in exact pixels."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_core import Picture, encode, metrics, resize
from sr_core.files import write_bytes
from sr_core.metrics import Protocol
from training.measures import sharpness

Restore = Callable[[np.ndarray], np.ndarray]
"""``(h, w, 3)`` uint8 LR to ``(h*scale, w*scale, 3)`` uint8."""

ZOOM = 3
# Details side by side; more go into further lines.
COLUMNS = 5
_GAP, _LINE = 8, 16
_INK, _PAPER, _MARK = (30, 32, 36), (255, 255, 255), (255, 214, 10)


@dataclass(frozen=True)
class Panel:
    """A detail of one way to restore a picture, and what stands below it."""

    detail: np.ndarray
    lines: Sequence[str]


def draw(
    hr: Sequence[np.ndarray],
    methods: Mapping[str, Restore],
    *,
    scale: int,
    degrade: Restore,
    protocol: Protocol,
    detail: int,
    file: Path,
) -> None:
    """Draw each picture whole, and beside it a detail of LR, bicubic, every method, and HR.

    Parameters
    ----------
    hr : sequence of (H, W, 3) uint8 ndarray
        Originals.
    methods : mapping
        Title to what restores an LR picture.
    scale : int
    degrade : callable
        Makes LR of HR.
    protocol : Protocol
        Of the PSNR below each detail, which is that of the whole picture, as is the sharpness.
    detail : int
        Side of the detail, in HR px; shown ``ZOOM`` times as large, pixels as squares.
    file : Path
        PNG to write, atomically.
    """
    blocks = [_block(original, methods, scale, degrade, protocol, detail) for original in hr]
    sheet = Image.new(
        "RGB",
        (max(block.width for block in blocks), sum(block.height for block in blocks)),
        _PAPER,
    )
    top = 0
    for block in blocks:
        sheet.paste(block, (0, top))
        top += block.height
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, encode(Picture(np.asarray(sheet))))


def _block(
    original: np.ndarray,
    methods: Mapping[str, Restore],
    scale: int,
    degrade: Restore,
    protocol: Protocol,
    detail: int,
) -> Image.Image:
    """Return the part of the sheet about one picture."""
    lr = degrade(original)
    enlarged = resize.upscale(lr, scale)
    top, left = busiest(enlarged, detail)
    window = np.s_[top : top + detail, left : left + detail]
    without = "bicubic" if scale > 1 else "LR"
    shown = {without: enlarged, **{title: restore(lr) for title, restore in methods.items()}}
    panels = [
        Panel(
            picture[window],
            [
                title,
                f"{metrics.psnr(original, picture, protocol):.2f} dB, {sharpness(original, picture):.2f}",
            ],
        )
        for title, picture in shown.items()
    ]
    if scale > 1:
        pixels = np.repeat(np.repeat(lr, scale, axis=0), scale, axis=1)
        panels.insert(0, Panel(pixels[window], ["LR"]))
    panels.append(Panel(original[window], ["HR", "sharpness 1"]))

    side, cell = detail * ZOOM, detail * ZOOM + 2 * _LINE + _GAP
    lines = -(-len(panels) // COLUMNS)
    height = lines * cell - 2 * _LINE - _GAP
    whole = _marked(original, top, left, detail, height=height)
    columns = min(COLUMNS, len(panels))
    sheet = Image.new("RGB", (whole.width + columns * (side + _GAP) + 2 * _GAP, _GAP + lines * cell), _PAPER)
    sheet.paste(whole, (_GAP, _GAP))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(12)
    for i, panel in enumerate(panels):
        row, column = divmod(i, COLUMNS)
        x, y = whole.width + 2 * _GAP + column * (side + _GAP), _GAP + row * cell
        enlarged_detail = Image.fromarray(panel.detail).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(enlarged_detail, (x, y))
        for j, text in enumerate(panel.lines):
            pen.text((x, y + side + 2 + j * _LINE), text, fill=_INK, font=font)
    return sheet


def _marked(original: np.ndarray, top: int, left: int, detail: int, *, height: int) -> Image.Image:
    """Return the whole original at `height` px, with a frame around the detail."""
    factor = height / original.shape[0]
    width = round(original.shape[1] * factor)
    whole = Image.fromarray(original).resize((width, height), Image.Resampling.BICUBIC)
    box = [round(factor * edge) for edge in (left, top, left + detail, top + detail)]
    ImageDraw.Draw(whole).rectangle(box, outline=_MARK, width=2)
    return whole


def busiest(picture: np.ndarray, detail: int) -> tuple[int, int]:
    """Return the corner of the detail of side `detail` with the most gradient energy: no hand picks it.

    Of the enlarged LR picture it is where most structure is left that a network can work on; in the original
    it would be where there is most of what nothing can bring back.
    """
    green = picture[..., 1].astype(np.float64)
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
