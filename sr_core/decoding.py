"""Bytes to pixels: which picture files are read, and which are refused.

Reading has two steps, so that the caller can judge a picture by its header before any pixel is decoded:
`open_header`, then `Source.load`. Uploads are hostile until shown otherwise: the format is told by the first
bytes and never by a name, and only that one decoder ever sees the file.

Pillow's plugin classes are used directly. `Image.open` would check sizes against `Image.MAX_IMAGE_PIXELS`,
which is one number for the whole process, and warn through `warnings`, which is not thread-safe either.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from typing import NamedTuple

from PIL import (
    BmpImagePlugin,
    Image,
    ImageFile,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    WebPImagePlugin,
)

from sr_core import exif, headers, metadata, planes
from sr_core.errors import (
    PictureTooLargeError,
    SuperResError,
    UnreadablePictureError,
    UnsupportedPictureError,
)
from sr_core.pixels import Pixels

_PLUGINS: dict[str, type[ImageFile.ImageFile]] = {
    "PNG": PngImagePlugin.PngImageFile,
    "JPEG": JpegImagePlugin.JpegImageFile,
    "WebP": WebPImagePlugin.WebPImageFile,
    "BMP": BmpImagePlugin.BmpImageFile,
    "TIFF": TiffImagePlugin.TiffImageFile,
}


class Planes(NamedTuple):
    """A decoded picture: what `sr_core.picture.Picture` is made of, in its order."""

    pixels: Pixels
    alpha: Pixels | None
    grey: bool
    icc: bytes | None
    exif: bytes | None


@dataclass(frozen=True, slots=True, eq=False)
class Source:
    """A picture file whose header has been read, and whose pixels have not.

    Attributes
    ----------
    file_format : str
        "PNG", "JPEG", "WebP", "BMP" or "TIFF".
    height, width : int
        In px, as stored: before the orientation is applied.
    """

    file_format: str
    height: int
    width: int
    _data: bytes
    _image: ImageFile.ImageFile
    _sixteen_bit: bool
    _tiff_orientation: int

    def load(self) -> Planes:
        """Decode the pixels, upright, and the metadata.

        Raises
        ------
        UnreadablePictureError
            If the file is damaged.
        UnsupportedPictureError
            If it holds a kind of picture that is refused.
        """
        with _explained(self.file_format):
            colour, alpha, grey = self._split()
            # After the pixels, since PNG may store metadata behind them.
            orientation, block = self._metadata()
            icc = metadata.icc_for(self._image.info.get("icc_profile"), grey=grey)
        if alpha is not None:
            alpha = metadata.upright(alpha, orientation)
        return Planes(metadata.upright(colour, orientation), alpha, grey, icc, block)

    def _split(self) -> planes.Split:
        if not self._sixteen_bit:
            return planes.eight_bit(self._image)
        if isinstance(self._image, TiffImagePlugin.TiffImageFile):
            return planes.sixteen_bit_tiff(self._data, self._image)
        return planes.sixteen_bit_png(self._data, self._image)

    def _metadata(self) -> tuple[int, bytes | None]:
        if self.file_format == "TIFF":
            return self._tiff_orientation, exif.of_tiff(self._data)
        block = self._image.info.get("exif")
        if self.file_format == "PNG":
            # Pillow reads what follows the pixels only if it has decoded them itself.
            block = block or headers.png_chunk(self._data, b"eXIf")
        return exif.take(block)


def open_header(data: bytes) -> Source:
    """Read a picture's header.

    Parameters
    ----------
    data : bytes
        A whole PNG, JPEG, WebP, BMP or TIFF file.

    Raises
    ------
    UnreadablePictureError
        If the bytes are no such file, or are damaged.
    UnsupportedPictureError
        If it is another kind of picture: animated, of several pages, floating-point, ...
    """
    file_format = headers.format_of(data)
    orientation, sixteen_bit = 1, False
    with _explained(file_format):
        if file_format == "TIFF":
            sixteen_bit = headers.check_tiff(data)
            # Pillow and OpenCV each turn a TIFF by themselves; so they are given one that needs no turning.
            orientation, data = exif.take_orientation(data)
        elif file_format == "PNG":
            sixteen_bit = headers.check_png(data)
        elif file_format == "JPEG":
            headers.check_jpeg(data)
        elif file_format == "BMP":
            headers.check_bmp(data)
        image = _PLUGINS[file_format](BytesIO(data))
        if file_format == "PNG" and image.mode == "L" and "transparency" in image.info:
            # Pillow widens grey levels of 2 and 4 bits to 8, but not the transparent one.
            image.info["transparency"] *= 255 // (2 ** data[24] - 1)
        if getattr(image, "is_animated", False):
            raise UnsupportedPictureError(
                f"The {file_format} file holds an animation or several pages, where a single picture was "
                f"expected; save one of them as PNG."
            )
    return Source(file_format, image.height, image.width, data, image, sixteen_bit, orientation)


@contextmanager
def _explained(file_format: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one clear sentence."""
    try:
        yield
    except SuperResError:
        raise
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLargeError(
            f"The {file_format} picture is too large to be decoded in memory; reduce or crop it."
        ) from error
    except Exception as error:  # Decoders fed with damaged bytes raise almost anything.
        raise UnreadablePictureError(
            f"The {file_format} picture cannot be read: it is damaged, incomplete, or carries oversized "
            f"hidden data; save or download it again."
        ) from error
