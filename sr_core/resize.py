"""Antialiased bicubic resizing: makes LR pictures, and the baseline that a network must beat.

Pillow's bicubic has a = -0.5 and widens its kernel when it reduces, as MATLAB's ``imresize`` does, so
published numbers are comparable with ours. OpenCV's (a = -0.75, no antialiasing) is no substitute.
"""

import numpy as np
import numpy.typing as npt
from PIL import Image

from sr_core.errors import MeasurementError, OptionError, PictureError
from sr_core.pixels import Pixels, full_scale, to_integer, to_unit

_BAND = 512  # columns


def bicubic(pixels: Pixels, height: int, width: int) -> Pixels:
    """Resize a picture to `height` x `width` px with antialiased bicubic interpolation (a = -0.5).

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) ndarray of uint8 or uint16
    height, width : int
        Size of the result in px, 1 or more.

    Returns
    -------
    (height, width) or (height, width, 3) ndarray of the same dtype

    Raises
    ------
    OptionError
        If the requested size is not positive.
    PictureError
        If `pixels` has another shape or dtype.

    References
    ----------
    R. Keys, "Cubic convolution interpolation for digital image processing", IEEE TASSP, 1981.
    """
    if height < 1 or width < 1:
        raise OptionError(f"A picture must be at least 1 x 1 px; received {height} x {width}.")
    if (pixels.ndim != 2 and (pixels.ndim != 3 or pixels.shape[2] != 3)) or pixels.size == 0:
        raise PictureError(f"A picture of shape (H, W) or (H, W, 3) was expected; received {pixels.shape}.")
    if pixels.shape[:2] == (height, width):
        return pixels.copy()
    if full_scale(pixels.dtype) == 255:
        return _resize(pixels, height, width)
    if pixels.ndim == 2:
        return _sixteen_bit(pixels, height, width)
    # Pillow has no 16-bit RGB: each channel is resized separately, in its float mode.
    return np.stack([_sixteen_bit(pixels[..., c], height, width) for c in range(3)], axis=-1)


def plane(values: npt.NDArray[np.float32], height: int, width: int) -> npt.NDArray[np.float32]:
    """Resize one plane of floats as `bicubic` does, without rounding or clipping.

    Parameters
    ----------
    values : (H, W) ndarray of float32
    height, width : int
        Size of the result in px, 1 or more.

    Returns
    -------
    (height, width) ndarray of float32
        It may exceed the range of `values` at edges, because the filter overshoots.
    """
    return _resize(values, height, width)


def upscale(pixels: Pixels, scale: int) -> Pixels:
    """Enlarge a picture `scale` times with bicubic interpolation.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) ndarray of uint8 or uint16
    scale : int
        1 or more.

    Returns
    -------
    (H * scale, W * scale[, 3]) ndarray of the same dtype

    Raises
    ------
    OptionError
        If `scale` is not a positive integer.
    """
    _check_scale(scale)
    height, width = pixels.shape[:2]
    return bicubic(pixels, height * scale, width * scale)


def downscale(pixels: Pixels, scale: int) -> Pixels:
    """Make the LR picture of an HR picture: `scale` times smaller, antialiased bicubic.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) ndarray of uint8 or uint16
        Height and width must be multiples of `scale`; see `crop_to_multiple`.
    scale : int
        1 or more.

    Returns
    -------
    (H / scale, W / scale[, 3]) ndarray of the same dtype

    Raises
    ------
    MeasurementError
        If a side is not a multiple of `scale`: LR and HR would not lie on the same grid.
    OptionError
        If `scale` is not a positive integer.
    """
    _check_scale(scale)
    height, width = pixels.shape[:2]
    if height % scale or width % scale:
        raise MeasurementError(
            f"To be reduced {scale} times, a picture's height and width must be multiples of {scale}; "
            f"crop it first; received {height} x {width} px (height x width)."
        )
    return bicubic(pixels, height // scale, width // scale)


def crop_to_multiple(pixels: Pixels, scale: int) -> Pixels:
    """Cut rows at the bottom and columns at the right until both sides are multiples of `scale`.

    Parameters
    ----------
    pixels : (H, W) or (H, W, 3) ndarray
    scale : int
        1 or more.

    Returns
    -------
    (H - H % scale, W - W % scale[, 3]) view of `pixels`

    Raises
    ------
    MeasurementError
        If a side is shorter than `scale`, so that nothing would be left.
    OptionError
        If `scale` is not a positive integer.
    """
    _check_scale(scale)
    height, width = pixels.shape[:2]
    if min(height, width) < scale:
        raise MeasurementError(
            f"A picture must be at least {scale} px high and wide to be reduced {scale} times; "
            f"received {height} x {width} px (height x width)."
        )
    return pixels[: height - height % scale, : width - width % scale]


def _check_scale(scale: int) -> None:
    if not isinstance(scale, (int, np.integer)) or scale < 1:
        raise OptionError(f"A scale must be a whole number, 1 or more; received {scale!r}.")


def _resize(pixels: np.ndarray, height: int, width: int) -> np.ndarray:
    if height < pixels.shape[0] or width < pixels.shape[1]:
        return np.array(Image.fromarray(pixels).resize((width, height), Image.Resampling.BICUBIC))
    # Height is enlarged in bands of columns to save memory: Pillow takes 4 bytes per px, and converting its
    # picture to an array copies it.
    wide = Image.fromarray(pixels).resize((width, pixels.shape[0]), Image.Resampling.BICUBIC)
    result = np.empty((height, width, *pixels.shape[2:]), pixels.dtype)
    for left in range(0, width, _BAND):
        right = min(left + _BAND, width)
        band = wide.crop((left, 0, right, wide.height))
        result[:, left:right] = band.resize((right - left, height), Image.Resampling.BICUBIC)
    return result


def _sixteen_bit(channel: Pixels, height: int, width: int) -> Pixels:
    # Bicubic overshoots at edges; to_integer clips that.
    return to_integer(plane(to_unit(channel), height, width), np.uint16)
