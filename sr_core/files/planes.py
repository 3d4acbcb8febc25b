"""Converts colour and alpha planes between the libraries' pictures and ours.

Pillow reduces 16-bit colour to 8 bits, and clips 16-bit grey to white when it converts it. OpenCV reads 16
bits, but silently misreads some files; the modules of the formats refuse or correct those.
"""

from io import BytesIO
from typing import Any, NamedTuple

import numpy as np
from PIL import Image, ImageFile

from sr_core.errors import UnreadablePictureError, UnsupportedPictureError
from sr_core.files import exif, icc
from sr_core.picture import Picture
from sr_core.pixels import Pixels
from sr_core.pixels import eight_bit as eight_bits

_GREY_MODES = ("1", "L", "LA", "La")
_COLOUR_MODES = ("P", "PA", "RGB", "RGBA", "RGBa", "RGBX", "YCbCr", "CMYK")

_WHITE = 65535

Split = tuple[Pixels, Pixels | None, bool]
"""(H, W, 3) RGB, (H, W) alpha or None, and whether the picture is grey."""


class Opened(NamedTuple):
    """A file whose header was read, but not its pixels: the bytes, and Pillow's image.

    `left_out` holds messages about parts of the file that are not read.
    """

    data: bytes
    image: ImageFile.ImageFile
    sixteen_bit: bool = False
    orientation: int = 1
    left_out: tuple[str, ...] = ()


def eight_bit(image: ImageFile.ImageFile) -> Split:
    """Decode a picture of at most 8 bits per channel.

    Raises
    ------
    UnsupportedPictureError
        If its pixels are not grey levels, colours or palette entries of 8 bits.
    """
    if image.mode not in _GREY_MODES + _COLOUR_MODES:
        raise UnsupportedPictureError(
            f"{image.format} pictures of this kind are not supported: save it as an RGB PNG; "
            f"received pixels of mode {image.mode!r}."
        )
    grey = image.mode in _GREY_MODES
    if image.mode == "CMYK":
        return split(np.array(icc.to_srgb(image, image.info.get("icc_profile"))), grey)
    target = ("L" if grey else "RGB") + ("A" if image.has_transparency_data else "")
    return split(np.array(image if image.mode == target else image.convert(target)), grey)


def by_opencv(data: bytes) -> Pixels:
    """Decode 16-bit pixels; return (H, W), (H, W, 3) or (H, W, 4) uint16, RGB."""
    # Imported here: it takes a tenth of a second, and few pictures have 16 bits.
    import cv2

    array: Any = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    if array is None or array.dtype != np.uint16:
        raise UnreadablePictureError(
            "The 16-bit picture cannot be read: it is damaged or incomplete; save or download it again."
        )
    return array if array.ndim == 2 else array[..., [2, 1, 0, 3][: array.shape[2]]]  # BGR(A) -> RGB(A)


def widened(array: np.ndarray, depth: int) -> Pixels:
    """Scale levels of `depth` bits, 9 to 15, to 16 bits: white stays white."""
    white = 2**depth - 1
    wide = np.minimum(array, white).astype(np.uint32)
    wide *= _WHITE
    wide += white // 2
    wide //= white
    return wide.astype(np.uint16)


def split(array: Pixels, grey: bool) -> Split:
    """Split (H, W) or (H, W, C), grey or RGB, into its planes; the last is alpha if C is 2 or 4."""
    if array.ndim == 2:
        array = array[..., np.newaxis]
    alpha = np.ascontiguousarray(array[..., -1]) if array.shape[2] in (2, 4) else None
    colour = np.repeat(array[..., :1], 3, axis=2) if grey else np.ascontiguousarray(array[..., :3])
    return colour, alpha, grey


def upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation.

    Parameters
    ----------
    array : (H, W) or (H, W, C) ndarray
    orientation : int
        1 to 8, as in section 4.6.4 of the EXIF 2.3 standard.

    Returns
    -------
    (H, W[, C]) or, for 5 to 8, (W, H[, C]) contiguous ndarray
    """
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    # After the swap, 5 to 8 mirror rows and columns in a different order.
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def written(picture: Picture) -> Pixels:
    """Return (H, W, 1) or (H, W, 3): one channel for a grey picture, unless it has an RGB profile."""
    one = picture.grey and (picture.icc is None or icc.colour_space(picture.icc) == "GRAY")
    return picture.pixels[..., :1] if one else picture.pixels


def image(picture: Picture) -> Image.Image:
    """Return an 8-bit image of mode "L", "LA", "RGB" or "RGBA"."""
    colour = written(picture)
    channels = eight_bits(colour if picture.alpha is None else np.dstack([colour, picture.alpha]))
    return Image.fromarray(channels.squeeze(axis=2) if channels.shape[2] == 1 else channels)


def saved(image: Image.Image, name: str, picture: Picture, **options: Any) -> bytes:
    """Encode an image with Pillow, including the profile and EXIF of `picture`."""
    block = exif.PREFIX + picture.exif if picture.exif else b""
    stream = BytesIO()
    image.save(stream, name, icc_profile=picture.icc, exif=block, **options)
    return stream.getvalue()
