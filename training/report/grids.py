"""Sample grids: pictures, each with a detail restored by several methods, side by side in exact pixels."""

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_core import OutputFormat, Picture, encode, metrics, resize
from sr_core.files import write_bytes
from sr_core.metrics import Protocol
from training.data.detail import box_sums, gradient_energy
from training.measures import sharpness

Restore = Callable[[np.ndarray], np.ndarray]
"""Maps ``(h, w, 3)`` uint8 LR to ``(h*scale, w*scale, 3)`` uint8."""

ZOOM = 2
# Details in a row.
COLUMNS = 5
_GAP, _LINE, _LETTERS = 8, 22, 17
_INK, _PAPER, _MARK = (30, 32, 36), (255, 255, 255), (255, 214, 10)
_WHOLE = 512  # px, height of the whole picture on a page
_QUALITY = 90


@dataclass(frozen=True)
class Panel:
    """A detail restored by one method, and the text below it."""

    detail: np.ndarray
    title: str
    scores: str = ""


@dataclass(frozen=True)
class Details:
    """One picture, the position of its detail, and that detail restored by each method."""

    original: np.ndarray
    top: int
    left: int
    panels: Sequence[Panel]


def restore(
    hr: Sequence[np.ndarray],
    methods: Mapping[str, Restore],
    *,
    scale: int,
    degrade: Restore,
    protocol: Protocol,
    detail: int,
) -> list[Details]:
    """Return a detail of each picture: LR, bicubic, every method, and HR.

    Parameters
    ----------
    hr : sequence of (H, W, 3) uint8 ndarray
        Originals.
    methods : mapping
        Title to a function that restores an LR picture.
    scale : int
    degrade : callable
        Makes LR from HR.
    protocol : Protocol
        Of the PSNR below each detail; it and the sharpness are of the whole picture.
    detail : int
        Side of the detail, in HR px.
    """
    without = "bicubic" if scale > 1 else "LR"
    pictures = []
    for original in hr:
        lr = degrade(original)
        enlarged = resize.upscale(lr, scale)
        top, left = busiest(enlarged, detail)
        window = np.s_[top : top + detail, left : left + detail]
        restored = {without: enlarged, **{title: method(lr) for title, method in methods.items()}}
        panels = [
            Panel(
                picture[window],
                title,
                f"{metrics.psnr(original, picture, protocol):.2f} dB, {sharpness(original, picture):.2f}",
            )
            for title, picture in restored.items()
        ]
        if scale > 1:
            pixels = np.repeat(np.repeat(lr, scale, axis=0), scale, axis=1)
            panels.insert(0, Panel(pixels[window], "LR"))
        panels.append(Panel(original[window], "HR", "sharpness 1"))
        pictures.append(Details(original, top, left, panels))
    return pictures


def draw(pictures: Sequence[Details], file: Path) -> None:
    """Draw each whole picture with its details beside it, enlarged `ZOOM` times, into a WebP file."""
    blocks = [_block(one) for one in pictures]
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
    write_bytes(file, encode(Picture(np.asarray(sheet)), OutputFormat("webp", quality=_QUALITY)))


def as_json(pictures: Sequence[Details]) -> str:
    """Return the same as JSON, for the app's page, which lays it out itself.

    Returns
    -------
    str
        A list of pictures, each with ``whole``, the picture with a frame around the detail, and ``panels``:
        ``title``, ``scores`` and ``detail``. Pictures are WebP files in data URIs.
    """
    plain = [
        {
            "whole": _uri(_marked(one, height=_WHOLE)),
            "panels": [
                {"title": p.title, "scores": p.scores, "detail": _uri(Image.fromarray(p.detail))}
                for p in one.panels
            ],
        }
        for one in pictures
    ]
    return json.dumps(plain) + "\n"


def _uri(image: Image.Image) -> str:
    content = BytesIO()
    image.save(content, "WEBP", quality=_QUALITY, method=6)
    return f"data:image/webp;base64,{base64.b64encode(content.getvalue()).decode()}"


def _block(picture: Details) -> Image.Image:
    """Return the part of the sheet about one picture."""
    panels = picture.panels
    side = panels[0].detail.shape[0] * ZOOM
    cell = side + 2 * _LINE + _GAP
    lines = -(-len(panels) // COLUMNS)
    whole = _marked(picture, height=lines * cell - 2 * _LINE - _GAP)
    columns = min(COLUMNS, len(panels))
    sheet = Image.new("RGB", (whole.width + columns * (side + _GAP) + 2 * _GAP, _GAP + lines * cell), _PAPER)
    sheet.paste(whole, (_GAP, _GAP))
    pen, font = ImageDraw.Draw(sheet), ImageFont.load_default(_LETTERS)
    for i, panel in enumerate(panels):
        row, column = divmod(i, COLUMNS)
        x, y = whole.width + 2 * _GAP + column * (side + _GAP), _GAP + row * cell
        enlarged_detail = Image.fromarray(panel.detail).resize((side, side), Image.Resampling.NEAREST)
        sheet.paste(enlarged_detail, (x, y))
        for j, text in enumerate((panel.title, panel.scores)):
            pen.text((x, y + side + 2 + j * _LINE), text, fill=_INK, font=font)
    return sheet


def _marked(picture: Details, *, height: int) -> Image.Image:
    """Return the whole original at `height` px, with a frame around the detail."""
    original, detail = picture.original, picture.panels[0].detail.shape[0]
    factor = height / original.shape[0]
    width = round(original.shape[1] * factor)
    whole = Image.fromarray(original).resize((width, height), Image.Resampling.BICUBIC)
    corners = picture.left, picture.top, picture.left + detail, picture.top + detail
    ImageDraw.Draw(whole).rectangle([round(factor * edge) for edge in corners], outline=_MARK, width=2)
    return whole


def busiest(picture: np.ndarray, detail: int) -> tuple[int, int]:
    """Return the top left corner of the detail with the most gradient energy, so that none is hand-picked.

    In the enlarged LR picture that is where most structure is left for a network to work on; in the original
    it would be where most is lost for good.
    """
    energy = box_sums(gradient_energy(picture), detail, step=1)
    top, left = np.unravel_index(int(energy.argmax()), energy.shape)
    return int(top), int(left)
