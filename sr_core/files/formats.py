"""The table of all picture formats: names, extensions, MIME types, limits, and what each keeps.

The format of a file is recognised by its first bytes, never by its name.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, get_args

from sr_core.errors import SuperResError, UnreadablePictureError, UnsupportedPictureError
from sr_core.files import bmff

Format = Literal["png", "jpeg", "webp"]

WRITTEN: tuple[Format, ...] = get_args(Format)
"""The formats that can be written."""

Kind = Literal[
    "bit depth", "alpha", "profile", "colour chunks", "resolution", "EXIF", "XMP", "IPTC", "texts", "pages"
]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""What a picture file may contain besides 8-bit pixels."""


@dataclass(frozen=True, slots=True)
class FileFormat:
    """A format that can be read, and perhaps written.

    Attributes
    ----------
    name : str
        Display name.
    extensions : tuple of str
        In lower case, with the dot; the first is used for writing.
    mime : str
    reads, writes : mapping
        What happens to each kind of content; the first word is kept, converted, lost or refused. A kind that
        is missing does not exist in the format: it is never read, and lost when written.
    max_side : int or None
        Of a written file, in px.
    max_bytes : mapping
        Largest size of each kind in a written file; anything larger is lost, or for EXIF refused.
    """

    name: str
    extensions: tuple[str, ...]
    mime: str
    reads: Mapping[Kind, str]
    writes: Mapping[Kind, str] = field(default_factory=lambda: MappingProxyType({}))
    max_side: int | None = None
    max_bytes: Mapping[Kind, int] = field(default_factory=lambda: MappingProxyType({}))

    def keeps(self, kind: Kind) -> bool:
        """Return whether a written file can hold this kind."""
        return not self.writes.get(kind, "lost").startswith("lost")

    def limit(self, kind: Kind) -> float:
        """Return how many bytes of this kind a written file can hold."""
        return self.max_bytes.get(kind, math.inf)


_SEGMENT = 65_533  # bytes that a JPEG segment can hold


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
            # Without the identifier of the segment, and for IPTC the header of Photoshop's resource.
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
        "avif": FileFormat(
            "AVIF",
            (".avif",),
            "image/avif",
            reads={
                "bit depth": "kept: 8; 10 and 12 as 16",
                **_kept("alpha", "profile", "EXIF", "XMP"),
                "colour chunks": "kept (its code points, as cICP)",
                "pages": "refused (animation); gain maps and depth maps are lost, named",
            },
        ),
        "heic": FileFormat(
            "HEIC",
            (".heic", ".heif", ".hif"),
            "image/heic",
            reads={
                "bit depth": "kept: 8; 10 and 12 as 16",
                **_kept("alpha", "profile", "EXIF", "XMP"),
                "colour chunks": "kept (its code points, as cICP)",
                "pages": "lost, named: further pictures, gain maps, depth maps",
            },
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
                "pages": "refused; smaller versions of the picture are lost, named",
            },
        ),
    }
)
"""All formats by key."""

READABLE_EXTENSIONS: tuple[str, ...] = tuple(e for kind in FORMATS.values() for e in kind.extensions)
"""Extensions of the files to offer for reading; their content decides the format."""

WRITTEN_EXTENSIONS: Mapping[str, Format] = MappingProxyType(
    {extension: key for key in WRITTEN for extension in FORMATS[key].extensions}
)
"""The format that each file extension is written in."""

_NAMES = [kind.name for kind in FORMATS.values()]
READABLE_NAMES = f"{', '.join(_NAMES[:-1])} or {_NAMES[-1]}"
"""The readable formats, for messages."""

_EXPECTED = f"{READABLE_NAMES} was expected"

_SIGNATURES: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "png": (b"\x89PNG\r\n\x1a\n",),
        "jpeg": (b"\xff\xd8\xff",),
        "bmp": (b"BM",),
        "tiff": (b"II*\x00", b"MM\x00*"),
    }
)
_BRANDS: Mapping[str, set[bytes]] = MappingProxyType(
    {"avif": {b"avif", b"avis"}, "heic": {b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx"}}
)
_RAW = (
    "is a camera's raw file, which has to be developed first: open it in a raw converter, such as darktable, "
    "RawTherapee or the camera's own, and save it as 16-bit PNG or TIFF."
)
_FILM = "is a film, and a picture was expected: save a frame of it as PNG."
_OTHER = "pictures are not supported"
# Signatures of unsupported formats, with messages that say how to convert them.
_REFUSED: tuple[tuple[tuple[bytes, ...], str], ...] = (
    (
        (b"GIF87a", b"GIF89a"),
        f"GIF pictures, animated or not, are not supported: {_EXPECTED}; save it as PNG.",
    ),
    ((b"II+\x00", b"MM\x00+"), f"BigTIFF {_OTHER}: {_EXPECTED}; save it as an ordinary TIFF."),
    (
        (b"\xff\x0a", b"\x00\x00\x00\x0cJXL "),
        f"JPEG XL {_OTHER}: {_EXPECTED}; save it as PNG, for instance by `djxl picture.jxl picture.png`.",
    ),
    (
        (b"\x00\x00\x00\x0cjP  ", b"\xff\x4f\xff\x51"),
        f"JPEG 2000 {_OTHER}: {_EXPECTED}; save it as PNG, for instance in GIMP or by `magick`.",
    ),
    ((b"8BPS",), f"Photoshop documents are not supported: {_EXPECTED}; save it flattened, as PNG or TIFF."),
    ((b"\x76\x2f\x31\x01", b"#?RADIANCE", b"#?RGBE"), f"HDR {_OTHER}: {_EXPECTED}; save it as 16-bit PNG."),
    ((b"II\xbc\x01",), f"JPEG XR {_OTHER}: {_EXPECTED}; save it as PNG."),
    ((b"FUJIFILMCCD-RAW", b"IIRO", b"IIRS", b"MMOR", b"IIU\x00", b"FOVb", b"\x00MRM"), f"This {_RAW}"),
    ((b"\x1a\x45\xdf\xa3",), f"This {_FILM}"),
)


def format_of(data: bytes) -> str:
    """Return the key in `FORMATS` of a file's format.

    Raises
    ------
    UnreadablePictureError, UnsupportedPictureError
        If it is none of them; the message names common formats that are not supported.
    """
    if not data:
        raise UnreadablePictureError("The file is empty, where a picture was expected; choose another file.")
    for key, starts in _SIGNATURES.items():
        if data.startswith(starts):
            return key
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "webp"
    named = bmff.brands(data)
    for key, brands in _BRANDS.items():
        if brands & named:
            return key
    raise _refusal(data, named)


def _refusal(data: bytes, brands: set[bytes]) -> SuperResError:
    if b"crx" in brands:
        return UnsupportedPictureError(f"This {_RAW}")
    if brands & {b"mif1", b"msf1"}:
        return UnsupportedPictureError(
            f"HEIF pictures of this coding are not supported: {_EXPECTED}; save it as JPEG or PNG."
        )
    if brands or data[4:8] in (b"moov", b"mdat", b"wide") or data[8:12] == b"AVI ":
        return UnsupportedPictureError(f"This {_FILM}")
    for starts, message in _REFUSED:
        if data.startswith(starts):
            return UnsupportedPictureError(message)
    return UnreadablePictureError(
        f"The file is not a picture that can be read: {_EXPECTED}; "
        f"received {len(data):,} bytes of something else."
    )
