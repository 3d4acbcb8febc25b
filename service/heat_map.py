"""Error maps: the absolute luma error of a restored picture as colours, with a legend and in words."""

import html
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sr_core import Picture, encode
from sr_core.errors import MeasurementError
from sr_core.pixels import Pixels, luma

TOP = 32
"""Error in grey levels of 255 at which the colour scale ends; fixed, so that any two maps can be compared."""

# Lightness increases throughout, so that the map is readable in greyscale and with any colour blindness.
_STOPS: tuple[tuple[int, int, int], ...] = (
    (6, 8, 20),
    (48, 26, 98),
    (140, 36, 112),
    (214, 72, 72),
    (246, 158, 66),
    (255, 246, 190),
)
_STRIP_ROWS = 256
_ROWS, _COLUMNS = ("upper", "middle", "lower"), ("left", "centre", "right")


@dataclass(frozen=True, slots=True)
class HeatMap:
    """The luma error of one restored picture.

    Attributes
    ----------
    png : bytes
        The map, in the size of the picture.
    median, p95, largest : float
        Median, 95th percentile and maximum of the error, in grey levels of 255.
    worst : str
        The ninth of the picture with the largest mean error, such as "upper left".
    worst_mean : float
        That mean, in grey levels.
    """

    png: bytes
    median: float
    p95: float
    largest: float
    worst: str
    worst_mean: float

    def describe(self) -> str:
        """Return a description of the map, for those who cannot see it."""
        if self.largest == 0:
            return "No pixel is off: the brightness is identical everywhere."
        return (
            f"Half of the pixels are off by at most {self.median:.1f} grey levels of 255, 95 of 100 by at "
            f"most {self.p95:.1f}, and none by more than {self.largest:.1f}. The {self.worst} of the "
            f"picture is restored worst: {self.worst_mean:.1f} on average."
        )


def heat_map(original: Pixels, restored: Pixels) -> HeatMap:
    """Draw the absolute luma error of a restored picture.

    Parameters
    ----------
    original, restored : (H, W, 3) ndarray of uint8 or uint16
        Of the same size. The map includes the border, although papers leave it out of their scores.

    Returns
    -------
    HeatMap

    Raises
    ------
    MeasurementError
        The sizes differ.
    """
    if original.shape != restored.shape:
        raise MeasurementError(
            f"Only pictures of the same size can be compared; received {original.shape} and {restored.shape}."
        )
    height, width = original.shape[:2]
    error = np.empty((height, width), np.float32)
    # In strips, because luma is float64 and would take much memory.
    for top in range(0, height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        error[rows] = np.abs(luma(original[rows]) - luma(restored[rows]))
    worst, worst_mean = _worst_ninth(error)
    median, p95 = np.quantile(error, (0.5, 0.95))
    return HeatMap(
        png=encode(Picture(colours()[_level(error)])),
        median=float(median),
        p95=float(p95),
        largest=float(error.max()),
        worst=worst,
        worst_mean=worst_mean,
    )


def colours() -> npt.NDArray[np.uint8]:
    """Return the colour scale from no error to `TOP`, as a (256, 3) array."""
    at = np.linspace(0, 255, len(_STOPS))
    channels = [np.interp(np.arange(256), at, channel) for channel in zip(*_STOPS, strict=True)]
    return np.stack(channels, axis=1).round().astype(np.uint8)


def legend() -> str:
    """Return the legend of the colour scale as HTML."""
    stops = ", ".join(f"rgb({red} {green} {blue})" for red, green, blue in _STOPS)
    ticks = [f"{level}" for level in range(0, TOP, TOP // 4)] + [f"{TOP} or more"]
    label = (
        f"Colours of the error: the darkest is none, the lightest {TOP} grey levels of 255 or more, "
        "and the lighter, the larger"
    )
    return (
        f'<div class="legend" role="img" aria-label="{html.escape(label)}">'
        f'<div style="background: linear-gradient(to right, {stops})"></div>'
        f"<p>{''.join(f'<span>{tick}</span>' for tick in ticks)}</p>"
        "</div>"
    )


def _level(error: npt.NDArray[np.float32]) -> npt.NDArray[np.uint8]:
    return np.minimum(error * np.float32(255 / TOP) + np.float32(0.5), np.float32(255)).astype(np.uint8)


def _worst_ninth(error: npt.NDArray[np.float32]) -> tuple[str, float]:
    means: dict[str, float] = {}
    for row, strip in zip(_ROWS, np.array_split(error, 3, axis=0), strict=True):
        for column, part in zip(_COLUMNS, np.array_split(strip, 3, axis=1), strict=True):
            # Some ninths are empty if the picture is less than 3 px wide or high.
            if part.size:
                name = "centre" if (row, column) == ("middle", "centre") else f"{row} {column}"
                means[name] = float(part.mean())
    worst = max(means, key=lambda name: means[name])
    return worst, means[worst]
