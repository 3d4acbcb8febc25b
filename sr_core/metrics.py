"""PSNR, SSIM, MSE and MAE of a restored picture against its true original, under a named protocol.

The scores of the same pair of pictures differ by several dB between luma and RGB, with or without the border.
So every function here takes a `Protocol`, and every `Scores` holds the one it was measured under.

All numbers are in units of 0..255 whatever the bit depth, computed in float64 and in strips of rows, so
that measuring a large picture needs little memory beyond the picture itself.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, get_args

import numpy as np
import numpy.typing as npt

from sr_core.errors import MeasurementError, OptionError
from sr_core.pixels import Pixels, luma, shave, to_255

Channel = Literal["luma", "rgb"]

ACCEPTABLE_PSNR = 30.0
"""The original study's threshold of an acceptable restoration, in dB."""

_PEAK = 255.0
# Wang's window: 11 x 11 px, a Gaussian of sigma 1.5 px. SSIM exists where the whole window fits.
_WINDOW = 11
_SIGMA = 1.5
_STRIP_ROWS = 256


@dataclass(frozen=True, slots=True)
class Protocol:
    """What is measured: which channels, and how much border is left out.

    Attributes
    ----------
    channel : {"luma", "rgb"}
        "luma" is BT.601 luma, as in super-resolution papers; "rgb" is all three channels with equal weight.
    shave : int
        Border left out on each side, in px, 0 or more.
    """

    channel: Channel
    shave: int

    def __post_init__(self) -> None:
        if self.channel not in get_args(Channel):
            raise OptionError(f"A protocol measures 'luma' or 'rgb'; received channel={self.channel!r}.")
        if self.shave < 0:
            raise OptionError(f"A protocol's shave is 0 px or more; received shave={self.shave}.")

    def describe(self) -> str:
        """Return the protocol as a sentence for laypeople."""
        what = (
            "Measured on brightness only (BT.601 luma), as research papers do"
            if self.channel == "luma"
            else "Measured on the red, green and blue channels alike"
        )
        where = (
            f"leaving out a border of {self.shave} px on each side"
            if self.shave
            else "over the whole picture with its border"
        )
        return f"{what}, {where}."

    def short(self) -> str:
        """Return a short form such as ``"luma, shave 4"``, to show beside a number."""
        return f"{'luma' if self.channel == 'luma' else 'RGB'}, shave {self.shave}"


STUDY = Protocol("rgb", shave=0)
"""All channels with the border: the plainest reading of the original study, which states no protocol."""


def standard(scale: int) -> Protocol:
    """Return the protocol of super-resolution papers for one scale: luma, shaving `scale` px."""
    return Protocol("luma", shave=scale)


@dataclass(frozen=True, slots=True)
class Scores:
    """Four scores and the protocol they were measured under.

    Attributes
    ----------
    psnr : float
        dB, higher is better; infinity for identical pictures.
    ssim : float
        At most 1, which means identical; higher is better.
    mse : float
        Units of 0..255 squared; lower is better.
    mae : float
        Units of 0..255; lower is better.
    protocol : Protocol
    """

    psnr: float
    ssim: float
    mse: float
    mae: float
    protocol: Protocol


def measure(reference: Pixels, restored: Pixels, protocol: Protocol) -> Scores:
    """Compute all four scores of a restored picture against its true original.

    Parameters
    ----------
    reference, restored : (H, W, 3) ndarray of uint8 or uint16
        Of the same size. The bit depths may differ: both are measured in units of 0..255.
    protocol : Protocol

    Returns
    -------
    Scores

    Raises
    ------
    MeasurementError
        If the sizes differ, or the pictures are too small for the protocol or for SSIM.
    """
    squared = mse(reference, restored, protocol)
    return Scores(
        psnr=_decibels(squared),
        ssim=ssim(reference, restored, protocol),
        mse=squared,
        mae=mae(reference, restored, protocol),
        protocol=protocol,
    )


