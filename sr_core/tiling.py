"""Cuts a picture into overlapping windows of one shape, so that any picture fits into fixed memory.

Every window lies wholly inside the picture: those at the edge slide inward instead of being padded,
because a network pads the border of the picture itself, and any other padding changes pixels there. Each
output pixel comes from the window in whose middle it lies. Once the overlap reaches the network's receptive
radius on both sides (the halo), the stitched result equals that of the whole picture.

A network that groups pixels into cells, counted from the picture's first pixel, forms the same cells in a
window only if the window begins at a multiple of the cell's side (the grid).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from sr_core.errors import OptionError


@dataclass(frozen=True, slots=True)
class Span:
    """One window along one axis, in LR px: it reads ``[start, start + size)`` and owns ``[first, last)``."""

    start: int
    first: int
    last: int

    def owned(self, scale: int = 1) -> slice:
        """Return the part of the picture that the window owns, enlarged by `scale`."""
        return slice(self.first * scale, self.last * scale)

    def inside(self, scale: int = 1) -> slice:
        """Return where that part lies in the window."""
        return slice((self.first - self.start) * scale, (self.last - self.start) * scale)


@dataclass(frozen=True, slots=True)
class Tile:
    """One window: what it reads and which part of the picture it owns, in LR px."""

    rows: Span
    columns: Span


@dataclass(frozen=True, slots=True)
class Plan:
    """How a picture of ``height x width`` LR px is cut into windows of ``tile_height x tile_width``."""

    height: int
    width: int
    tile_height: int
    tile_width: int
    rows: tuple[Span, ...]
    columns: tuple[Span, ...]

    def __len__(self) -> int:
        return len(self.rows) * len(self.columns)

    def __iter__(self) -> Iterator[Tile]:
        return (Tile(rows, columns) for rows in self.rows for columns in self.columns)

    @property
    def computed(self) -> int:
        """Number of LR px that the network processes, including overlaps."""
        return len(self) * self.tile_height * self.tile_width


def plan(height: int, width: int, *, sizes: Sequence[int], halo: int, grid: int = 1) -> Plan:
    """Choose the windows that cover a picture with the least work.

    Parameters
    ----------
    height, width : int
        Size of the picture in LR px, 1 or more.
    sizes : sequence of int
        Window sizes to choose from, in LR px; each axis takes the one with the least work. A side that is not
        longer than the largest size is not cut. Sizes are reduced by up to ``grid - 1`` px so that the last
        window ends with the picture.
    halo : int
        Least distance, in LR px, of an owned pixel from an edge of its window inside the picture. Sizes that
        are too small for it are ignored.
    grid : int
        Windows begin at multiples of it, in LR px.

    Raises
    ------
    OptionError
        The halo is negative, or too large for every window.
    """
    spare = 2 * (grid - 1)  # a window may lose one half to the picture's end, and the other to its step
    usable = [size for size in sizes if size > 2 * halo + spare]
    if halo < 0 or not usable:
        more = f"twice its halo and {spare} px" if spare else "twice its halo"
        raise OptionError(
            f"A tile must be more than {more}, and the halo must not be negative; "
            f"choose a larger tile or a smaller halo; received tile {max(sizes)} px, halo {halo} px."
        )
    tile_height, rows = _cheapest(height, usable, halo, grid)
    tile_width, columns = _cheapest(width, usable, halo, grid)
    return Plan(height, width, tile_height, tile_width, rows, columns)


def _cheapest(length: int, sizes: Sequence[int], halo: int, grid: int) -> tuple[int, tuple[Span, ...]]:
    if length <= max(sizes):
        return length, (Span(0, 0, length),)
    fitting = [size - (size - length) % grid for size in sizes]
    options = ((size, _spans(length, size, halo, grid)) for size in fitting)
    # With equal work, the larger window: fewer calls.
    return min(options, key=lambda option: (option[0] * len(option[1]), -option[0]))


def _spans(length: int, size: int, halo: int, grid: int) -> tuple[Span, ...]:
    last, step = (length - size) // grid, (size - 2 * halo) // grid
    count = 1 + -(-last // step)
    starts = [grid * round(i * last / (count - 1)) for i in range(count)]
    # The seam lies in the middle of the overlap of two windows, which is at least two halos wide.
    seams = [(a + size + b) // 2 for a, b in pairwise(starts)]
    edges = [0, *seams, length]
    return tuple(Span(start, *owned) for start, owned in zip(starts, pairwise(edges), strict=True))
