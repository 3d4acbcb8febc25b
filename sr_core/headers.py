"""What the first bytes of a file say about it, before any decoder sees it.

Decoders trust what a file claims. OpenCV sets aside as much memory as a PNG chunk says it holds, libtiff as
much as a tile says, and Pillow walks compressed BMP pixel by pixel in Python. So the claims are checked here.
Pillow also spends some µs and a hundred bytes on each segment, chunk and number, however little each takes in
the file. So these are counted, and refused where there are far more than cameras and programs write.
"""

import re
import struct
from collections.abc import Iterator
from io import BytesIO
from typing import Any

from PIL import TiffImagePlugin

from sr_core.errors import SuperResError, UnreadablePictureError, UnsupportedPictureError

_EXPECTED = "PNG, JPEG, WebP, BMP or TIFF was expected"
_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_PIXEL_CHUNKS = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
# Chunks of any file, and bytes for each chunk more: libpng writes 8 KiB of pixels into one.
_PNG_CHUNKS, _PNG_CHUNK_BYTES = 1000, 512

_TIFF_BITS, _TIFF_PHOTOMETRIC, _TIFF_CHANNELS, _TIFF_PLANAR = 258, 262, 277, 284
_TIFF_TILE_WIDTH, _TIFF_TILE_HEIGHT, _TIFF_SAMPLE_FORMAT = 322, 323, 339
_TIFF_GREY_OR_RGB = {0, 1, 2}
_TIFF_PALETTE_CMYK_YCBCR = {3, 5, 6}
_TIFF_MAX_TILE = 4096 * 4096  # px
# Start and length of each row of the highest picture, of four planes.
_TIFF_MAX_NUMBERS = 2**18
_TIFF_TEXT = (1, 2, 7)  # kinds of tag whose bytes stay bytes
_TIFF_DIRECTORIES = (0x8769, 0x8825, 0xA005)  # EXIF, GPS, and within EXIF Interop
_BMP_RUN_LENGTH = (1, 2)

# What has a length behind it, and the end. FF 00 is a byte of the pixels, D0 to D7 stand within a scan, and
# Pillow and libjpeg pass over or refuse the others.
_JPEG_SEGMENT = re.compile(rb"\xff[\xc0-\xc7\xc9-\xcf\xd9-\xef\xfe]")
_JPEG_END, _JPEG_SCAN = 0xD9, 0xDA
_JPEG_APPS = range(0xE0, 0xF0)
_JPEG_MAX_SCANS = 200
# 64 MiB of full segments: colour profiles, depth maps and second pictures take up to some hundreds.
_JPEG_MAX_SEGMENTS = 1000
# Most cameras write at most one segment of 64 KiB; some programs go on in further ones.
_JPEG_MAX_TAKEN_APART = 2 * 2**20


def format_of(data: bytes) -> str:
    """Return "PNG", "JPEG", "WebP", "BMP" or "TIFF".

    Raises
    ------
    UnreadablePictureError, UnsupportedPictureError
        If it is none of them; common formats that are not supported are called by their name.
    """
    if not data:
        raise UnreadablePictureError("The file is empty, where a picture was expected; choose another file.")
    if data.startswith(_PNG_SIGNATURE):
        return "PNG"
    if data.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WebP"
    if data.startswith(b"BM"):
        return "BMP"
    if data.startswith((b"II*\x00", b"MM\x00*")):
        return "TIFF"
    raise _refusal(data)


def check_png(data: bytes) -> bool:
    """Check that all chunks lie within the file and are not too many; return whether channels have 16 bits.

    Raises
    ------
    UnsupportedPictureError
    ValueError, struct.error
        If the file is damaged.
    """
    most = _PNG_CHUNKS + len(data) // _PNG_CHUNK_BYTES
    headers = []
    for count, (name, start, _) in enumerate(_png_chunks(data), 1):
        if count > most:
            raise UnsupportedPictureError(
                f"The PNG file is cut into more than {most:,} chunks, where a picture has far fewer; save it "
                "again."
            )
        if name == b"IHDR":
            headers.append(start)
    # Of two headers, one could be small for our limits, and the other large for a decoder.
    if headers != [len(_PNG_SIGNATURE)]:
        raise ValueError("one IHDR chunk was expected, at the start")
    return data[24] == 16


