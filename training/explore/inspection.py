"""Measurements of one picture file: format, size, mode, brightness, contrast, sharpness, fingerprint."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from sr_core import files, pixels
from sr_core.picture import Picture
from sr_core.pixels import Pixels
from training.explore.fingerprints import Fingerprint, fingerprint
from training.measures import gradient

# Black and white in BT.601 studio range, which is stretched to 0..255, as people expect of brightness.
_BLACK, _WHITE = 16.0, 235.0
_STRIP_ROWS = 256

DARK, BRIGHT = 15.0, 240.0
"""Grey levels. Pictures with a mean outside of these are black or white almost everywhere."""

EVEN = 1.0
"""Units of 0..255 a px. Pictures of lower mean gradient have hardly any detail to learn from."""


@dataclass(frozen=True, slots=True)
class Tone:
    """Brightness and detail of a picture, measured on BT.601 luma.

    Attributes
    ----------
    brightness : float
        Mean, in grey levels: the range is stretched so that black is 0 and white is 255.
    contrast : float
        Standard deviation, in the same grey levels.
    sharpness : float
        Mean gradient magnitude (`training.measures.gradient`), in units of 0..255 a px; 0 where a side is
        under 2 px. It grows with fine detail, and with noise.
    """

    brightness: float
    contrast: float
    sharpness: float

    @property
    def extreme(self) -> bool:
        """Whether the picture is black or white almost everywhere."""
        return not DARK <= self.brightness <= BRIGHT

    @property
    def even(self) -> bool:
        """Whether the picture holds hardly any detail to learn from."""
        return self.sharpness < EVEN


@dataclass(frozen=True, slots=True)
class FileFacts:
    """One picture file.

    Attributes
    ----------
    file : Path
        Resolved.
    name : str
        For messages and tables.
    file_format : str
        By its first bytes, whatever the name says.
    file_bytes : int
    height, width : int
        In px, upright.
    mode : str
        "RGB", "RGBA", "grey" or "grey + alpha", followed by ", 16 bit" if the channels have that.
    see_through : float
        Share of the pixels that are not opaque, 0 to 1.
    colour : tuple of float
        Mean of R, G and B in units of 0..255.
    tone : Tone
    fingerprint : Fingerprint
    """

    file: Path
    name: str
    file_format: str
    file_bytes: int
    height: int
    width: int
    mode: str
    see_through: float
    colour: tuple[float, float, float]
    tone: Tone
    fingerprint: Fingerprint


def inspect(file: Path, *, name: str) -> tuple[FileFacts, Pixels]:
    """Decode and measure a picture; return the facts and the ``(H, W, 3)`` pixels.

    Raises
    ------
    PictureError
        It cannot be read.
    """
    data = files.read_bytes(file, max_bytes=files.DEFAULT_LIMITS.max_bytes)
    decoded = files.decode(data)
    white = pixels.full_scale(decoded.pixels.dtype)
    red, green, blue = (float(decoded.pixels[..., channel].mean()) * 255 / white for channel in range(3))
    return FileFacts(
        file=file.resolve(),
        name=name,
        file_format=files.FORMATS[files.format_of(data)].name,
        file_bytes=len(data),
        height=decoded.height,
        width=decoded.width,
        mode=_mode(decoded),
        see_through=_see_through(decoded),
        colour=(red, green, blue),
        tone=tone(decoded.pixels),
        fingerprint=fingerprint(decoded.pixels),
    ), decoded.pixels


def tone(rgb: Pixels) -> Tone:
    """Measure brightness, contrast and sharpness, in strips of rows to save memory.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8 or uint16
    """
    height, width = rgb.shape[:2]
    total, squares, slopes = 0.0, 0.0, 0.0
    for top in range(0, height, _STRIP_ROWS):
        grey = (pixels.luma(rgb[top : top + _STRIP_ROWS]) - _BLACK) * (255.0 / (_WHITE - _BLACK))
        total += float(grey.sum())
        squares += float(np.square(grey).sum())
        # With the row below, which the gradient of the strip's last row needs.
        strip = rgb[top : top + _STRIP_ROWS + 1]
        if min(strip.shape[:2]) > 1:
            slopes += gradient(strip) * (len(strip) - 1)
    mean = total / (height * width)
    # Rounding may leave an even picture slightly below zero.
    variance = max(squares / (height * width) - mean**2, 0.0)
    return Tone(mean, math.sqrt(variance), slopes / max(height - 1, 1))


def _mode(decoded: Picture) -> str:
    if decoded.grey:
        mode = "grey" if decoded.alpha is None else "grey + alpha"
    else:
        mode = "RGB" if decoded.alpha is None else "RGBA"
    return mode if decoded.bit_depth == 8 else f"{mode}, {decoded.bit_depth} bit"


def _see_through(decoded: Picture) -> float:
    if decoded.alpha is None:
        return 0.0
    return float((decoded.alpha < pixels.full_scale(decoded.alpha.dtype)).mean())
