"""A picture in memory, and everything that must survive its enlargement.

A `Picture` keeps its transparency, bit depth, colour profile and EXIF: losing them is among the most frequent
complaints about upscalers.
"""

from dataclasses import dataclass, replace

import numpy as np

from sr_core.errors import PictureError
from sr_core.pixels import Pixels, full_scale

Chunks = tuple[tuple[bytes, bytes], ...]
"""PNG chunks: name and body."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """The metadata of a picture besides EXIF.

    Attributes
    ----------
    resolution : (horizontal, vertical) or None
        In px per inch. An enlarged picture keeps it, and so prints larger.
    xmp : bytes or None
        An XMP packet.
    iptc : bytes or None
        IPTC-IIM records.
    texts : tuple of (name, body)
        PNG text chunks, except those that hold XMP or IPTC. The comment of a JPEG is stored as one.
    left_out : tuple of str
        A message for each part of the file that was not read, such as a gain map.
    """

    resolution: tuple[float, float] | None = None
    xmp: bytes | None = None
    iptc: bytes | None = None
    texts: Chunks = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Compression:
    """How lossily a file was compressed.

    Attributes
    ----------
    format : str
        Display name: JPEG or WebP.
    quality : int
        1 to 100: the setting at which common programs quantise as coarsely.
    """

    format: str
    quality: int

    def __str__(self) -> str:
        return f"{self.format}, quality about {self.quality}"


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """An upright picture in memory.

    Attributes
    ----------
    pixels : (H, W, 3) ndarray of uint8 or uint16
        RGB, 0..255 or 0..65535. A grey picture has three equal channels.
    alpha : (H, W) ndarray of the same dtype, or None
        Opacity: 0 is transparent. Not premultiplied into `pixels`.
    grey : bool
        Written as one channel if the format allows it.
    icc : bytes or None
        Colour profile: for RGB or, if `grey`, for RGB or grey. A grey picture with an RGB profile is written
        in three channels.
    exif : bytes or None
        TIFF-structured block without orientation (it has been applied) and without a thumbnail.
    colour_chunks : tuple of (name, body)
        PNG chunks that describe colours besides a profile: cICP, sRGB, gAMA, cHRM and the like.
    metadata : Metadata
    compression : Compression or None
        Of the file that it was decoded from; None if that is lossless.

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
    colour_chunks: Chunks = ()
    metadata: Metadata = Metadata()
    compression: Compression | None = None

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
        """Return a picture with other pixels that keeps the greyness, colours and metadata of this one.

        Parameters
        ----------
        pixels : (H, W, 3) ndarray of uint8 or uint16
            Of any size. If this picture is grey, the three channels are averaged: a network trained on colour
            leaves a faint tint.
        alpha : (H, W) ndarray of the same dtype, or None
        """
        if self.grey and pixels.ndim == 3:
            total = pixels.sum(axis=2, dtype=np.uint32)
            total += 1  # rounds to nearest, since a third never lies halfway
            total //= 3
            pixels = np.repeat(total.astype(pixels.dtype)[..., np.newaxis], 3, axis=2)
        return replace(self, pixels=pixels, alpha=alpha)