def png_chunk(data: bytes, wanted: bytes) -> bytes | None:
    """Return the body of the first PNG chunk of a name, or None."""
    return next((data[start + 8 : end - 4] for name, start, end in _png_chunks(data) if name == wanted), None)


def bare_png(data: bytes) -> bytes:
    """Return a PNG that shows the same pixels and holds nothing else: no text, profile or animation."""
    view = memoryview(data)
    kept = [view[start:end] for name, start, end in _png_chunks(data) if name in _PNG_PIXEL_CHUNKS]
    return b"".join([_PNG_SIGNATURE, *kept])


def check_jpeg(data: bytes) -> None:
    """Refuse a JPEG of very many scans or segments, or with much before its pixels that is taken apart.

    Each scan is a pass over the whole picture, however few bytes it takes. Of several pictures in a file, as
    in a motion photo, the first one counts.

    Raises
    ------
    UnsupportedPictureError
    ValueError
        If the file is damaged.
    """
    scans = taken_apart = before = 0
    for count, (marker, start, end) in enumerate(_jpeg_segments(data), 1):
        if not scans:
            taken_apart += (start if _kept_whole(data, marker, start) else end) - before
            before = end
        scans += marker == _JPEG_SCAN
        if scans > _JPEG_MAX_SCANS:
            raise UnsupportedPictureError(
                f"The JPEG file holds more than {_JPEG_MAX_SCANS} scans, where a picture has about ten; "
                "save it as PNG."
            )
        if count > _JPEG_MAX_SEGMENTS:
            raise UnsupportedPictureError(
                f"The JPEG file is cut into more than {_JPEG_MAX_SEGMENTS:,} segments, where a picture has "
                "about twenty; save it as PNG."
            )
        if taken_apart > _JPEG_MAX_TAKEN_APART:
            raise UnsupportedPictureError(
                f"The JPEG file holds more than {_JPEG_MAX_TAKEN_APART // 2**20} MiB of EXIF, tables or "
                "stray bytes before its pixels, where a picture has less than a tenth; save it as PNG."
            )
    if not scans:
        raise ValueError("a scan was expected")


def check_bmp(data: bytes) -> None:
    """Refuse run-length compression, which Pillow undoes in Python, too slowly for large pictures.

    Raises
    ------
    UnsupportedPictureError
    struct.error
        If the file is damaged.
    """
    header_bytes, *_, compression = struct.unpack_from("<IiiHHI", data, 14)
    if header_bytes >= 40 and compression in _BMP_RUN_LENGTH:
        raise UnsupportedPictureError("Compressed BMP pictures are not supported; save it as PNG.")


