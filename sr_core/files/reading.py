"""Decodes files to `Picture`, or refuses them.

    decode: open_header (limits checked before pixels) -> Source.load -> Picture

Uploads are treated as hostile: the format is recognised by the first bytes and never by the name, and only
its decoder sees the file.

Pillow's plugin classes are used directly. `Image.open` would check sizes against `Image.MAX_IMAGE_PIXELS`,
which is process-wide, and warn through `warnings`, which is not thread-safe either.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType

from PIL import Image

from sr_core.errors import (
    PictureTooLargeError,
    SuperResError,
    UnreadablePictureError,
    UnsupportedPictureError,
)
from sr_core.files import avif, bmp, formats, heic, icc, jpeg, planes, png, storage, tiff, webp
from sr_core.files.planes import Opened
from sr_core.picture import Compression, Picture

_MODULES: Mapping[str, ModuleType] = MappingProxyType(
    {"png": png, "jpeg": jpeg, "webp": webp, "avif": avif, "heic": heic, "bmp": bmp, "tiff": tiff}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Limits on pictures, checked before any pixel is decoded.

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
class Source:
    """A picture file whose header has been read, but not its pixels.

    Attributes
    ----------
    format : str
        Its key in `formats.FORMATS`.
    height, width : int
        In px, as stored: before the orientation is applied.
    """

    format: str
    height: int
    width: int
    _opened: Opened

    def load(self) -> Picture:
        """Decode the pixels, turned upright, and the metadata.

        Raises
        ------
        UnreadablePictureError
            If the file is damaged.
        UnsupportedPictureError
            If this kind of picture is refused.
        """
        module = _MODULES[self.format]
        with _clear_errors(self.format):
            colour, alpha, grey = module.decode(self._opened)
            # After the pixels, because PNG may store metadata after them.
            orientation, block = module.exif_of(self._opened)
            profile = icc.icc_for(self._opened.image.info.get("icc_profile"), grey=grey)
            own = module.metadata_of(self._opened)
            chunks = module.colour_chunks(self._opened) if hasattr(module, "colour_chunks") else ()
            compression = self._compression()
        if alpha is not None:
            alpha = planes.upright(alpha, orientation)
        pixels = planes.upright(colour, orientation)
        return Picture(pixels, alpha, grey, profile, block, chunks, own, compression)

    def _compression(self) -> Compression | None:
        if self.format not in ("jpeg", "webp"):
            return None
        quality = _MODULES[self.format].quality_of(self._opened)
        return None if quality is None else Compression(formats.FORMATS[self.format].name, quality)


def decode(data: bytes, *, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Decode a file of one of the formats in `sr_core.files.formats`.

    EXIF orientation is applied. CMYK becomes sRGB. 16-bit pictures keep their 16 bits.

    Parameters
    ----------
    data : bytes
        The whole file. Its format is recognised by its first bytes.
    limits : Limits

    Returns
    -------
    Picture

    Raises
    ------
    UnreadablePictureError
        If the bytes are not a picture, or are damaged.
    UnsupportedPictureError
        If the picture is animated, has several pages, or holds floating-point or other refused pixels.
    PictureTooLargeError
        If it is over one of the limits.
    """
    storage.check_size(len(data), limits.max_bytes)
    source = open_header(data)
    height, width = source.height, source.width
    if height * width > limits.max_pixels or max(height, width) > limits.max_side:
        raise PictureTooLargeError(
            f"The picture is too large: at most {limits.max_pixels / 1e6:g} megapixels, and "
            f"{limits.max_side:,} px on each side, are accepted; reduce or crop it; received "
            f"{height:,} x {width:,} px (height x width), {height * width / 1e6:,.1f} megapixels."
        )
    return source.load()


def read(path: str | Path, *, limits: Limits = DEFAULT_LIMITS) -> Picture:
    """Read a picture file; see `decode`.

    Raises
    ------
    PictureError
        As `decode` does, and if the file cannot be opened.
    """
    return decode(storage.read_bytes(Path(path), max_bytes=limits.max_bytes), limits=limits)


def open_header(data: bytes) -> Source:
    """Read a picture's header.

    Parameters
    ----------
    data : bytes
        The whole file, in one of the formats that can be read.

    Raises
    ------
    UnreadablePictureError
        If the bytes are not a picture, or are damaged.
    UnsupportedPictureError
        If this kind of picture is refused: animated, several pages, floating-point, ...
    """
    key = formats.format_of(data)
    with _clear_errors(key):
        opened: Opened = _MODULES[key].probe(data)
        # Further pictures in a HEIC file are reported as left out; phones show the first one.
        if key != "heic" and getattr(opened.image, "is_animated", False):
            raise UnsupportedPictureError(
                f"The {formats.FORMATS[key].name} file holds an animation or several pages, where a single "
                f"picture was expected; save one of them as PNG."
            )
    return Source(key, opened.image.height, opened.image.width, opened)


@contextmanager
def _clear_errors(key: str) -> Iterator[None]:
    """Turn whatever a decoder raises into a `PictureError` with a clear message."""
    file_format = formats.FORMATS[key].name
    try:
        yield
    except SuperResError:
        raise
    except (MemoryError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise PictureTooLargeError(
            f"The {file_format} picture is too large to be decoded in memory; reduce or crop it."
        ) from error
    except Exception as error:  # Damaged bytes make decoders raise almost anything.
        raise UnreadablePictureError(
            f"The {file_format} picture cannot be read: it is damaged, incomplete, or carries oversized "
            f"hidden data; save or download it again."
        ) from error
