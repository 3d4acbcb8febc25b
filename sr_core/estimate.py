"""Time and memory of an enlargement: estimated before it begins, and its progress."""

import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """The progress of an enlargement.

    Attributes
    ----------
    done, total : int
        Tiles, including those of the alpha plane if it goes through the network.
    seconds : float
        Since the start, excluding time spent in the callback.
    remaining : float or None
        Seconds left at the speed so far; None before the first tile is done.
    """

    done: int
    total: int
    seconds: float
    remaining: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """The time and memory that an enlargement will take.

    Attributes
    ----------
    height, width : int
        Size of the result in px.
    seconds : float
        At the best speed measured so far on this machine.
    memory_mib : float
        Approximate peak memory of the process in MiB, including the bicubic baseline and the encoding.
    tiles : int
        Windows that go through the network, including those of the alpha plane.
    """

    height: int
    width: int
    seconds: float
    memory_mib: float
    tiles: int


class Clock:
    """Counts the tiles of one enlargement and reports its progress.

    Parameters
    ----------
    total : int
        Tiles.
    report : callable
        Called with a `Progress` immediately and after each `advance`.
    """

    def __init__(self, total: int, report: Callable[[Progress], object]):
        self.seconds = 0.0
        self._done, self._total, self._report = 0, total, report
        report(Progress(0, total, 0.0, None))
        self._began = time.perf_counter()

    def advance(self, tiles: int) -> None:
        """Record that `tiles` more are done."""
        self._done += tiles
        self.seconds = time.perf_counter() - self._began
        remaining = self.seconds / self._done * (self._total - self._done)
        self._report(Progress(self._done, self._total, self.seconds, remaining))
        # The callback may let others run first; that time does not count.
        self._began = time.perf_counter() - self.seconds


def memory(
    small: int, *, scale: int, result: int, alpha: bool, bit_depth: int, process: int, running: int
) -> int:
    """Return the approximate peak memory of a process, in bytes.

    Parameters
    ----------
    small, result : int
        Number of px of the LR picture and of the result, which is reduced if it is smaller than the network's
        output.
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
    # Encoding: the result, the baseline, and the file in parts and as a whole, which for noise is as large.
    peaks.append(result * 4 * pixel)
    # The picture itself, its bled colours, and, while these are made, distances and labels.
    return process + small * (pixel + 3 * depth + 8) + max(peaks)
