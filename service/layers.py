"""Pictures for the views: one PNG, or an overview and tiles if that is too large for a browser.

A browser decodes a PNG as a whole, at 4 bytes per pixel: two pictures of 64 megapixels would take 512 MiB and
block the page for seconds. So a large picture becomes a pyramid of halved levels, each cut into tiles. All
tiles are sent, as PNG, but only those in view are decoded. They are not requested on demand, because each
request would be a script run, and no page can run while it works on the next picture.
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
"""Maximum pixels of a picture that is decoded as a whole, 64 MiB."""
TILE = 512
"""Side of a tile in px: 1 MiB decoded, a few milliseconds."""

# Maximum size of an overview as a share of `largest_whole`: 2 megapixels, as many as most windows have.
_OVERVIEW = 1 / 8
# Bytes of tiles per message: what is sent next, such as the answer to a click, waits for no more than that.
_MESSAGE_BYTES = 8_000_000
_STRIP_ROWS = 1024  # even, so that strips halve into whole rows


_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_CHUNKS = (b"cICP", b"mDCV", b"cLLI", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
_COLOUR_TYPES_WITH_ALPHA = (4, 6)
# Signature, then length, name, content and checksum of the chunk IHDR.
_HEAD = 8 + 4 + 4 + 13 + 4


class Size(NamedTuple):
    """Size of a picture in px."""

    height: int
    width: int


class Part(NamedTuple):
    """A picture file, or a chunk of one, and the name under which the browser stores it."""

    name: str
    data: bytes


class Base(NamedTuple):
    """A file that is decoded as a whole, its size in px, and whether it has transparency."""

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
        Name on screen. Any text; never interpreted as HTML.
    id : str
        Digest of its pixels.
    size : Size
        Size at which it is drawn.
    base : Base
        The picture, its overview, or the small picture whose pixels are drawn as squares.
    levels : tuple of Size
        Sizes of the tiled levels, each half of the one before; empty if `base` is the whole picture.
    tiles : tuple of bytes
        Messages with the tiles, ready to send.
    caption : str
        More text about it in a grid.
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
        """Memory used, in bytes."""
        return len(self.base.data) + sum(map(len, self.tiles))

    @property
    def part(self) -> Part:
        """Its base, as it is sent."""
        return Part(f"{self.id}/base", self.base.data)

    def describe(self) -> dict[str, object]:
        """Return the properties that the browser needs, as JSON types."""
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
    """Return the layer of a picture; takes about as long as encoding it as PNG.

    Parameters
    ----------
    picture : Picture
    label, caption : str
        See `Layer`.
    file : bytes, optional
        The picture as PNG, if it has been encoded already.
    largest_whole : int
        Number of pixels above which it is cut into tiles.

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
    levels, overview = _pyramid(replace(picture, icc=None, colour_chunks=()), int(largest_whole * _OVERVIEW))
    overview = replace(overview, icc=picture.icc, colour_chunks=chunks)
    base = _base(overview, encode(overview, keep_metadata=False))
    tiles = tuple(_tile_messages(name, levels, _read_colour_chunks(base.data)))
    sizes = tuple(Size(level.height, level.width) for level in levels)
    return Layer(label, name, size, base, sizes, tiles, caption)


def nearest_layer(small: Picture, label: str, *, height: int, width: int, caption: str = "") -> Layer:
    """Return the layer of a small picture drawn at ``height x width`` px, each pixel as a square."""
    too_long = max(small.height, small.width) > (FORMATS["webp"].max_side or 0)
    # Colours that WebP cannot describe.
    other_colours = small.colour_chunks or (small.grey and small.icc)
    if too_long or other_colours or small.bit_depth == 16:
        base = _base(small, encode(small, keep_metadata=False))
    else:
        # A third smaller than PNG. With these settings 4 megapixels take half a second.
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
    """Return the layer of a PNG file, unchanged; `name` identifies the picture in error messages.

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

    The message consists of the length of the header in 4 bytes, big-endian; the header as UTF-8 JSON, whose
    "parts" lists the name and length of each part; and the parts themselves.
    """
    parts = list(parts)
    listed = {**header, "parts": [(part.name, len(part.data)) for part in parts]}
    text = json.dumps(listed).encode()
    return b"".join((struct.pack(">I", len(text)), text, *(part.data for part in parts)))


def _base(picture: Picture, file: bytes, mime: str = FORMATS["png"].mime) -> Base:
    return Base(file, picture.height, picture.width, picture.alpha is not None, mime)


def _read_colour_chunks(data: bytes) -> bytes:
    """Return the complete colour chunks of a PNG written by `sr_core`, which puts them right after IHDR."""
    end = _HEAD
    while data[end + 4 : end + 8] in _COLOUR_CHUNKS:
        end += 12 + int.from_bytes(data[end : end + 4], "big")
    return data[_HEAD:end]


def _digest(*contents: object) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for content in contents:
        digest.update(b"" if content is None else content)  # type: ignore[arg-type]
    return digest.hexdigest()


def _pyramid(picture: Picture, largest: int) -> tuple[list[Picture], Picture]:
    """Return the levels, starting with the picture itself, and the overview of at most `largest` pixels."""
    levels = [picture]
    overview = _half(picture)
    while overview.height * overview.width > largest:
        levels.append(overview)
        overview = _half(overview)
    return levels, overview


def _half(picture: Picture) -> Picture:
    """Average 2 x 2 px, weighting colours by opacity. In 8 bits, as it is only for screens."""
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
    """Yield messages with all tiles, starting with the smallest level, which is useful first."""
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
            # The colour profile is sent once, not in every tile: it may be as large as a tile.
            tile = Picture(level.pixels[window], alpha, grey=level.grey)
            yield Part(f"{prefix}/{row}/{column}", encode(tile))
