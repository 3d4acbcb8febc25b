"""The one table of picture formats: names, extensions, MIME types, limits, and what each keeps.

What is read is told by the first bytes of a file, never by its name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from sr_core.errors import SuperResError, UnreadablePictureError, UnsupportedPictureError

Format = Literal["png", "jpeg", "webp"]

WRITTEN: tuple[Format, ...] = get_args(Format)
"""The formats that can be written."""


Kind = Literal[
    "bit depth", "alpha", "profile", "colour chunks", "resolution", "EXIF", "XMP", "IPTC", "texts", "pages"
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a picture file may hold beside 8-bit pixels."""


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
    reads, writes : mapping
        What becomes of each kind of content: its first word is kept, converted, lost or refused. A kind that
        is missing has no place in the format: it is never read, and lost when written.
    max_side : int or None
        Of a written file, in px.
    max_bytes : mapping
        Of a kind in a written file; more is lost, or for EXIF refused.
    """

    name: str
    extensions: tuple[str, ...]
    mime: str
    reads: Mapping[Kind, str]
    writes: Mapping[Kind, str] = field(default_factory=lambda: MappingProxyType({}))
    max_side: int | None = None
    max_bytes: Mapping[Kind, int] = field(default_factory=lambda: MappingProxyType({}))

    def keeps(self, kind: Kind) -> bool:
        """Whether a written file has a place for that kind."""
        return not self.writes.get(kind, "lost").startswith("lost")

    def limit(self, kind: Kind) -> float:
        """Return how many bytes of that kind a written file holds."""
        return self.max_bytes.get(kind, math.inf)


_SEGMENT = 65_533  # bytes that a segment of a JPEG holds


def _kept(*kinds: Kind) -> dict[Kind, str]:
    return dict.fromkeys(kinds, "kept")


FORMATS: Mapping[str, FileFormat] = MappingProxyType(
    {
        "png": FileFormat(
            "PNG",
            (".png",),
            "image/png",
            reads={
                "bit depth": "kept: 1, 2, 4 and 8 as 8; 16",
                "alpha": "kept, also of a palette or one transparent colour",
                **_kept("profile", "colour chunks", "resolution", "EXIF", "XMP", "IPTC", "texts"),
                "pages": "refused (APNG)",
            },
            writes={
                "bit depth": "kept: 8 or 16",
                **_kept("alpha", "profile", "colour chunks", "resolution", "EXIF", "XMP", "texts"),
                "IPTC": "kept, as ImageMagick does",
            },
        ),
        "jpeg": FileFormat(
            "JPEG",
            (".jpg", ".jpeg", ".jfif"),
            "image/jpeg",
            reads={
                "bit depth": "kept: 8; CMYK is converted to sRGB",
                **_kept("profile", "resolution", "EXIF", "XMP", "IPTC"),
                "texts": "kept: the comment",
                "pages": "lost, named: gain maps, depth maps, the video of motion photos",
            },
            writes={
                "bit depth": "converted: rounded to 8",
                "alpha": "converted: laid on white",
                "colour chunks": "converted to a profile; HDR is lost",
                **_kept("profile", "resolution", "EXIF", "XMP", "IPTC"),
                "texts": "lost, but for the comment",
            },
            max_side=65_500,  # libjpeg's
            # Behind the words that tell a segment's kind, and for IPTC the head of Photoshop's resource.
            max_bytes={
                "EXIF": _SEGMENT - len(b"Exif\x00\x00"),
                "XMP": _SEGMENT - len(b"http://ns.adobe.com/xap/1.0/\x00"),
                "IPTC": _SEGMENT - len(b"Photoshop 3.0\x00") - 13,
                "texts": _SEGMENT,
            },
        ),
        "webp": FileFormat(
            "WebP",
            (".webp",),
            "image/webp",
            reads={
                "bit depth": "kept: 8",
                **_kept("alpha", "profile", "EXIF", "XMP"),
                "pages": "refused (animation)",
            },
            writes={
                "bit depth": "converted: rounded to 8",
                "profile": "kept; one for grey is converted to sRGB",
                "colour chunks": "converted to a profile; HDR is lost",
                "resolution": "converted to EXIF",
                **_kept("alpha", "EXIF", "XMP"),
            },
            max_side=16_383,
        ),
        "bmp": FileFormat(
            "BMP",
            (".bmp",),
            "image/bmp",
            reads={"bit depth": "kept: 1 to 8", "alpha": "kept, of 32-bit files", **_kept("resolution")},
        ),
        "tiff": FileFormat(
            "TIFF",
            (".tif", ".tiff"),
            "image/tiff",
            reads={
                "bit depth": "kept: 1 to 8, 16; CMYK of 8 is converted to sRGB; float is refused",
                **_kept("alpha", "profile", "resolution", "XMP", "IPTC"),
                "EXIF": "kept: what describes the photo",
                "pages": "refused",
            },
        ),
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
