"""What an enlargement takes: told before it begins, and while it goes on."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an enlargement is.

    Attributes
    ----------
    done, total : int
        Tiles, those of the alpha plane included where it goes through the network.
    seconds : float
        Since the beginning, without those that the callback itself took.
    remaining : float or None
        Seconds left at the speed so far; None before the first tile is done.
    """

    done: int
    total: int
    seconds: float
    remaining: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What an enlargement will take.

    Attributes
    ----------
    height, width : int
        Size of the result in px.
    seconds : float
        At the best speed measured so far on this machine.
    memory_mib : float
        Peak memory of the process in MiB, about, the bicubic baseline and the encoding included.
    tiles : int
        Windows that go through the network, those of the alpha plane included.
    """

    height: int
    width: int
    seconds: float
    memory_mib: float
    tiles: int


class Clock:
    """Counts the tiles of one enlargement and tells how far it is.

    Parameters
    ----------
    total : int
        Tiles.
    tell : callable
        Called with a `Progress` at once and after each `advance`.
    """

    def __init__(self, total: int, tell: Callable[[Progress], object]):
        self.seconds = 0.0
        self._done, self._total, self._tell = 0, total, tell
        tell(Progress(0, total, 0.0, None))
        self._began = time.perf_counter()

    def advance(self, tiles: int) -> None:
        """Note that so many more tiles are done."""
        self._done += tiles
        self.seconds = time.perf_counter() - self._began
        remaining = self.seconds / self._done * (self._total - self._done)
        self._tell(Progress(self._done, self._total, self.seconds, remaining))
        # Who is told may let others pass, which says nothing of the speed.
        self._began = time.perf_counter() - self.seconds


def memory(
    small: int, *, scale: int, result: int, alpha: bool, bit_depth: int, process: int, running: int
) -> int:
    """Return about how many bytes a process takes at its peak.

    Parameters
    ----------
    small, result : int
        LR px of the picture, and px of the result, which is reduced where it is smaller than the network's.
    scale : int
        Of the network.
    alpha : bool
        Whether the picture has an alpha plane.
    bit_depth : int
        8 or 16.
    process : int
        Bytes that the process takes before the first picture.
    running : int
        Bytes that the network takes while it runs.
    """
    depth = bit_depth // 8
    pixel = (4 if alpha else 3) * depth
    full = small * scale**2
    # Enlarging: the network, the result, and the masks of even alpha.
    peaks = [running + full * (pixel + (depth + 2 if alpha else 0))]
    if result != full:
        # Reducing: a plane of opacity and a weighted one, as float32, each once more inside Pillow.
        peaks.append(full * (pixel + 16) + result * (pixel + 4))
    # Encoding: the result, the baseline, and the file in parts and whole, which of noise is as large.
    peaks.append(result * 4 * pixel)
    # The picture itself, its bled colours, and, while these are made, distances and labels.
    return process + small * (pixel + 3 * depth + 8) + max(peaks)
