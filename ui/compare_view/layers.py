"""What the views draw: a picture as PNG, or, where that is too large for a browser, as overview and tiles.

A browser decodes a PNG as a whole, 4 bytes a pixel: two pictures of 64 megapixels would take 512 MiB and
seconds in which nothing moves. So a large picture is halved again and again, and each of these levels is cut
into tiles. All of them are sent, as PNG, but only those in view are decoded. They are not asked for one by
one when they are needed, because that would be a run of the page each time, and no page can run while it
works on the next picture.
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from PIL import Image

from sr_core import OptionError, Picture, encode
from sr_core.pixels import eight_bit
from ui.compare_view import png
from ui.compare_view.messages import Part, pack

LARGEST_WHOLE = 4096 * 4096
"""Pixels up to which a picture is decoded as a whole, 64 MiB."""
TILE = 512
"""Side of a tile in px: 1 MiB decoded, a few milliseconds."""

# An overview has at most this share of the pixels above which there is one: 2 megapixels, as many as most
# windows have.
_OVERVIEW = 1 / 8
# Bytes of tiles in one message: what comes behind, such as the answer to a click, waits for no more.
_CARGO = 8_000_000
_STRIP_ROWS = 1024  # even, so that strips halve into whole rows


class Size(NamedTuple):
    """Of a picture, in px."""

    height: int
    width: int


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
    base : bytes
        PNG: the picture, its overview, or the small picture whose pixels are drawn as squares.
    levels : tuple of Size
        Of the levels that are cut into tiles, each half of the one before; none where `base` is everything.
    cargo : tuple of bytes
        Messages with the tiles, ready to be sent.
    caption : str
        What else a grid says about it.
    """

    label: str
    id: str
    size: Size
    base: bytes
    levels: tuple[Size, ...] = ()
    cargo: tuple[bytes, ...] = ()
    caption: str = ""

    def __post_init__(self) -> None:
        if not self.label.strip():
            raise OptionError(f"Each picture needs a name on screen. Received: label={self.label!r}")

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return len(self.base) + sum(map(len, self.cargo))

    @property
    def part(self) -> Part:
        """Its base, as it travels."""
        return Part(f"{self.id}/base", self.base)

    def described(self) -> dict[str, object]:
        """What the browser is told about it."""
        header = png.read_header(self.base)
        return {
            "id": self.id,
            "label": self.label,
            "caption": self.caption,
            "width": self.size.width,
            "height": self.size.height,
            "alpha": header.has_alpha,
            "base": {"width": header.width, "height": header.height},
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
        base = file or encode(picture, keep_metadata=False)
        return Layer(label, _digest(base), size, base, caption=caption)
    chunks = picture.colour_chunks
    name = _digest(np.ascontiguousarray(picture.pixels), picture.alpha, picture.icc, repr(chunks).encode())
    levels, overview = _halved(replace(picture, icc=None, colour_chunks=()), int(largest_whole * _OVERVIEW))
    overview = encode(replace(overview, icc=picture.icc, colour_chunks=chunks), keep_metadata=False)
    cargo = tuple(_cargo(name, levels, png.colour_profile(overview)))
    sizes = tuple(Size(level.height, level.width) for level in levels)
    return Layer(label, name, size, overview, sizes, cargo, caption)


def nearest_layer(small: Picture, label: str, *, height: int, width: int, caption: str = "") -> Layer:
    """Make a small picture ready to be drawn enlarged to ``height x width`` px, each pixel as a square."""
    base = encode(small, keep_metadata=False)
    return Layer(
        label, _digest(base, f"{height} {width}".encode()), Size(height, width), base, caption=caption
    )


def file_layer(data: bytes, label: str, name: str) -> Layer:
    """Make a PNG file ready for the views as it is; `name` says in the message of an error which it was.

    Raises
    ------
    UnreadablePictureError
        It is not a PNG file.
    """
    header = png.read_header(data, name)
    return Layer(label, _digest(data), Size(header.height, header.width), data)


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


def _cargo(name: str, levels: list[Picture], profile: bytes) -> Iterator[bytes]:
    """Yield messages with all tiles, those of the smallest level first: they are the first to be of use."""
    waiting = [Part(f"{name}/icc", profile)] if profile else []
    for level in reversed(range(len(levels))):
        for tile in _tiles(f"{name}/{level}", levels[level]):
            waiting.append(tile)
            if sum(len(part.data) for part in waiting) >= _CARGO:
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
