"""Bytes to `Picture`: which picture files are read, and which are refused.

    decode: open_header (limits checked before pixels) -> Source.load -> Picture

Uploads are hostile until shown otherwise: the format is told by the first bytes and never by a name, and only
that one decoder ever sees the file.

Pillow's plugin classes are used directly. `Image.open` would check sizes against `Image.MAX_IMAGE_PIXELS`,
which is one number for the whole process, and warn through `warnings`, which is not thread-safe either.
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
class Source:
    """A picture file whose header has been read, and whose pixels have not.

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
        """Decode the pixels, upright, and the metadata.

        Raises
        ------
        UnreadablePictureError
            If the file is damaged.
        UnsupportedPictureError
            If it holds a kind of picture that is refused.
        """
        module = _MODULES[self.format]
        with _explained(self.format):
            colour, alpha, grey = module.decode(self._opened)
            # After the pixels, since PNG may store metadata behind them.
            orientation, block = module.exif_of(self._opened)
            profile = icc.icc_for(self._opened.image.info.get("icc_profile"), grey=grey)
            said = module.metadata_of(self._opened)
            chunks = module.colour_chunks(self._opened) if hasattr(module, "colour_chunks") else ()
            compression = self._compression()
        if alpha is not None:
            alpha = planes.upright(alpha, orientation)
        pixels = planes.upright(colour, orientation)
        return Picture(pixels, alpha, grey, profile, block, chunks, said, compression)

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
        A whole file of one of the formats that are read.

    Raises
    ------
    UnreadablePictureError
        If the bytes are no such file, or are damaged.
    UnsupportedPictureError
        If it is another kind of picture: animated, of several pages, floating-point, ...
    """
    key = formats.format_of(data)
    with _explained(key):
        opened: Opened = _MODULES[key].probe(data)
        # Further pictures of a HEIC file are named; its first one is what phones show.
        if key != "heic" and getattr(opened.image, "is_animated", False):
            raise UnsupportedPictureError(
                f"The {formats.FORMATS[key].name} file holds an animation or several pages, where a single "
                f"picture was expected; save one of them as PNG."
            )
    return Source(key, opened.image.height, opened.image.width, opened)


@contextmanager
def _explained(key: str) -> Iterator[None]:
    """Turn whatever a decoder raises into one clear sentence."""
    file_format = formats.FORMATS[key].name
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
