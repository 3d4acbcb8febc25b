"""How much clean-up a picture needs: measures JPEG blocks and grain in its file and its pixels.

A network trained on clean pictures takes blocks and grain for detail and enlarges them; one trained on
pictures that have them (`edsr_photo_x4`) removes them, and a little fine detail with them. Weights can be
interpolated between the two: the share is the strength, 0 for the clean network and 1 for the other. This
module chooses it for a picture.

Only what matters to that choice is measured, so four simple measures are enough. They were tuned on 41
photos of CID22 and 60 crops of photos that the networks were trained on, reduced to a quarter, as JPEG of
quality 30 to 95 and with noise of a standard deviation of 0 to 25: white, the same in all channels, blurred,
and saved as JPEG.
"""

import math
from dataclasses import dataclass

import numpy as np

from sr_core.picture import Compression, Picture
from sr_core.pixels import eight_bit

# Side in px of the windows whose covariance shows white noise, the share of them that is used (the smoothest,
# as detail varies too), and their largest number.
_WINDOW, _SMOOTH, _MAX_WINDOWS = 5, 0.25, 20_000

# Side in px of the squares in which grain is measured, and the percentile that is used: any filter takes
# detail for grain, but nearly every photo has a bit of sky, wall or skin. The factor makes up for the lower
# level of the smoothest squares; it was measured with white noise.
_SQUARE, _SMOOTHEST, _UNBIASED = 8, 1, 1.36
# Immerkaer, "Fast noise variance estimation", CVIU 64, 1996: insensitive to edges.
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
# Grey levels of 255 near black and white, where noise is clipped.
_CLIPPED = 4
# Least share of squares without clipped values for these alone to be used.
_ENOUGH = 0.1

# Side in px of JPEG's blocks, and the step in grey levels beyond which an edge is not caused by them.
_BLOCK, _EDGE = 8, 40.0

# Side in px and largest number of the parts that are measured, spread evenly over the picture.
_PART, _PARTS = 256, 16


@dataclass(frozen=True, slots=True)
class Faults:
    """The faults found in a picture.

    Attributes
    ----------
    compression : Compression or None
        Of its file.
    noise : float
        Standard deviation of white noise in grey levels of 255; within a tenth, and rarely misled by detail,
        but blind to noise that is alike in all channels or was saved as JPEG.
    grain : float
        The same for any noise. Less accurate: a picture full of fine detail seems to have some, and coarse
        grain is underestimated.
    blockiness : float
        How much larger the steps at a spacing of 8 px are than elsewhere: below 0.1 without JPEG, about 0.2
        to 0.4 for JPEG of quality 80, 0.4 to 0.9 for 40; also in a PNG that was once a JPEG.
    """

    compression: Compression | None
    noise: float
    grain: float
    blockiness: float

    @property
    def strength(self) -> float:
        """Clean-up strength: 0 is none, 0.5 light, 1 full."""
        return max(self._of_compression(), self._of_noise())

    def _of_compression(self) -> float:
        if self.compression is not None:
            return _step(100 - self.compression.quality, LOSS)
        return _step(self.blockiness, BLOCKINESS)

    def _of_noise(self) -> float:
        return max(_step(self.noise, NOISE), _step(self.grain, GRAIN))

    def __str__(self) -> str:
        """Return a description such as "JPEG, quality about 60"; empty if there are no faults."""
        found = []
        if self.compression is not None:
            found.append(str(self.compression))
        elif _step(self.blockiness, BLOCKINESS) > 0:
            found.append("blocks of an old JPEG")
        if self._of_noise() > 0:
            found.append("grain")
        return ", ".join(found)


# Thresholds of light (0.5) and full clean-up: for 100 minus the quality, and for the other measures. With
# these, the mean result on the 41 photos, for JPEGs of quality 40 to 95 and white noise, is never more than
# 0.05 dB below that of the better of the two networks. For a JPEG of quality 95 it is above both. At a
# quality of 85 light clean-up beats full by 0.04 dB at ×4 and 0.07 at ×2; at 80 it is behind by 0.05.
LOSS = (3.0, 18.0)
NOISE = (1.7, 2.6)
GRAIN = (2.6, 3.25)
BLOCKINESS = (0.115, 0.22)


@dataclass(frozen=True, slots=True)
class Choice:
    """The clean-up strength for a picture, in [0, 1], and a description of the faults that call for it."""

    strength: float
    found: str = ""

    def __str__(self) -> str:
        """Return a line such as "JPEG, quality about 60: cleaned up"; empty without clean-up."""
        if not self.strength:
            return ""
        done = "cleaned up" if self.strength == 1 else "cleaned up lightly"
        return f"{self.found}: {done}" if self.found else done


def choose(picture: Picture) -> Choice:
    """Choose the clean-up strength for a picture."""
    faults = inspect(picture)
    return Choice(faults.strength, str(faults))


def inspect(picture: Picture) -> Faults:
    """Measure the faults of a picture; takes some tens of milliseconds at any size."""
    pixels = eight_bit(picture.pixels)
    return Faults(picture.compression, _noise(pixels), _grain(pixels), _blockiness(pixels))


