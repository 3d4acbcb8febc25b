"""How much cleaning up a picture needs: JPEG blocks and grain, found in its file and in its pixels.

A network trained on clean pictures takes blocks and grain for detail and enlarges them; one trained on
pictures that have them (`edsr_photo_x4`) takes them out, and a little fine detail with them. Between the
two lie all networks whose weights are interpolated between theirs: that share is the strength, 0 for the
clean network and 1 for the other. Here it is chosen for a picture.

What counts is only what matters to that choice, so three plain measures do. They were set on 41 photos of
CID22, reduced to a quarter, as JPEG of quality 30 to 95 and with noise of a standard deviation of 0 to 25.
"""

from dataclasses import dataclass

import numpy as np

from sr_core.picture import Compression, Picture
from sr_core.pixels import eight_bit

# Noise is looked for in the smoothest tenth of a picture's squares of this side in px: detail is noise to
# any filter, and nearly every photo has some sky, wall or skin.
_SQUARE, _SMOOTHEST = 8, 10
# Immerkaer, "Fast noise variance estimation", CVIU 64, 1996: blind to edges.
_IMMERKAER = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
# Grey levels of 255 near black and white, where noise is clipped.
_CLIPPED = 4
# Share of a picture's squares without such values that is enough to go by.
_ENOUGH = 0.1

# Of JPEG's blocks: side in px, and the step in grey levels beyond which an edge is none of theirs.
_BLOCK, _EDGE = 8, 40.0

# At most so many px are looked at, in parts of this side, spread evenly.
_PART, _PARTS = 256, 16


@dataclass(frozen=True, slots=True)
class Faults:
    """What was found.

    Attributes
    ----------
    compression : Compression or None
        What the file says of its loss.
    noise : float
        Standard deviation in grey levels of 255. White noise is told well; grain that is coarse seems less.
    blockiness : float
        How much more the picture steps at one spacing of 8 px than elsewhere: below 0.1 without JPEG, about
        0.2 to 0.4 for JPEG of quality 80, 0.4 to 0.9 for 40; shown also by a PNG that was a JPEG once.
    """

    compression: Compression | None
    noise: float
    blockiness: float

    @property
    def strength(self) -> float:
        """How much to clean up: 0 is not at all, 0.5 lightly, 1 fully."""
        return max(self._of_compression(), _step(self.noise, NOISE))

    def _of_compression(self) -> float:
        if self.compression is not None:
            return _step(100 - self.compression.quality, LOSS)
        return _step(self.blockiness, BLOCKINESS)

    def __str__(self) -> str:
        """Return what was found, for people: "JPEG, quality about 60"; empty where nothing was."""
        found = []
        if self.compression is not None:
            found.append(str(self.compression))
        elif _step(self.blockiness, BLOCKINESS) > 0:
            found.append("blocks of an old JPEG")
        if _step(self.noise, NOISE) > 0:
            found.append("grain")
        return ", ".join(found)


# From where on a picture is cleaned up lightly (0.5), and from where on fully: 100 less the quality, and the
# other two. With these the result on those 41 photos is at no quality and no noise over 0.05 dB below the
# better of the two networks, and above both where a picture is slightly damaged.
LOSS = (3.0, 28.0)
NOISE = (1.6, 4.5)
BLOCKINESS = (0.115, 0.22)


@dataclass(frozen=True, slots=True)
class Choice:
    """How much to clean up a picture, in [0, 1], and what was found that calls for it, for people."""

    strength: float
    found: str = ""

    def __str__(self) -> str:
        """Return a line such as "JPEG, quality about 60: cleaned up"; empty where there is nothing to say."""
        if not self.strength:
            return ""
        done = "cleaned up" if self.strength == 1 else "cleaned up lightly"
        return f"{self.found}: {done}" if self.found else done


def choose(picture: Picture) -> Choice:
    """Return how much to clean up a picture."""
    faults = inspect(picture)
    return Choice(faults.strength, str(faults))


def inspect(picture: Picture) -> Faults:
    """Look at a picture's file and pixels; some tens of milliseconds for any size."""
    pixels = eight_bit(picture.pixels)
    return Faults(picture.compression, _noise(pixels), _blockiness(pixels))


def _step(value: float, bounds: tuple[float, float]) -> float:
    light, full = bounds
    return 1.0 if value >= full else 0.5 if value >= light else 0.0


def _parts(pixels: np.ndarray) -> list[np.ndarray]:
    """Return at most `_PARTS` parts of a picture, each beginning at a multiple of a block."""
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
    """Return the standard deviation of what seems to be noise, in grey levels of 255."""
    import cv2

    levels: list[list[np.ndarray]] = [[], [], []]
    unclipped: list[list[np.ndarray]] = [[], [], []]
    for part in _parts(pixels):
        height, width = (side // _SQUARE * _SQUARE for side in (part.shape[0] - 2, part.shape[1] - 2))
        if height <= 0 or width <= 0:
            continue
        inner = (slice(1, height + 1), slice(1, width + 1))
        for channel in range(3):
            plane = np.ascontiguousarray(part[..., channel], np.float32)
            ripples = _squares(cv2.filter2D(plane, -1, _IMMERKAER)[inner])
            values = _squares(plane[inner])
            levels[channel].append(np.sqrt((ripples**2).mean(axis=1)))
            unclipped[channel].append((values.min(axis=1) > _CLIPPED) & (values.max(axis=1) < 255 - _CLIPPED))
    found = []
    for each, open_ in zip(levels, unclipped, strict=True):
        if each:
            level, free = np.concatenate(each), np.concatenate(open_)
            # On a white page all noise is clipped: less of it is seen, but far more than on a clean one.
            level = level[free] if free.mean() >= _ENOUGH else level
            found.append(float(np.percentile(level, _SMOOTHEST)))
    return float(np.median(found)) if found else 0.0


def _squares(plane: np.ndarray) -> np.ndarray:
    height, width = plane.shape
    cells = plane.reshape(height // _SQUARE, _SQUARE, width // _SQUARE, _SQUARE)
    return cells.swapaxes(1, 2).reshape(-1, _SQUARE**2)


def _blockiness(pixels: np.ndarray) -> float:
    """Return how far the steps at one spacing of 8 px stand out, as a share of all."""
    lines: tuple[list[np.ndarray], list[np.ndarray]] = ([], [])  # mean step at each column, and at each row
    for part in _parts(pixels):
        luma = part @ np.array([0.299, 0.587, 0.114], np.float32)
        for found, plane in zip(lines, (luma, luma.T), strict=True):
            # A step beyond what the slopes on its two sides expect (third difference).
            step = 3 * (plane[:, 2:-1] - plane[:, 1:-2]) - (plane[:, 3:] - plane[:, :-3])
            count = step.shape[1] // _BLOCK * _BLOCK
            if count >= 3 * _BLOCK:
                found.append(np.minimum(np.abs(step[:, :count]), _EDGE).mean(axis=0).reshape(-1, _BLOCK))
    # The median over all borders of blocks: the few edges of a drawing are at some of them, JPEG's at all.
    shares = [_stands_out(np.median(np.concatenate(found), axis=0)) for found in lines if found]
    # JPEG's steps stand out in both directions, those of a drawing perhaps in one.
    return float(min(shares)) if len(shares) == 2 else 0.0


def _stands_out(steps: np.ndarray) -> float:
    # Half a grey level on top, so that a picture that is nearly flat has none.
    relative = steps / (steps.mean() + 0.5)
    return float((relative.max() * _BLOCK - relative.sum()) / (_BLOCK - 1))
