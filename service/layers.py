"""What the views draw: a picture as PNG, or, where that is too large for a browser, as overview and tiles.

A browser decodes a PNG as a whole, 4 bytes a pixel: two pictures of 64 megapixels would take 512 MiB and
seconds in which nothing moves. So a large picture is halved again and again, and each of these levels is cut
into tiles. All of them are sent, as PNG, but only those in view are decoded. They are not asked for one by
one when they are needed, because that would be a run of the page each time, and no page can run while it
works on the next picture.
"""

import hashlib
import io
import json
import struct
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from sr_core import OptionError, Picture, UnreadablePictureError, encode
from sr_core.files.formats import FORMATS
from sr_core.files.icc import icc_for
from sr_core.pixels import eight_bit

LARGEST_WHOLE = 4096 * 4096
"""Pixels up to which a picture is decoded as a whole, 64 MiB."""
TILE = 512
"""Side of a tile in px: 1 MiB decoded, a few milliseconds."""

# An overview has at most this share of the pixels above which there is one: 2 megapixels, as many as most
# windows have.
_OVERVIEW = 1 / 8
# Bytes of tiles in one message: what comes behind, such as the answer to a click, waits for no more.
_MESSAGE_BYTES = 8_000_000
_STRIP_ROWS = 1024  # even, so that strips halve into whole rows