def _step(value: float, bounds: tuple[float, float]) -> float:
    light, full = bounds
    return 1.0 if value >= full else 0.5 if value >= light else 0.0


def _parts(pixels: np.ndarray) -> list[np.ndarray]:
    """Return at most `_PARTS` parts of a picture, each aligned to the blocks."""
    height, width = pixels.shape[:2]
    if height * width <= _PARTS * _PART**2:
        return [pixels]
    count = int(_PARTS**0.5)
    tops, lefts = (_starts(length, count) for length in (height, width))
    return [pixels[top : top + _PART, left : left + _PART] for top in tops for left in lefts]


def _starts(length: int, count: int) -> list[int]:
    last = max(length - _PART, 0)
    return sorted({int(last * i / (count - 1)) // _BLOCK * _BLOCK for i in range(count)})


def _noise(pixels: np.ndarray) -> float:
    """Estimate the standard deviation of white noise, in grey levels of 255.

    Chen, Zhu and Heng, "An efficient statistical method for image noise level estimation", ICCV 2015: windows
    of a picture vary in a few directions, and noise in all; so it is what the smallest eigenvalues of their
    covariance have in common.
    """
    height, width = pixels.shape[:2]
    if min(height, width) < _WINDOW:
        return 0.0
    every = max(1, math.ceil(math.sqrt(height * width / _MAX_WINDOWS)))
    views = np.lib.stride_tricks.sliding_window_view(pixels, (_WINDOW, _WINDOW), axis=(0, 1))
    windows = views[::every, ::every].reshape(-1, 3, _WINDOW**2).astype(np.float32)  # (n, channels, px)
    spread = windows.var(axis=2).mean(axis=1)
    smooth = windows[spread <= np.quantile(spread, _SMOOTH)].reshape(-1, 3 * _WINDOW**2)
    if len(smooth) < 2:
        return 0.0
    values = np.linalg.eigvalsh(np.cov(smooth, rowvar=False))  # rising
    for count in range(len(values), 0, -1):
        noise = values[:count].mean()
        if noise <= np.median(values[:count]):  # no direction stands out any more
            return math.sqrt(max(noise, 0.0))
    return 0.0


def _grain(pixels: np.ndarray) -> float:
    """Estimate the standard deviation of any noise, in grey levels of 255."""
    import cv2

    square = np.ones((_SQUARE, _SQUARE), np.uint8)
    # Of what is computed for each px, that of whole squares inside the filtered part, every second one.
    inside = slice(1 + _SQUARE // 2, -_SQUARE // 2, 2)
    levels: list[list[np.ndarray]] = [[], [], []]
    unclipped: list[list[np.ndarray]] = [[], [], []]
    for part in _parts(pixels):
        if min(part.shape[:2]) < _SQUARE + 2:
            continue
        for channel in range(3):
            plane = np.ascontiguousarray(part[..., channel])
            ripples = cv2.filter2D(plane, cv2.CV_32F, _IMMERKAER)
            power = cv2.blur(ripples * ripples, square.shape)[inside, inside]
            dark, bright = cv2.erode(plane, square)[inside, inside], cv2.dilate(plane, square)[inside, inside]
            levels[channel].append(np.sqrt(np.maximum(power, 0)).ravel())
            unclipped[channel].append(((dark > _CLIPPED) & (bright < 255 - _CLIPPED)).ravel())
    found = []
    for channel_levels, channel_unclipped in zip(levels, unclipped, strict=True):
        if channel_levels:
            level, free = np.concatenate(channel_levels), np.concatenate(channel_unclipped)
            # On a white page all noise is clipped: less of it is measured, but far more than on a clean one.
            level = level[free] if free.mean() >= _ENOUGH else level
            found.append(float(np.percentile(level, _SMOOTHEST)))
    return _UNBIASED * float(np.median(found)) if found else 0.0


def _blockiness(pixels: np.ndarray) -> float:
    """Return by how much the steps at a spacing of 8 px exceed the others, as a share of all."""
    lines: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])  # mean step at each column, and at each row
    for part in _parts(pixels):
        luma = part @ np.array([0.299, 0.587, 0.114], np.float32)
        for found, plane in zip(lines, (luma, luma.T), strict=True):
            # A step beyond that expected from the slopes on its two sides (third difference).
            step = 3 * (plane[:, 2:-1] - plane[:, 1:-2]) - (plane[:, 3:] - plane[:, :-3])
            count = step.shape[1] // _BLOCK * _BLOCK
            if count >= 3 * _BLOCK:
                found.append(np.minimum(np.abs(step[:, :count]), _EDGE).mean(axis=0).reshape(-1, _BLOCK))
    # The median over all block borders: the few edges of a drawing are at some of them, JPEG's at all.
    shares = [_excess(np.median(np.concatenate(found), axis=0)) for found in lines if found]
    # JPEG's steps stand out in both directions, those of a drawing perhaps in only one.
    return float(min(shares)) if len(shares) == 2 else 0.0


def _excess(steps: np.ndarray) -> float:
    # Half a grey level is added, so that a nearly flat picture has none.
    relative = steps / (steps.mean() + 0.5)
    return float((relative.max() * _BLOCK - relative.sum()) / (_BLOCK - 1))
