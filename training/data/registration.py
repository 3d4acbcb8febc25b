"""A quick check of some pairs before training: whether LR is aligned with HR, and less sharp.

Nothing fails when LR is shifted by a pixel, belongs to another picture, or is the sharper of the two: the
network just learns to shift or to blur.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from sr_core import pixels, resize
from training.data.datasets import Pair, evenly_spread
from training.measures import gradient

MOST_PAIRS = 8
"""Pairs that are checked, evenly spread."""

# HR px. Measured: aligned pairs lie within a tenth of an LR px, also as JPEG 40 or with noise.
_SHIFT = 0.5
# Of `_Registration.unlike`: at most 0.9 for aligned pairs with noise of sigma 15, 0.98 for other pictures.
_UNLIKE = 0.95
_SIDE = 512  # LR px, from the middle of a picture
_SMALLEST = 16  # LR px: smaller pictures say nothing
_COARSE = 2.0  # LR px. Sigma of the blur that is subtracted: brightness alone would fit anywhere
_EVEN = 0.25  # grey levels: less detail is noise or nothing


@dataclass(frozen=True, slots=True)
class _Registration:
    """Where LR lies on HR, in HR px, and how much it differs from HR there, in [0, 1]."""

    down: float
    right: float
    unlike: float


def warnings(pairs: Sequence[Pair], scale: int, *, what: str) -> list[str]:
    """Return a sentence for each kind of fault that some of the pairs have.

    Parameters
    ----------
    pairs : sequence of Pair
    scale : int
        HR px an LR px.
    what : str
        The kind of pairs, for the sentences.
    """
    checked = evenly_spread(pairs, MOST_PAIRS)

    def of(names: Sequence[str]) -> str:
        return f"in {len(names)} of the {len(checked)} {what} pairs that were looked at ({', '.join(names)})"

    found = {pair.name: one for pair in checked if (one := _register(pair, scale))}
    mismatched = [name for name, one in found.items() if one.unlike >= _UNLIKE]
    shifts = {
        name: (one.down, one.right)
        for name, one in found.items()
        if name not in mismatched and max(abs(one.down), abs(one.right)) >= _SHIFT
    }
    sharper = [pair.name for pair in checked if scale == 1 and _is_sharper(pair)]
    sentences = []
    if mismatched:
        sentences.append(f"{of(mismatched)} LR shows something else than HR, or is mirrored or turned")
    if shifts:
        down, right = np.median(list(shifts.values()), axis=0)
        sentences.append(
            f"{of(list(shifts))} LR is shifted against HR, by {down:+.1f} px down and {right:+.1f} px to the "
            "right at HR's size: a network would learn to shift pictures"
        )
    if sharper:
        sentences.append(
            f"{of(sharper)} LR is as sharp as HR or sharper: nothing was lost there, or the two are swapped"
        )
    return sentences


def _register(pair: Pair, scale: int) -> _Registration | None:
    """Return where LR lies on its HR picture; None if there is too little detail to tell.

    By cross-correlation of fine detail, with sub-pixel precision: Guizar-Sicairos, Thurman, Fienup,
    "Efficient subpixel image registration algorithms", Optics Letters, 2008.
    """
    # Imported here: SciPy takes half a second.
    from skimage.registration import phase_cross_correlation

    lr, reduced = (
        _detail(_middle(picture)) for picture in (pair.lr, resize.downscale(np.asarray(pair.hr), scale))
    )
    if min(lr.shape) < _SMALLEST or min(lr.std(), reduced.std()) < _EVEN:
        return None
    # Without phase correlation's whitening: noise in the finest frequencies would count as much as edges.
    plain: Any = None  # typed as a str, and documented as this
    shift, unlike, _ = phase_cross_correlation(lr, reduced, upsample_factor=20, normalization=plain)
    return _Registration(float(shift[0]) * scale, float(shift[1]) * scale, float(unlike))


def _is_sharper(pair: Pair) -> bool:
    lr, hr = (_middle(picture) for picture in (pair.lr, pair.hr))
    return min(lr.shape[:2]) > 1 and gradient(hr) > 0 and gradient(lr) >= gradient(hr)


def _middle(picture: np.ndarray) -> np.ndarray:
    top, left = (max(length - _SIDE, 0) // 2 for length in picture.shape[:2])
    return np.asarray(picture[top : top + _SIDE, left : left + _SIDE])


def _detail(picture: np.ndarray) -> np.ndarray:
    """Return the fine detail of luma, faded out towards the border, where the contents differ."""
    brightness = pixels.luma(picture)
    fine = brightness - cv2.GaussianBlur(brightness, (0, 0), _COARSE)
    return fine * np.outer(*(np.hanning(length) for length in fine.shape))
