"""One budget of memory for the process: what runs, and what is kept for people."""

import os
import threading
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from pathlib import Path

from service.networks import BusyError
from sr_core import Estimate, Limits, PictureTooLargeError, engines
from sr_core.files.reading import open_header

_MIB = 2**20
_GIB = 2**30
_LOOK_EVERY = 0.25  # s

DEFAULT_LIMIT_MIB = 3072.0
"""What the process takes at most, unless the system has less or an operator says more."""

# Bytes that decoding takes for each pixel at its peak, measured with 16 bits and transparency.
_DECODING = 30

# What a container may take: cgroup version 2, and version 1.
_CONTAINER_LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")


def attainable_mib(root: Path = Path("/")) -> float | None:
    """Return about how many MiB this process can have in all, what it has already included.

    Parameters
    ----------
    root : Path
        Where ``proc`` and ``sys`` are.

    Returns
    -------
    float or None
        None where the system does not tell, as on Windows and macOS.
    """
    free, own = _free(root), _own(root)
    if free is None or own is None:
        return None
    limits = [limit for name in _CONTAINER_LIMITS if (limit := _number(root / name)) is not None]
    return min([free + own, *limits]) / _MIB


def limit_mib() -> float:
    """Return what this process may take: as an operator says, or `DEFAULT_LIMIT_MIB`; or what there is."""
    allowed = float(os.environ.get("SUPERRES_MEMORY_MIB") or DEFAULT_LIMIT_MIB)
    attainable = attainable_mib()
    return allowed if attainable is None else min(allowed, attainable)


def needed_bytes(estimate: Estimate) -> float:
    """Return the memory of an enlargement beyond what the process takes anyway."""
    return max(0.0, estimate.memory_mib * 2**20 - engines.base_memory())


def decoding_bytes(data: bytes, limits: Limits) -> int:
    """Return about what decoding a picture file takes at its peak; beyond the limits it is refused anyway.

    Raises
    ------
    SuperResError
        See `sr_core.files.reading.open_header`.
    """
    header = open_header(data)
    return _DECODING * min(header.height * header.width, limits.max_pixels)


class MemoryBudget:
    """Who has how much of the memory that this process may take. Any thread may call.

    Parameters
    ----------
    limit : callable
        MiB that the process may take in all.
    """

    def __init__(self, limit: Callable[[], float] = limit_mib):
        self._limit = limit
        self._kept: dict[Hashable, int] = {}
        self._reserved: dict[object, float] = {}
        self._sources: list[Callable[[], int]] = []
        self._changed = threading.Condition()

    @property
    def kept(self) -> int:
        """Bytes that are kept for all people."""
        with self._changed:
            return sum(self._kept.values())

    def keep(self, owner: Hashable, nbytes: int) -> None:
        """Note how many bytes are kept for an owner; 0 forgets them."""
        with self._changed:
            self._kept[owner] = nbytes
            if not nbytes:
                del self._kept[owner]
            self._changed.notify_all()

    def count(self, source: Callable[[], int]) -> None:
        """Have the bytes counted that something else keeps, as `source` says."""
        with self._changed:
            self._sources.append(source)

    def has_room(self, nbytes: float) -> bool:
        """Whether so many bytes more could be kept."""
        with self._changed:
            return self._taken() + nbytes <= self._limit() * _MIB

    def check(self, needed: float, *, way_out: str) -> None:
        """Check that work of `needed` bytes could ever be done here.

        Parameters
        ----------
        needed : float
            Beyond what the process takes anyway.
        way_out : str
            What the person can do.

        Raises
        ------
        PictureTooLargeError
            It could not, even if nothing else were there.
        """
        limit = self._limit() * _MIB
        total = engines.base_memory() + needed
        if total > limit:
            raise PictureTooLargeError(
                f"Enlarging this picture takes about {total / _GIB:.1f} GiB of memory, and "
                f"this server has {limit / _GIB:.1f} GiB; {way_out}."
            )

    @contextmanager
    def reserve(self, needed: float, *, waiting: Callable[[], object], way_out: str) -> Iterator[None]:
        """Hold memory for work that is about to begin; who needs it waits while others' work holds it.

        Whoever waits must hold no turn that the others' work still needs.

        Parameters
        ----------
        needed : float
            Bytes, beyond what the process takes anyway.
        waiting : callable
            Called now and then meanwhile. If it raises, nobody waits any longer.
        way_out : str
            What the person can do where it is never possible.

        Raises
        ------
        PictureTooLargeError
            See `check`.
        BusyError
            What is kept for people leaves no room, and no work is about to end that would.
        """
        self.check(needed, way_out=way_out)
        ticket = object()
        while not self._take(ticket, needed):
            waiting()
            with self._changed:
                self._changed.wait(_LOOK_EVERY)
        try:
            yield
        finally:
            with self._changed:
                del self._reserved[ticket]
                self._changed.notify_all()

    def _take(self, ticket: object, needed: float) -> bool:
        with self._changed:
            if self._taken() + needed <= self._limit() * _MIB:
                self._reserved[ticket] = needed
                return True
            if not self._reserved:
                raise BusyError(
                    "The memory of this server is full of pictures that people look at just now; go on in a "
                    "minute or two, or remove results that you have downloaded."
                )
            return False

    def _taken(self) -> float:
        elsewhere = sum(source() for source in self._sources)
        return engines.base_memory() + sum(self._kept.values()) + sum(self._reserved.values()) + elsewhere


def _free(root: Path) -> int | None:
    for line in _text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _own(root: Path) -> int | None:
    pages = _text(root / "proc/self/statm").split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if len(pages) > 1 else None


def _number(path: Path) -> int | None:
    text = _text(path).strip()
    return int(text) if text.isdigit() else None  # "max" is no limit


def _text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # not this system's way of telling
