"""BMP: read by Pillow."""

import struct
from io import BytesIO

from PIL import BmpImagePlugin

from sr_core.errors import UnsupportedPictureError
from sr_core.files import metadata, planes
from sr_core.files.planes import Opened, Split
from sr_core.picture import Metadata

_RUN_LENGTH = (1, 2)


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`.

    Raises
    ------
    UnsupportedPictureError
    Exception
        Any other exception, if the file is damaged.
    """
    _check(data)
    return Opened(data, BmpImagePlugin.BmpImageFile(BytesIO(data)))


def decode(opened: Opened) -> Split:
    """Decode the pixels."""
    return planes.eight_bit(opened.image)


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return that the picture is upright and has no EXIF block: the format has none."""
    return 1, None


def metadata_of(opened: Opened) -> Metadata:
    """Return the metadata."""
    return Metadata(metadata.resolution(*opened.image.info.get("dpi", (0, 0))))


def _check(data: bytes) -> None:
    """Refuse run-length compression, which Pillow decodes in Python, too slowly for large pictures.

    Raises
    ------
    UnsupportedPictureError
    struct.error
        If the file is damaged.
    """
    header_bytes, *_, compression = struct.unpack_from("<IiiHHI", data, 14)
    if header_bytes >= 40 and compression in _RUN_LENGTH:
        raise UnsupportedPictureError("Compressed BMP pictures are not supported; save it as PNG.")