def check_tiff(data: bytes) -> bool:
    """Refuse the kinds of TIFF that would be misread; return whether the channels have 16 bits.

    Raises
    ------
    UnsupportedPictureError
    Exception
        Of any other kind, if the file is damaged.
    """
    tags = _load_tags(data, TiffImagePlugin.ImageFileDirectory_v2(data[:8]).next)
    bits, sample_formats = _values(tags, _TIFF_BITS), _values(tags, _TIFF_SAMPLE_FORMAT)
    if len(bits) > 1 or max(bits) > 16 or sample_formats != {1}:
        raise UnsupportedPictureError(
            f"TIFF pictures must hold unsigned whole numbers of 8 or 16 bits: save it as a 16-bit PNG; "
            f"received {sorted(bits)} bits per channel of sample format {sorted(sample_formats)}."
        )
    sixteen_bit = bits == {16}
    photometric = tags.get(_TIFF_PHOTOMETRIC)
    if photometric not in _TIFF_GREY_OR_RGB | (set() if sixteen_bit else _TIFF_PALETTE_CMYK_YCBCR):
        raise UnsupportedPictureError(
            f"TIFF pictures must be grey or RGB, or CMYK of 8 bits: save it as an RGB PNG; "
            f"received colour space number {photometric} (5 is CMYK, 8 is LAB)."
        )
    channels, planar = tags.get(_TIFF_CHANNELS, 1), tags.get(_TIFF_PLANAR, 1)
    if sixteen_bit and (channels not in (1, 3, 4) or (channels > 1 and planar != 1)):
        raise UnsupportedPictureError(
            f"TIFF pictures of 16 bits must have 1, 3 or 4 interleaved channels: save it as a 16-bit PNG; "
            f"received {channels} channels, planar configuration {planar}."
        )
    tile_height, tile_width = tags.get(_TIFF_TILE_HEIGHT, 0), tags.get(_TIFF_TILE_WIDTH, 0)
    if tile_height * tile_width > _TIFF_MAX_TILE:
        raise UnsupportedPictureError(
            f"TIFF pictures must have tiles of at most 4096 x 4096 px: save it as PNG; "
            f"received tiles of {tile_height:,} x {tile_width:,} px (height x width)."
        )
    return sixteen_bit


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, start and end of each whole chunk, up to the last."""
    start, name = len(_PNG_SIGNATURE), b""
    while start < len(data) and name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, start)
        end = start + 12 + length
        if end > len(data):
            raise ValueError("a chunk is longer than the file")
        yield name, start, end
        start = end


def _jpeg_segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """Yield the marker, start and end of each segment of the first picture, without the pixels behind it."""
    end = 0
    while found := _JPEG_SEGMENT.search(data, end):
        start, body = found.span()
        marker = data[start + 1]
        if marker == _JPEG_END:
            return
        end = body + max(2, int.from_bytes(data[body : body + 2]))
        yield marker, start, end


def _kept_whole(data: bytes, marker: int, start: int) -> bool:
    """Whether Pillow keeps a segment as it is; some it parses piece by piece or appends to the one before."""
    return marker in _JPEG_APPS and not data.startswith((b"Exif\x00\x00", b"Photoshop 3.0\x00"), start + 4)


def _load_tags(data: bytes, start: int, *, depth: int = 2) -> TiffImagePlugin.ImageFileDirectory_v2:
    """Load a directory, after refusing it, or one that it points to, if it holds very many numbers.

    Pillow makes an object of each number: of those that it needs, and of all in the directories of EXIF.
    """
    order = "<" if data.startswith(b"II") else ">"
    length = 12 * int.from_bytes(data[start : start + 2], "little" if order == "<" else "big")
    entries = data[start + 2 : start + 2 + length]
    numbers = sum(
        count
        for _, kind, count, _ in struct.iter_unpack(order + "HHII", entries[: len(entries) // 12 * 12])
        if kind not in _TIFF_TEXT and count <= len(data)  # what cannot be there is passed over
    )
    if numbers > _TIFF_MAX_NUMBERS:
        raise UnsupportedPictureError(
            f"The tags of TIFF pictures must hold at most {_TIFF_MAX_NUMBERS:,} numbers: save it as PNG; "
            f"received {numbers:,}."
        )
    tags = TiffImagePlugin.ImageFileDirectory_v2(data[:8])
    stream = BytesIO(data)
    stream.seek(start)
    tags.load(stream)
    for pointer in _TIFF_DIRECTORIES if depth else ():
        if isinstance(nested := tags.get(pointer), int):
            _load_tags(data, nested, depth=depth - 1)
    return tags


def _values(tags: TiffImagePlugin.ImageFileDirectory_v2, tag: int) -> set[Any]:
    value = tags.get(tag, 1)
    return set(value) if isinstance(value, tuple) else {value}


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
