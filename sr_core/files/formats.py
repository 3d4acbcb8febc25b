"""The one table of picture formats: names, extensions, MIME types and limits.

What is read is told by the first bytes of a file, never by its name.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, get_args

from sr_core.errors import SuperResError, UnreadablePictureError, UnsupportedPictureError

Format = Literal["png", "jpeg", "webp"]

WRITTEN: tuple[Format, ...] = get_args(Format)
"""The formats that can be written."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format that is read, and perhaps written.

    Attributes
    ----------
    name : str
        What people call it.
    extensions : tuple of str
        In lower case, with the dot; the first one is written.
    mime : str
    max_side : int or None
        Of a written file, in px.
    max_exif : int or None
        Of a written file, in bytes.
    """

    name: str
    extensions: tuple[str, ...]
    mime: str
    max_side: int | None = None
    max_exif: int | None = None


FORMATS: Mapping[str, FileFormat] = MappingProxyType(
    {
        "png": FileFormat("PNG", (".png",), "image/png"),
        # libjpeg's limit; and an APP1 segment holds 65,533 bytes, six of which say "Exif".
        "jpeg": FileFormat("JPEG", (".jpg", ".jpeg", ".jfif"), "image/jpeg", 65_500, 65_527),
        "webp": FileFormat("WebP", (".webp",), "image/webp", 16_383),
        "bmp": FileFormat("BMP", (".bmp",), "image/bmp"),
        "tiff": FileFormat("TIFF", (".tif", ".tiff"), "image/tiff"),
    }
)
"""All formats by key."""

READABLE_EXTENSIONS: tuple[str, ...] = tuple(e for kind in FORMATS.values() for e in kind.extensions)
"""Extensions of files that are worth offering to `read`; what counts is what they hold."""

WRITTEN_EXTENSIONS: Mapping[str, Format] = MappingProxyType(
    {extension: key for key in WRITTEN for extension in FORMATS[key].extensions}
)
"""The format that each file extension is written in."""

_EXPECTED = "PNG, JPEG, WebP, BMP or TIFF was expected"


def format_of(data: bytes) -> str:
    """Return the key in `FORMATS` of what a file holds.

    Raises
    ------
    UnreadablePictureError, UnsupportedPictureError
        If it is none of them; common formats that are not supported are called by their name.
    """
    if not data:
        raise UnreadablePictureError("The file is empty, where a picture was expected; choose another file.")
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "png"
    if data.startswith(b"\xff\xd8\xff"):
        return "jpeg"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    if data.startswith(b"BM"):
        return "bmp"
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return "tiff"
    raise _refusal(data)


def _refusal(data: bytes) -> SuperResError:
    if data.startswith((b"GIF87a", b"GIF89a")):
        return UnsupportedPictureError(
            f"GIF pictures, animated or not, are not supported: {_EXPECTED}; save it as PNG."
        )
    if data[4:8] == b"ftyp":
        return UnsupportedPictureError(
            f"HEIC and AVIF pictures are not supported: {_EXPECTED}; save it as JPEG or PNG."
        )
    if data.startswith((b"II+\x00", b"MM\x00+")):
        return UnsupportedPictureError(
            f"BigTIFF pictures are not supported: {_EXPECTED}; save it as an ordinary TIFF."
        )
    return UnreadablePictureError(
        f"The file is not a picture that can be read: {_EXPECTED}; "
        f"received {len(data):,} bytes of something else."
    )