def psnr(reference: Pixels, restored: Pixels, protocol: Protocol) -> float:
    """Return the peak signal-to-noise ratio in dB; infinity for identical pictures.

    Parameters and errors are those of `measure`. The peak is 255.
    """
    return _decibels(mse(reference, restored, protocol))


def mse(reference: Pixels, restored: Pixels, protocol: Protocol) -> float:
    """Return the mean squared error in units of 0..255 squared.

    Parameters and errors are those of `measure`.
    """
    return _mean(reference, restored, protocol, np.square)


def mae(reference: Pixels, restored: Pixels, protocol: Protocol) -> float:
    """Return the mean absolute error in units of 0..255.

    Parameters and errors are those of `measure`.
    """
    return _mean(reference, restored, protocol, np.abs)


def ssim(reference: Pixels, restored: Pixels, protocol: Protocol) -> float:
    """Return the mean structural similarity, at most 1; over RGB it is the mean of the three channels.

    Parameters and errors are those of `measure`; what is left after shaving must be 11 px or more high and
    wide.

    References
    ----------
    Z. Wang, A. C. Bovik, H. R. Sheikh, E. P. Simoncelli, "Image quality assessment: from error visibility to
    structural similarity", IEEE TIP, 2004: 11 x 11 Gaussian window with sigma 1.5, K1 = 0.01, K2 = 0.03.
    """
    # scikit-image imports SciPy: half a second that only measurements should pay for.
    from skimage.metrics import structural_similarity

    reference, restored = _comparable(reference, restored, protocol)
    height, width = reference.shape[:2]
    if min(height, width) < _WINDOW:
        raise MeasurementError(
            f"SSIM needs pictures of at least {_WINDOW} x {_WINDOW} px after shaving {protocol.shave} px; "
            f"what is left is {height} x {width} px (height x width)."
        )
    total, rows = 0.0, height - _WINDOW + 1
    for one, other in _strips(reference, restored, protocol, overlap=_WINDOW - 1):
        # The mean leaves out the outer 5 px, where the window does not fit, so strips that overlap by 10
        # rows count each position once and give the whole picture's number.
        similarity: Any = structural_similarity(
            one,
            other,
            data_range=_PEAK,
            channel_axis=-1 if protocol.channel == "rgb" else None,
            gaussian_weights=True,
            sigma=_SIGMA,
            use_sample_covariance=False,
        )
        total += float(similarity) * (one.shape[0] - _WINDOW + 1)
    return total / rows


def _decibels(mean_squared_error: float) -> float:
    return math.inf if mean_squared_error == 0 else 10 * math.log10(_PEAK**2 / mean_squared_error)


def _mean(reference: Pixels, restored: Pixels, protocol: Protocol, penalty: np.ufunc) -> float:
    reference, restored = _comparable(reference, restored, protocol)
    total, count = 0.0, 0
    for one, other in _strips(reference, restored, protocol):
        one -= other
        total += float(penalty(one, out=one).sum())
        count += one.size
    return total / count


def _comparable(reference: Pixels, restored: Pixels, protocol: Protocol) -> tuple[Pixels, Pixels]:
    if reference.shape != restored.shape:
        raise MeasurementError(
            "Only pictures of the same size can be compared; received an original of shape "
            f"{reference.shape} and a restored picture of shape {restored.shape}."
        )
    if reference.ndim != 3 or reference.shape[2] != 3:
        raise MeasurementError(
            f"Only pictures of shape (H, W, 3) can be compared; received {reference.shape}."
        )
    return shave(reference, protocol.shave), shave(restored, protocol.shave)


def _strips(
    reference: Pixels, restored: Pixels, protocol: Protocol, overlap: int = 0
) -> Iterator[tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]]:
    """Yield pairs of float64 strips that overlap by `overlap` rows; the last is never shorter than that."""
    convert = luma if protocol.channel == "luma" else to_255
    for top in range(0, reference.shape[0] - overlap, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS + overlap)
        yield convert(reference[rows]), convert(restored[rows])
