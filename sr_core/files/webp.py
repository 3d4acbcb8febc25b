"""WebP: read and written by Pillow."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from PIL import WebPImagePlugin

from sr_core.files import exif, icc, metadata, planes
from sr_core.files.planes import Opened, Split
from sr_core.picture import Metadata, Picture


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`."""
    return Opened(data, WebPImagePlugin.WebPImageFile(BytesIO(data)))


def decode(opened: Opened) -> Split:
    """Decode the pixels."""
    return planes.eight_bit(opened.image)


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return the orientation and the EXIF block."""
    return exif.take(opened.image.info.get("exif"))


def metadata_of(opened: Opened) -> Metadata:
    """Return the metadata besides EXIF."""
    return Metadata(xmp=metadata.upright_xmp(opened.image.info.get("xmp")))


def quality_of(opened: Opened) -> int | None:
    """Return the quality, 1 to 100, at which libwebp quantises as coarsely; None for a lossless file."""
    frame = _lossy_frame(opened.data)
    if frame is None:
        return None
    # The inverse of libwebp's QualityToCompression.
    fineness = (1 - _quantizer(frame) / 127) ** 3
    return min(max(round(100 * (1.5 * fineness if fineness < 0.5 else (fineness + 1) / 2)), 1), 100)


def _lossy_frame(data: bytes) -> bytes | None:
    start = 12  # after "RIFF", the length and "WEBP"
    while start + 8 <= len(data):
        length = int.from_bytes(data[start + 4 : start + 8], "little")
        if data[start : start + 4] == b"VP8 ":
            return data[start + 8 : start + 8 + length]
        start += 8 + length + length % 2
    return None


def _quantizer(frame: bytes) -> int:
    """Return the quantiser index, 0 (fine) to 127, from the header of a VP8 key frame (RFC 6386).

    With segments, which libwebp uses by default, it is their mean.
    """
    bits = _Bits(frame[10:])  # after the frame tag, start code and size
    bits.number(2)  # colour space, clamping
    segments: list[int] = []
    absolute = 0
    if bits.number(1):  # segmentation
        new_map, new_data = bits.number(1), bits.number(1)
        if new_data:
            absolute = bits.number(1)
            segments = [bits.signed(7) for _ in range(4)]
            for _ in range(4):
                bits.signed(6)  # loop filter
        if new_map:
            for _ in range(3):
                bits.number(8) if bits.number(1) else None
    bits.number(1 + 6 + 3)  # loop filter
    if bits.number(1) and bits.number(1):
        for _ in range(8):
            bits.signed(6)
    bits.number(2)  # partitions
    base = bits.number(7)
    if not segments:
        return base
    mean = sum(segments) / len(segments)
    return round(min(max(mean if absolute else base + mean, 0), 127))


class _Bits:
    """The boolean decoder of RFC 6386, section 7, with even probabilities."""

    def __init__(self, data: bytes):
        self._data, self._next = data, 2
        self._value, self._range, self._count = int.from_bytes(data[:2]), 255, 0

    def number(self, bits: int) -> int:
        """Read an unsigned number, highest bit first."""
        value = 0
        for _ in range(bits):
            value = 2 * value + self._bit()
        return value

    def signed(self, bits: int) -> int:
        """Read a flag and, if it is set, a number followed by its sign; otherwise 0."""
        if not self._bit():
            return 0
        value = self.number(bits)
        return -value if self._bit() else value

    def _bit(self) -> int:
        split = 1 + ((self._range - 1) * 128 >> 8)
        bit = int(self._value >= split << 8)
        if bit:
            self._value -= split << 8
            self._range -= split
        else:
            self._range = split
        while self._range < 128:
            self._value, self._range, self._count = self._value << 1, self._range << 1, self._count + 1
            if self._count == 8:
                self._count = 0
                self._value |= self._data[self._next] if self._next < len(self._data) else 0
                self._next += 1
        return bit


def encode(picture: Picture, *, quality: int, lossless: bool) -> bytes:
    """Encode as WebP, with all metadata of the picture; its sides must be within the limit of `formats`.

    WebP has no grey pictures, nor profiles for them: grey pictures with a profile are converted to sRGB.
    """
    image = planes.image(picture)
    if picture.icc and icc.colour_space(picture.icc) == "GRAY":
        alpha = image.getchannel("A") if "A" in image.getbands() else None
        image, picture = icc.to_srgb(image.getchannel("L"), picture.icc), replace(picture, icc=None)
        if alpha is not None:
            image.putalpha(alpha)
    own = picture.metadata
    extra: dict[str, Any] = {"xmp": own.xmp} if own.xmp else {}
    if own.resolution:
        picture = replace(picture, exif=exif.with_resolution(picture.exif, *own.resolution))
    if lossless:
        # Quality means effort here. A noisy photo of 2048 x 2048 px takes 2.1 s and 3.6 MiB, against 20 s and
        # 4.4 MiB at Pillow's defaults with method 0. `exact` keeps the colours under full transparency.
        return planes.saved(image, "WEBP", picture, lossless=True, quality=20, method=1, exact=True, **extra)
    return planes.saved(image, "WEBP", picture, quality=quality, **extra)
