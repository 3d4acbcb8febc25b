"""From an opened file to colour and alpha planes: 8 bits through Pillow, 16 bits through OpenCV.

Pillow drops 16-bit colour to 8 bits, and clips 16-bit grey to white when it is converted. OpenCV reads 16
bits, but misreads some files without saying so; `headers` refuses those, and the rest is put right here.
"""

from typing import Any

import numpy as np
from PIL import ImageFile, TiffImagePlugin

from sr_core import headers, metadata
from sr_core.errors import UnreadablePictureError, UnsupportedPictureError
from sr_core.pixels import Pixels

_GREY_MODES = ("1", "L", "LA", "La")
_COLOUR_MODES = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "CMYK")
_PNG_GREY_TYPES = (0, 4)
_TIFF_PHOTOMETRIC, _TIFF_EXTRA_SAMPLES = 262, 338
_WHITE_IS_ZERO = 0
_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA = 1, 2
_OPAQUE = 65535

Split = tuple[Pixels, Pixels | None, bool]
"""(H, W, 3) RGB, (H, W) alpha or None, and whether the file is grey."""


def eight_bit(image: ImageFile.ImageFile) -> Split:
    """Decode a picture of at most 8 bits per channel.

    Raises
    ------
    UnsupportedPictureError
        If its pixels are no grey levels, colours or palette entries of 8 bits.
    """
    if image.mode not in _GREY_MODES + _COLOUR_MODES:
        raise UnsupportedPictureError(
            f"{image.format} pictures of this kind are not supported: save it as an RGB PNG; "
            f"received pixels of mode {image.mode!r}."
        )
    grey = image.mode in _GREY_MODES
    if image.mode == "CMYK":
        return _split(np.array(metadata.to_srgb(image, image.info.get("icc_profile"))), grey)
    target = ("L" if grey else "RGB") + ("A" if image.has_transparency_data else "")
    return _split(np.array(image if image.mode == target else image.convert(target)), grey)


def sixteen_bit_png(data: bytes, image: ImageFile.ImageFile) -> Split:
    """Decode a 16-bit PNG; `image` is the same file, opened by Pillow.

    Raises
    ------
    UnreadablePictureError
        If it is damaged.
    """
    array = _by_opencv(headers.bare_png(data))
    grey = data[25] in _PNG_GREY_TYPES
    transparent = image.info.get("transparency")
    if grey and array.ndim == 3:
        array = array[..., [0, -1]]  # OpenCV gives grey and alpha as four channels
    elif grey and isinstance(transparent, int):
        # OpenCV applies the transparent colour of an RGB picture, but not of a grey one.
        array = np.dstack([array, np.where(array == transparent, 0, _OPAQUE).astype(np.uint16)])
    return _split(array, grey)


def sixteen_bit_tiff(data: bytes, image: TiffImagePlugin.TiffImageFile) -> Split:
    """Decode a 16-bit TIFF of 1, 3 or 4 interleaved channels; `image` is the same file, opened by Pillow.

    Raises
    ------
    UnreadablePictureError
        If it is damaged.
    """
    array = _by_opencv(data)
    if image.tag_v2.get(_TIFF_PHOTOMETRIC) == _WHITE_IS_ZERO:
        array = _OPAQUE - array
    if array.ndim == 3 and array.shape[2] == 4:
        extra = image.tag_v2.get(_TIFF_EXTRA_SAMPLES, (0,))[0]
        if extra == _ASSOCIATED_ALPHA:
            array = _unpremultiplied(array)
        elif extra != _UNASSOCIATED_ALPHA:
            array = array[..., :3]
    return _split(array, grey=array.ndim == 2)


def _by_opencv(data: bytes) -> Pixels:
    """Return (H, W), (H, W, 3) or (H, W, 4) uint16, RGB."""
    # Imported here: it takes a tenth of a second, and few pictures have 16 bits.
    import cv2

    array: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16:
        raise UnreadablePictureError(
            "The 16-bit picture cannot be read: it is damaged or incomplete; save or download it again."
        )
    return array if array.ndim == 2 else array[..., [2, 1, 0, 3][: array.shape[2]]]  # BGR(A) -> RGB(A)


def _split(array: Pixels, grey: bool) -> Split:
    if array.ndim == 2:
        array = array[..., np.newaxis]
    alpha = np.ascontiguousarray(array[..., -1]) if array.shape[2] in (2, 4) else None
    colour = np.repeat(array[..., :1], 3, axis=2) if grey else np.ascontiguousarray(array[..., :3])
    return colour, alpha, grey


def _unpremultiplied(rgba: Pixels) -> Pixels:
    alpha = rgba[..., 3:].astype(np.uint64)
    colour = (rgba[..., :3] * np.uint64(_OPAQUE) + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate([np.minimum(colour, _OPAQUE).astype(np.uint16), rgba[..., 3:]], axis=2)
