"""Pictures drawn in code: text, line art and screens, ``(512, 512, 3)`` uint8."""

import itertools
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFont

SIDE = 512
_FINER = 4  # drawn this many times larger and reduced, because Pillow's lines are not antialiased

_PROSE = (
    "A photograph is a sheet of",
    "small squares. Reduce it, and",
    "four by four of them become",
    "one; what was written in the",
    "sixteen is gone for good, and",
    "only a guess can bring it back.",
    "A good guess looks at what",
    "letters are like: 0123456789,",
    "e c o, i l 1, rn m, HB 8, &?!",
)
_CODE = (
    ("def upscale(lr, scale=4):", "#c586c0"),
    ("    # tiles of one shape", "#6a9955"),
    ("    for tile in plan(lr):", "#d4d4d4"),
    ("        sr = network(tile)", "#9cdcfe"),
    ("        yield clip(sr, 0, 1)", "#dcdcaa"),
    ("", "#d4d4d4"),
    ("assert psnr(hr, sr) > 30.0", "#4ec9b0"),
    ("print(f'{seconds:.2f} s')", "#ce9178"),
)


def text() -> np.ndarray:
    """Return a page of black letters in several sizes on white."""
    canvas, pen = _page("white")
    for i, line in enumerate(_PROSE):
        pen.text(_at(20, 24 + 52 * i), line, fill="black", font=_font(32 - 2 * (i % 3) * 3))
    return _pixels(canvas)


def code() -> np.ndarray:
    """Return a dark editor with coloured letters."""
    canvas, pen = _page("#1e1e1e")
    pen.rectangle([*_at(0, 0), *_at(SIDE, 28)], fill="#333333")
    for i, colour in enumerate(("#ff5f57", "#febc2e", "#28c840")):
        pen.ellipse([*_at(10 + 22 * i, 8), *_at(22 + 22 * i, 20)], fill=colour)
    for i, (line, colour) in enumerate(_CODE * 2):
        pen.text(_at(8, 40 + 29 * i), f"{i + 1:2}", fill="#858585", font=_font(20))
        pen.text(_at(44, 40 + 29 * i), line, fill=colour, font=_font(20))
    return _pixels(canvas)


def dialog() -> np.ndarray:
    """Return a light window with fields, buttons and a table."""
    canvas, pen = _page("#dfe3ea")
    pen.rounded_rectangle([*_at(40, 40), *_at(472, 472)], 10 * _FINER, "#ffffff", "#9aa3b2", _FINER)
    pen.text(_at(60, 54), "Save picture as", fill="#1b1d23", font=_font(24))
    for i, (label, value) in enumerate((("Name", "beach_x4.png"), ("Width", "2048 px"), ("Type", "PNG"))):
        pen.text(_at(60, 104 + 44 * i), label, fill="#4a5160", font=_font(19))
        pen.rectangle([*_at(150, 100 + 44 * i), *_at(400, 132 + 44 * i)], "#f6f8fb", "#7d8798", _FINER)
        pen.text(_at(160, 105 + 44 * i), value, fill="#1b1d23", font=_font(19))
    for i in range(5):
        pen.line([*_at(60, 250 + 30 * i), *_at(450, 250 + 30 * i)], fill="#c3c9d4", width=_FINER)
        pen.text(_at(66, 254 + 30 * i), f"photo {i + 1}", fill="#1b1d23", font=_font(17))
        pen.text(_at(250, 254 + 30 * i), f"{31.69 - i:.2f} dB", fill="#1b1d23", font=_font(17))
    for x, label, fill, ink in ((230, "Cancel", "#e4e8ee", "#1b1d23"), (345, "Save", "#1f6fd1", "#ffffff")):
        pen.rounded_rectangle([*_at(x, 420), *_at(x + 100, 456)], 6 * _FINER, fill)
        pen.text(_at(x + 24, 427), label, fill=ink, font=_font(19))
    return _pixels(canvas)


def portrait() -> np.ndarray:
    """Return a face in a few even strokes, as in a comic."""
    canvas, pen = _page("#fffdf5")
    pen.ellipse([*_at(130, 90), *_at(390, 430)], "#ffe0bd", "black", 6 * _FINER)
    pen.pieslice([*_at(120, 70), *_at(400, 330)], 180, 360, "#5b3a1e", "black", 6 * _FINER)
    for x in (200, 320):
        pen.ellipse([*_at(x - 32, 220), *_at(x + 32, 262)], "white", "black", 4 * _FINER)
        pen.ellipse([*_at(x - 12, 226), *_at(x + 12, 256)], "#2a6f4d", "black", 3 * _FINER)
        pen.arc([*_at(x - 40, 180), *_at(x + 40, 250)], 210, 330, "black", 6 * _FINER)
    pen.line([*_at(262, 250), *_at(246, 318), *_at(268, 322)], fill="black", width=4 * _FINER, joint="curve")
    pen.arc([*_at(205, 310), *_at(315, 385)], 20, 160, "#b3262a", 6 * _FINER)
    return _pixels(canvas)


def engraving() -> np.ndarray:
    """Return a ball shaded by hatching that swells with the shadow."""
    canvas, pen = _page("#f4efe2")
    for i in range(-40, 60):
        start, line = 12 * i, []
        for t in range(0, SIDE + 1, 4):
            x, y = t, start + t * 0.5
            inside = math.hypot(x - 256, y - 256) < 190
            shade = (x - 256 + y - 256) / 380 if inside else -0.25
            line.append((x, y + (10 * math.sin(x / 60) if inside else 0), max(0.6, 2.2 + 3.2 * shade)))
        for (x0, y0, w), (x1, y1, _) in itertools.pairwise(line):
            pen.line([*_at(x0, y0), *_at(x1, y1)], fill="#1d1a16", width=max(1, round(w * _FINER)))
    pen.ellipse([*_at(66, 66), *_at(446, 446)], outline="#1d1a16", width=3 * _FINER)
    return _pixels(canvas)


def _page(colour: str) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    canvas = Image.new("RGB", (SIDE * _FINER, SIDE * _FINER), colour)
    return canvas, ImageDraw.Draw(canvas)


def _at(x: float, y: float) -> tuple[float, float]:
    return x * _FINER, y * _FINER


def _font(size: int):
    return ImageFont.load_default(size * _FINER)


def _pixels(canvas: Image.Image) -> np.ndarray:
    return np.array(canvas.resize((SIDE, SIDE), Image.Resampling.BOX))
