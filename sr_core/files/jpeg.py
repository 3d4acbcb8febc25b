"""JPEG: read and written by Pillow; segments are checked before a decoder sees them."""

import re
import struct
import zlib
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import Image, JpegImagePlugin

from sr_core.errors import UnsupportedPictureError
from sr_core.files import exif, metadata, planes
from sr_core.files.formats import FORMATS
from sr_core.files.planes import Opened, Split
from sr_core.picture import Metadata, Picture

_IPTC, _RESOLUTION_INFO = 0x0404, 0x03ED
_COMMENT = "Comment"
# Units of JFIF per metre: inches, centimetres.
_UNITS = {1: 1 / metadata.INCH, 2: 100.0}

# Markers of segments with a length, and the end marker. FF 00 is an escaped pixel byte, D0 to D7 occur within
# scans, and Pillow and libjpeg skip or refuse the others.
_SEGMENT = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")
_END, _SCAN = 0xD9, 0xDA
_APPS = range(0xE0, 0xF0)
_MAX_SCANS = 200
# Sum of the luma table K.1 of ITU-T T.81, which is that of quality 50.
_ANNEX_K_LUMA = 3688
# 64 MiB of full segments: colour profiles, depth maps and second pictures take up to a few hundred.
_MAX_SEGMENTS = 1000
# Bytes that Pillow parses. Most cameras write at most one segment of 64 KiB; some programs continue in
# others.
_MAX_PARSED = 2 * 2**20


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`.

    Raises
    ------
    UnsupportedPictureError
    Exception
        Any other exception, if the file is damaged.
    """
    _check(data)
    return Opened(data, JpegImagePlugin.JpegImageFile(BytesIO(data)))


def decode(opened: Opened) -> Split:
    """Decode the pixels."""
    return planes.eight_bit(opened.image)


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return the orientation and the EXIF block."""
    return exif.take(opened.image.info.get("exif"))


def metadata_of(opened: Opened) -> Metadata:
    """Return the metadata besides EXIF."""
    info = opened.image.info
    resources = info.get("photoshop", {})
    density, unit = info.get("jfif_density", (0, 0)), _UNITS.get(info.get("jfif_unit", 0))
    resolution = metadata.resolution(*density, per_metre=unit) if unit else None
    if resolution is None and isinstance(entry := resources.get(_RESOLUTION_INFO), dict):
        resolution = metadata.resolution(entry["XResolution"], entry["YResolution"])
    comment = info.get("comment", b"").rstrip(b"\x00")
    return Metadata(
        resolution,
        metadata.upright_xmp(info.get("xmp")),
        resources.get(_IPTC),
        (metadata.text_chunk(_COMMENT, _decoded(comment)),) if comment else (),
        metadata.left_out(opened.data),
    )


def comment_of(text: tuple[bytes, bytes]) -> bytes | None:
    """Return a PNG text as a JPEG comment, or None if it is not a comment or is too long."""
    if metadata.keyword_of(text) != _COMMENT:
        return None
    try:
        comment = metadata.text_of(text).decode("utf-8" if text[0] == b"iTXt" else "latin-1").encode()
    except (ValueError, IndexError, zlib.error):
        return None
    return comment if len(comment) <= FORMATS["jpeg"].limit("texts") else None


def quality_of(opened: Opened) -> int:
    """Return the quality, 1 to 100, that corresponds to the quantisation table of luma.

    libjpeg and most programs scale the tables of ITU-T T.81, Annex K, by it. Cameras and Photoshop have
    their own tables; the returned quality is the one whose table is as fine overall.
    """
    tables = getattr(opened.image, "quantization", {})
    if not tables:
        return 100  # arithmetic or lossless coding without tables
    scale = 100 * sum(tables[min(tables)]) / _ANNEX_K_LUMA
    quality = 100 - scale / 2 if scale <= 100 else 5000 / scale
    return int(min(max(round(quality), 1), 100))


def encode(picture: Picture, *, quality: int) -> bytes:
    """Encode as JPEG, without chroma subsampling and with all metadata of the picture.

    JPEG has no transparency: transparent pictures are composited onto white. Its sides and metadata must be
    within the limits of `formats`.
    """
    image = planes.image(picture)
    if "A" in image.getbands():
        paper = Image.new(image.mode[:-1], image.size, "white")
        paper.paste(image.convert(paper.mode), mask=image.getchannel("A"))
        image = paper
    own = picture.metadata
    extra: dict[str, Any] = {}
    if own.resolution:
        extra["dpi"] = own.resolution
    if own.xmp and len(own.xmp) <= FORMATS["jpeg"].limit("XMP"):
        extra["xmp"] = own.xmp
    if own.iptc and len(own.iptc) <= FORMATS["jpeg"].limit("IPTC"):
        body = b"Photoshop 3.0\x00" + metadata.as_resource(own.iptc)
        extra["extra"] = b"\xff\xed" + struct.pack(">H", len(body) + 2) + body
    for comment in filter(None, map(comment_of, own.texts)):
        extra["comment"] = comment
    return planes.saved(image, "JPEG", picture, quality=quality, subsampling=0, **extra)


def _decoded(comment: bytes) -> str:
    try:
        return comment.decode("utf-8")
    except UnicodeDecodeError:
        return comment.decode("latin-1")


def _check(data: bytes) -> None:
    """Refuse a JPEG with very many scans or segments, or with much parsed data before its pixels.

    Each scan is a pass over the whole picture, however few bytes it takes. If a file holds several pictures,
    as motion photos do, only the first is checked.

    Raises
    ------
    UnsupportedPictureError
    ValueError
        If the file is damaged.
    """
    scans = parsed = before = 0
    for count, (marker, start, end) in enumerate(_segments(data), 1):
        if not scans:
            parsed += (start if _kept_whole(data, marker, start) else end) - before
            before = end
        scans += marker == _SCAN
        if scans > _MAX_SCANS:
            raise UnsupportedPictureError(
                f"The JPEG file holds more than {_MAX_SCANS} scans, where a picture has about ten; "
                "save it as PNG."
            )
        if count > _MAX_SEGMENTS:
            raise UnsupportedPictureError(
                f"The JPEG file is cut into more than {_MAX_SEGMENTS:,} segments, where a picture has "
                "about twenty; save it as PNG."
            )
        if parsed > _MAX_PARSED:
            raise UnsupportedPictureError(
                f"The JPEG file holds more than {_MAX_PARSED // 2**20} MiB of EXIF, tables or "
                "stray bytes before its pixels, where a picture has less than a tenth; save it as PNG."
            )
    if not scans:
        raise ValueError("a scan was expected")


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the marker, start and end of each segment of the first picture, without the pixels after it."""
    end = 0
    while found := _SEGMENT.search(data, end):
        start, body = found.span()
        marker = data[start + 1]
        if marker == _END:
            return
        end = body + max(2, int.from_bytes(data[body : body + 2]))
        yield marker, start, end


def _kept_whole(data: bytes, marker: int, start: int) -> bool:
    """Return whether Pillow keeps a segment unparsed; some it parses, or appends to the one before."""
    return marker in _APPS and not data.startswith((b"Exif\x00\x00", b"Photoshop 3.0\x00"), start + 4)