_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_CHUNKS = (b"cICP", b"mDCV", b"cLLI", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
_COLOUR_TYPES_WITH_ALPHA = (4, 6)
# Signature, then length, name, content and checksum of the chunk IHDR.
_HEAD = 8 + 4 + 4 + 13 + 4


class Size(NamedTuple):
    """Of a picture, in px."""

    height: int
    width: int


class Part(NamedTuple):
    """A picture file, or a chunk of one, under the name by which the browser asks for it."""

    name: str
    data: bytes


class Base(NamedTuple):
    """What is decoded as a whole: a file of so many px, and whether there is transparency."""

    data: bytes
    height: int
    width: int
    alpha: bool
    mime: str = FORMATS["png"].mime


@dataclass(frozen=True)
class Layer:
    """One picture as a view draws it; see `layer_of` and `nearest_layer`.

    Attributes
    ----------
    label : str
        What it is called on screen. Any text; it is never read as HTML.
    id : str
        Digest of its pixels.
    size : Size
        At which it is drawn.
    base : Base
        The picture, its overview, or the small picture whose pixels are drawn as squares.
    levels : tuple of Size
        Of the levels that are cut into tiles, each half of the one before; none where `base` is everything.
    tiles : tuple of bytes
        Messages with the tiles, ready to be sent.
    caption : str
        What else a grid says about it.
    """

    label: str
    id: str
    size: Size
    base: Base
    levels: tuple[Size, ...] = ()
    tiles: tuple[bytes, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.label.strip():
            raise OptionError(f"Each picture needs a name on screen. Received: label={self.label!r}")

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return len(self.base.data) + sum(map(len, self.tiles))

    @property
    def part(self) -> Part:
        """Its base, as it travels."""
        return Part(f"{self.id}/base", self.base.data)

    def described(self) -> dict[str, object]:
        """What the browser is told about it."""
        return {
            "id": self.id,
            "label": self.label,
            "caption": self.caption,
            "width": self.size.width,
            "height": self.size.height,
            "alpha": self.base.alpha,
            "base": {"width": self.base.width, "height": self.base.height, "mime": self.base.mime},
            "levels": [level._asdict() for level in self.levels],
            "tile": TILE,
        }


def layer_of(
    picture: Picture,
    label: str,
    *,
    file: bytes | None = None,
    caption: str = "",
    largest_whole: int = LARGEST_WHOLE,
) -> Layer:
    """Make a picture ready for the views, once: it takes about as long as encoding it as PNG.

    Parameters
    ----------
    picture : Picture
    label, caption : str
        See `Layer`.
    file : bytes, optional
        The picture as PNG, if there is one already.
    largest_whole : int
        Pixels above which it is cut into tiles.

    Raises
    ------
    OptionError
        The label is blank.
    """
    size = Size(picture.height, picture.width)
    if size.height * size.width <= largest_whole:
        base = _base(picture, file or encode(picture, keep_metadata=False))
        return Layer(label, _digest(base.data), size, base, caption=caption)
    chunks = picture.colour_chunks
    name = _digest(np.ascontiguousarray(picture.pixels), picture.alpha, picture.icc, repr(chunks).encode())
    levels, overview = _halved(replace(picture, icc=None, colour_chunks=()), int(largest_whole * _OVERVIEW))
    overview = replace(overview, icc=picture.icc, colour_chunks=chunks)
    base = _base(overview, encode(overview, keep_metadata=False))
    tiles = tuple(_tile_messages(name, levels, _colour_profile(base.data)))
    sizes = tuple(Size(level.height, level.width) for level in levels)
    return Layer(label, name, size, base, sizes, tiles, caption)


def nearest_layer(small: Picture, label: str, *, height: int, width: int, caption: str = "") -> Layer:
    """Make a small picture ready to be drawn enlarged to ``height x width`` px, each pixel as a square."""
    too_long = max(small.height, small.width) > (FORMATS["webp"].max_side or 0)
    told_otherwise = small.colour_chunks or (small.grey and small.icc)  # than WebP can tell colours
    if too_long or told_otherwise or small.bit_depth == 16:
        base = _base(small, encode(small, keep_metadata=False))
    else:
        # A third smaller than PNG. At this effort 4 megapixels take half a second.
        channels = small.pixels if small.alpha is None else np.dstack([small.pixels, small.alpha])
        buffer = io.BytesIO()
        profile = icc_for(small.icc, grey=False)
        Image.fromarray(channels).save(
            buffer, "webp", lossless=True, quality=0, method=0, exact=True, icc_profile=profile
        )
        base = _base(small, buffer.getvalue(), mime=FORMATS["webp"].mime)
    name = _digest(base.data, f"{height} {width}".encode())
    return Layer(label, name, Size(height, width), base, caption=caption)


def file_layer(data: bytes, label: str, name: str) -> Layer:
    """Make a PNG file ready for the views as it is; `name` says in the message of an error which it was.

    Raises
    ------
    UnreadablePictureError
        It is not a PNG file.
    """
    if len(data) < _HEAD or not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        raise UnreadablePictureError(
            f"The {name} picture is not a PNG file. Encode it as PNG first. Received: {data[:8]!r}..."
        )
    width, height, _, colour_type = struct.unpack(">IIBB", data[16:26])
    base = Base(data, height, width, colour_type in _COLOUR_TYPES_WITH_ALPHA)
    return Layer(label, _digest(data), Size(height, width), base)


def pack(header: Mapping[str, object], parts: Iterable[Part]) -> bytes:
    """Join a header and parts into the message that ``store.js`` unpacks.

    It is 4 bytes, big-endian, with the length of the header; the header, UTF-8 JSON, in which "parts" lists
    the name and the length of what follows; and the parts, one after the other.
    """
    parts = list(parts)
    listed = {**header, "parts": [(part.name, len(part.data)) for part in parts]}
    text = json.dumps(listed).encode()
    return b"".join((struct.pack(">I", len(text)), text, *(part.data for part in parts)))


def _base(picture: Picture, file: bytes, mime: str = FORMATS["png"].mime) -> Base:
    return Base(file, picture.height, picture.width, picture.alpha is not None, mime)


def _colour_profile(data: bytes) -> bytes:
    """Return the chunks that tell the colours, from length to checksum, of a PNG written by `sr_core`.

    They are empty where there are none. `sr_core` writes them right behind the head.
    """
    end = _HEAD
    while data[end + 4 : end + 8] in _COLOUR_CHUNKS:
        end += 12 + int.from_bytes(data[end : end + 4], "big")
    return data[_HEAD:end]


def _digest(*contents: object) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for content in contents:
        digest.update(b"" if content is None else content)  # type: ignore[arg-type]
    return digest.hexdigest()


def _halved(picture: Picture, largest: int) -> tuple[list[Picture], Picture]:
    """Return the levels, the picture itself first, and the overview of at most `largest` pixels."""
    levels = [picture]
    overview = _half(picture)
    while overview.height * overview.width > largest:
        levels.append(overview)
        overview = _half(overview)
    return levels, overview


def _half(picture: Picture) -> Picture:
    """Average 2 x 2 px; colours count by their opacity. In 8 bits: it is for screens only."""
    strips = []
    for top in range(0, picture.height, _STRIP_ROWS):
        rows = slice(top, top + _STRIP_ROWS)
        strip = picture.pixels[rows]
        if picture.alpha is not None:
            strip = np.dstack([strip, picture.alpha[rows]])
        strips.append(np.asarray(Image.fromarray(eight_bit(np.ascontiguousarray(strip))).reduce(2)))
    pixels = np.concatenate(strips)
    alpha = None if picture.alpha is None else pixels[..., 3]
    return replace(picture, pixels=pixels[..., :3], alpha=alpha, exif=None)


def _tile_messages(name: str, levels: list[Picture], profile: bytes) -> Iterator[bytes]:
    """Yield messages with all tiles, those of the smallest level first: they are the first to be of use."""
    waiting = [Part(f"{name}/icc", profile)] if profile else []
    for level in reversed(range(len(levels))):
        for tile in _tiles(f"{name}/{level}", levels[level]):
            waiting.append(tile)
            if sum(len(part.data) for part in waiting) >= _MESSAGE_BYTES:
                yield pack({}, waiting)
                waiting = []
    if waiting:
        yield pack({}, waiting)


def _tiles(prefix: str, level: Picture) -> Iterator[Part]:
    for row, top in enumerate(range(0, level.height, TILE)):
        for column, left in enumerate(range(0, level.width, TILE)):
            window = slice(top, top + TILE), slice(left, left + TILE)
            alpha = None if level.alpha is None else level.alpha[window]
            # The profile is sent once and not in every tile: it may be as large as one.
            tile = Picture(level.pixels[window], alpha, grey=level.grey)
            yield Part(f"{prefix}/{row}/{column}", encode(tile))
