"""A picture and everything that must survive its enlargement; bytes to `Picture`.

    decode (limits checked on the header, before pixels) -> Picture -> output.encode

A `Picture` knows its transparency, bit depth, colour profile and EXIF, because people who enlarge pictures
complain about nothing more often than about losing those.
"""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from sr_core import decoding, files
from sr_core.errors import PictureError, PictureTooLargeError
from sr_core.pixels import Pixels, full_scale

READABLE_EXTENSIONS = (".png", ".jpg", ".jpeg", ".webp", ".jfif", ".bmp", ".tif", ".tiff")
"""Extensions of files that are worth offering to `read`; what counts is what they hold."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted, checked before any pixel is decoded.

    Attributes
    ----------
    max_bytes : int
        Size of the file in bytes (100 MiB): several times what a 50-megapixel photo takes as JPEG.
    max_pixels : int
        Height times width, in px (50 megapixels): what today's full-frame cameras deliver, and 150 MiB
        once decoded.
    max_side : int
        Height and width, in px (30,000): long enough for panoramas.
    """

    max_bytes: int = 100 * 2**20
    max_pixels: int = 50_000_000
    max_side: int = 30_000


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture in memory.

    Attributes
    ----------
    pixels : (H, W, 3) ndarray of uint8 or uint16
        RGB, 0..255 or 0..65535. A grey picture carries three equal channels.
    alpha : (H, W) ndarray of the same dtype, or None
        Opacity: 0 is transparent. Not premultiplied into `pixels`.
    grey : bool
        One channel is written where the format has that.
    icc : bytes or None
        Colour profile, for RGB or for grey as `grey` says.
    exif : bytes or None
        TIFF-structured block without orientation (it has been applied) and without a thumbnail.

    Raises
    ------
    PictureError
        If the arrays do not fit this description.
    """

    pixels: Pixels
    alpha: Pixels | None = None
    grey: bool = False
    icc: bytes | None = None
    exif: bytes | None = None

    def __post_init__(self) -> None:
        shape = self.pixels.shape
        if len(shape) != 3 or shape[2] != 3 or self.pixels.size == 0:
            raise PictureError(f"A picture's pixels have the shape (H, W, 3); received {shape}.")
        full_scale(self.pixels.dtype)
        if self.alpha is not None and (
            self.alpha.shape != shape[:2] or self.alpha.dtype != self.pixels.dtype
        ):
            raise PictureError(
                f"A picture's alpha has the size and dtype of its pixels, {shape[:2]} {self.pixels.dtype}; "
                f"received {self.alpha.shape} {self.alpha.dtype}."
            )

    @property
    def height(self) -> int:
        """Height in px."""
        return self.pixels.shape[0]

    @property
    def width(self) -> int:
        """Width in px."""
        return self.pixels.shape[1]

    @property
    def bit_depth(self) -> int:
        """Bits per channel: 8 or 16."""
        return 8 * self.pixels.itemsize

    def with_pixels(self, pixels: Pixels, alpha: Pixels | None = None) -> "Picture":
        """Return a picture of other pixels that keeps this one's greyness, colour profile and EXIF.

        Parameters
        ----------
        pixels : (H, W, 3) ndarray of uint8 or uint16
            Of any size. Where this picture is grey, the mean of the three channels is taken: a network that
            was trained on colour leaves a faint tint.
        alpha : (H, W) ndarray of the same dtype, or None
        """
        if self.grey and pixels.ndim == 3:
            total = pixels.sum(axis=2, dtype=np.uint32)
            total += 1  # rounds to nearest, since a third never lies halfway
            total //= 3
            pixels = np.repeat(total.astype(pixels.dtype)[..., np.newaxis], 3, axis=2)
        return replace(self, pixels=pixels, alpha=alpha)


def decode(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Decode a PNG, JPEG, WebP, BMP or TIFF file.

    EXIF orientation is applied. CMYK becomes sRGB. 16-bit pictures keep their 16 bits.

    Parameters
    ----------
    data : bytes
        The whole file. Its format is told by its first bytes.
    limits : Limits

    Returns
    -------
    Picture

    Raises
    ------
    UnreadablePictureError
        If the bytes are no such file, or are damaged.
    UnsupportedPictureError
        If the picture is animated, has several pages, or holds floating-point or other refused pixels.
    PictureTooLargeError
        If it is over one of the limits.
    """
    files.check_size(len(data), limits.max_bytes)
    source = decoding.open_header(data)
    height, width = source.height, source.width
    if height * width > limits.max_pixels or max(height, width) > limits.max_side:
        raise PictureTooLargeError(
            f"The picture is too large: at most {limits.max_pixels / 1e6:g} megapixels, and "
            f"{limits.max_side:,} px on each side, are accepted; reduce or crop it; received "
            f"{height:,} x {width:,} px (height x width), {height * width / 1e6:,.1f} megapixels."
        )
    return Picture(*source.load())


def read(path: str | Path, *, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Read a picture file; see `decode`.

    Raises
    ------
    PictureError
        As `decode` does, and if the file cannot be opened.
    """
    return decode(files.read_bytes(Path(path), max_bytes=limits.max_bytes), limits=limits)
