"""Metadata besides EXIF: XMP, IPTC, texts, resolution.

All of it is kept as it is; only what is no longer true of the enlarged picture is corrected.
"""

import math
import re
import struct
import zlib
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sr_core.picture import Chunks

INCH = 0.0254
"""m"""

_IPTC, _PHOTOSHOP = 0x0404, b"8BIM"
_RAW = "Raw profile type "
_MAX_UNPACKED = 16 * 2**20  # bytes of a compressed PNG text

# Claims of an XMP packet that are not true of the result: an orientation that was applied, and parts left
# out.
_UPRIGHT = re.compile(rb"""(tiff:Orientation(?:\s*=\s*["']|>))\d+""")
_CLAIMS = re.compile(rb"""(?:hdrgm:Version|GCamera:(?:MotionPhoto|MicroVideo))\s*=\s*(["'])[^"']*\1""")
_SIZE: Mapping[str, re.Pattern[bytes]] = MappingProxyType(
    {
        "height": re.compile(rb"""((?:tiff:ImageLength|exif:PixelYDimension)(?:\s*=\s*["']|>))\d+"""),
        "width": re.compile(rb"""((?:tiff:ImageWidth|exif:PixelXDimension)(?:\s*=\s*["']|>))\d+"""),
    }
)

_LEFT_OUT: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        "The HDR gain map is left out: the picture is enlarged as ordinary screens show it.": (
            *(b"hdrgm:Version", b"hdrgainmap", b"HDRGainMap", b"urn:iso:std:iso:ts:21496:-1"),
        ),
        "The depth map is left out.": (
            *(b"GDepth:", b"aux:disparity", b"aux:depth", b'Semantic="Depth"', b"auxid:2\x00"),
        ),
        "The video of the motion photo is left out: the still picture is enlarged.": (
            *(b'GCamera:MotionPhoto="1"', b'GCamera:MicroVideo="1"', b"MotionPhoto_Data"),
        ),
        "The parts of the XMP data that stand in further segments are left out.": (
            b"\x00http://ns.adobe.com/xmp/extension/\x00",
        ),
    }
)


def left_out(data: bytes) -> tuple[str, ...]:
    """Return a message for each further picture or video in a JPEG, AVIF or HEIC file that is not read."""
    return tuple(message for message, marks in _LEFT_OUT.items() if any(mark in data for mark in marks))


def resolution(horizontal: object, vertical: object, *, per_metre: float = 1 / INCH) -> tuple | None:
    """Return a resolution in px per inch, or None if it makes no sense.

    Parameters
    ----------
    horizontal, vertical : number
        As stored in the file.
    per_metre : float
        Number of the file's units per metre: 39.37 inches, 100 cm.
    """
    try:
        values = tuple(float(value) * per_metre * INCH for value in (horizontal, vertical))  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return None
    return values if all(math.isfinite(value) and 1 <= value <= 65_535 for value in values) else None


def upright_xmp(packet: bytes | str | None) -> bytes | None:
    """Return an XMP packet that says that the picture is upright and has no gain map or video."""
    if not packet:
        return None
    packet = packet.encode() if isinstance(packet, str) else packet
    return _CLAIMS.sub(b"", _UPRIGHT.sub(rb"\g<1>1", packet))


def sized_xmp(packet: bytes, height: int, width: int) -> bytes:
    """Return an XMP packet whose size entries, if it has any, are set to these px."""
    for name, px in (("height", height), ("width", width)):
        packet = _SIZE[name].sub(rb"\g<1>%d" % px, packet)
    return packet


def iptc_in(resources: bytes) -> bytes | None:
    """Return the IPTC records in Photoshop's image resources, or the bytes themselves if they are records."""
    if resources.startswith(b"\x1c"):
        return resources
    start = 0
    while resources[start : start + 4] == _PHOTOSHOP and start + 12 <= len(resources):
        (code,) = struct.unpack_from(">H", resources, start + 4)
        start += 6 + (1 + resources[start + 6] + 1) // 2 * 2  # a name, padded to an even length
        (size,) = struct.unpack(">I", resources[start : start + 4].rjust(4, b"\x00"))
        if code == _IPTC:
            return resources[start + 4 : start + 4 + size]
        start += 4 + size + size % 2
    return None


def as_resource(iptc: bytes) -> bytes:
    """Return IPTC records as a Photoshop image resource."""
    return _PHOTOSHOP + struct.pack(">HHI", _IPTC, 0, len(iptc)) + iptc + bytes(len(iptc) % 2)


def text_chunk(keyword: str, text: str) -> tuple[bytes, bytes]:
    """Return a PNG chunk for a text: tEXt if it is Latin-1, else iTXt, which is UTF-8."""
    try:
        return b"tEXt", keyword.encode("latin-1") + b"\x00" + text.encode("latin-1")
    except UnicodeEncodeError:
        return b"iTXt", keyword.encode("latin-1", "replace") + bytes(5) + text.encode("utf-8", "replace")


def keyword_of(chunk: tuple[bytes, bytes]) -> str:
    """Return the keyword of a PNG text."""
    return chunk[1].split(b"\x00", 1)[0].decode("latin-1")


def text_of(chunk: tuple[bytes, bytes]) -> bytes:
    """Return the decompressed text of a PNG chunk: Latin-1, or UTF-8 if it is an iTXt.

    Raises
    ------
    ValueError, IndexError, zlib.error
        It is damaged, or far too long.
    """
    name, body = chunk
    text = body.split(b"\x00", 1)[1]
    packed = name == b"zTXt"
    if name == b"zTXt":
        text = text[1:]
    elif name == b"iTXt":
        packed = text[:1] == b"\x01"
        text = text[2:].split(b"\x00", 2)[2]
    if not packed:
        return text
    unpack = zlib.decompressobj()
    text = unpack.decompress(text, _MAX_UNPACKED)
    if unpack.unconsumed_tail:
        raise ValueError("a text is too long")
    return text


def raw_profiles(texts: Chunks) -> Iterator[tuple[str, bytes]]:
    """Yield what ImageMagick and others store as hexadecimal text in PNG: "exif", "iptc", "8bim", "xmp"."""
    for chunk in texts:
        kind = keyword_of(chunk).removeprefix(_RAW)
        if kind != keyword_of(chunk):
            try:
                yield kind.lower(), bytes.fromhex(text_of(chunk).split(None, 2)[2].decode("ascii"))
            except (ValueError, IndexError, zlib.error):
                continue  # A damaged block costs only the block, never the picture.


def raw_profile(kind: str, data: bytes) -> tuple[bytes, bytes]:
    """Return these bytes as a PNG chunk that `raw_profiles` can read."""
    lines = (data.hex()[i : i + 72] for i in range(0, 2 * len(data), 72))
    text = f"\n{kind}\n{len(data):8}\n" + "\n".join(lines) + "\n"
    return b"zTXt", f"{_RAW}{kind}".encode() + b"\x00\x00" + zlib.compress(text.encode("ascii"))


def is_raw_profile(chunk: tuple[bytes, bytes]) -> bool:
    """Return whether a PNG text is one of `raw_profiles`."""
    return keyword_of(chunk).startswith(_RAW)
