"""Conversions of pixels between number formats: the only place where floats become integers.

At the edges of SuperRes pictures are integers, 0..255 (uint8) or 0..65535 (uint16). Inside a network they are
float32 in [0, 1]. Metrics and luma use units of 0..255 whatever the bit depth, as published numbers do.
"""

import numpy as np
import numpy.typing as npt

from sr_core.errors import EngineError, MeasurementError, PictureError

Pixels = npt.NDArray[np.integer]
"""Integer pixels, uint8 or uint16, of shape (H, W, 3) or (H, W)."""

# ITU-R BT.601 studio range: black is 16 and white is 235 in units of 0..255.
LUMA_WEIGHTS = np.array([65.481, 128.553, 24.966]) / 255.0
_LUMA_BLACK = 16.0


def full_scale(dtype: npt.DTypeLike) -> int:
    """Return the value of white: 255 for uint8, 65535 for uint16.

    Raises
    ------
    PictureError
        For any other dtype.
    """
    if dtype == np.uint8:
        return 255
    if dtype == np.uint16:
        return 65535
    raise PictureError(f"Pixels must be uint8 or uint16 integers; received {np.dtype(dtype).name}.")


def to_unit(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Scale integer pixels to float32 in [0, 1].

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, any shape

    Returns
    -------
    ndarray of float32, same shape
        Black is 0 and white is exactly 1.

    Raises
    ------
    PictureError
        If the dtype is neither uint8 nor uint16.
    """
    white = np.float32(full_scale(pixels.dtype))
    unit = pixels.astype(np.float32)
    unit /= white
    return unit


def to_integer(unit: npt.NDArray[np.floating], dtype: npt.DTypeLike) -> Pixels:
    """Convert floats in [0, 1] to integer pixels: clip, round half up, cast.

    Parameters
    ----------
    unit : ndarray of float, any shape
        Not modified. Values outside [0, 1] are clipped, since networks overshoot at edges.
    dtype : numpy.uint8 or numpy.uint16

    Returns
    -------
    ndarray of `dtype`, same shape

    Raises
    ------
    EngineError
        If any value is NaN or infinite: clipping would hide that a network is broken.
    PictureError
        If `dtype` is neither uint8 nor uint16.
    """
    white = full_scale(dtype)
    # float16 cannot represent 65535, nor bfloat16 255.5, so compute in float32 at least.
    scaled = np.array(unit, dtype=np.result_type(unit.dtype, np.float32))
    # NaN and infinity survive min and max, which allocate nothing, unlike isfinite().
    if scaled.size and not (np.isfinite(scaled.min()) and np.isfinite(scaled.max())):
        raise EngineError(
            "The network's output holds values that are no numbers (NaN or infinity), where values "
            "in [0, 1] were expected; try again in float32 precision, or use other weights."
        )
    np.clip(scaled, 0.0, 1.0, out=scaled)
    scaled *= white
    scaled += 0.5
    return scaled.astype(dtype)


def eight_bit(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Round pixels to 8 bits, to show a 16-bit picture or write it in an 8-bit format.

    Parameters
    ----------
    pixels : ndarray of uint8 or uint16, any shape

    Returns
    -------
    ndarray of uint8, same shape
        `pixels` itself if it is 8-bit already.
    """
    if full_scale(pixels.dtype) == 255:
        return pixels.astype(np.uint8, copy=False)
    # 65535 / 255 is 257, an odd number, so no value lies halfway; and nothing here exceeds uint16.
    whole, rest = np.divmod(pixels, 257)
    whole += rest > 128
    return whole.astype(np.uint8)


def to_255(pixels: Pixels) -> npt.NDArray[np.float64]:
    """Return pixels as float64 in units of 0..255, whatever their bit depth."""
    return pixels / (full_scale(pixels.dtype) / 255.0)


def luma(rgb: Pixels) -> npt.NDArray[np.float64]:
    """Return the BT.601 studio-range luma of an RGB picture, as papers use for PSNR.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8 or uint16

    Returns
    -------
    (H, W) ndarray of float64
        In units of 0..255, not rounded: black is 16 and white is 235.

    Raises
    ------
    PictureError
        If `rgb` has another shape or dtype.

    References
    ----------
    Recommendation ITU-R BT.601-7, section 2.5; the same as MATLAB's ``rgb2ycbcr`` before rounding.
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3:
        raise PictureError(f"Luma needs an RGB picture of shape (H, W, 3); received {rgb.shape}.")
    return to_255(rgb) @ LUMA_WEIGHTS + _LUMA_BLACK


def shave(array: np.ndarray, border: int) -> np.ndarray:
    """Return `array` without `border` px on each of its four sides.

    Parameters
    ----------
    array : (H, W) or (H, W, C) ndarray
    border : int
        In px, 0 or more.

    Returns
    -------
    (H - 2 * border, W - 2 * border[, C]) view of `array`

    Raises
    ------
    MeasurementError
        If `border` is negative, or nothing would be left.
    """
    height, width = array.shape[:2]
    if border < 0 or min(height, width) <= 2 * border:
        raise MeasurementError(
            f"A border of {border} px cannot be shaved off each side of a picture of {height} x {width} px "
            f"(height x width): it must be 0 or more and leave at least one pixel."
        )
    return array[border : height - border, border : width - border]
