"""One memory budget for the process: running work, and data kept for people."""

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
_POLL_INTERVAL = 0.25  # s

DEFAULT_LIMIT_MIB = 3072.0
"""Memory limit of the process, unless the system has less or an operator sets another one."""

# Peak memory of decoding, in bytes per pixel, measured with 16 bits and transparency.
_DECODING = 30

# Memory limits of a container: cgroup version 2, and version 1.
_CONTAINER_LIMITS = ("sys/fs/cgroup/memory.max", "sys/fs/cgroup/memory/memory.limit_in_bytes")


def attainable_mib(root: Path = Path("/")) -> float | None:
    """Return about how many MiB this process can have in total, including what it already uses.

    Parameters
    ----------
    root : Path
        Directory that contains ``proc`` and ``sys``.

    Returns
    -------
    float or None
        None if the system does not report it, as on Windows and macOS.
    """
    available, resident = _available(root), _resident(root)
    if available is None or resident is None:
        return None
    limits = [limit for name in _CONTAINER_LIMITS if (limit := _read_number(root / name)) is not None]
    return min([available + resident, *limits]) / _MIB


def limit_mib() -> float:
    """Return the limit of this process: the operator's or `DEFAULT_LIMIT_MIB`, capped at the attainable."""
    allowed = float(os.environ.get("SUPERRES_MEMORY_MIB") or DEFAULT_LIMIT_MIB)
    attainable = attainable_mib()
    return allowed if attainable is None else min(allowed, attainable)


def needed_bytes(estimate: Estimate) -> float:
    """Return the memory that an enlargement takes beyond the process's base memory."""
    return max(0.0, estimate.memory_mib * 2**20 - engines.base_memory())


def decoding_bytes(data: bytes, limits: Limits) -> int:
    """Return the approximate peak memory of decoding a file; beyond `limits`, decoding refuses it anyway.

    Raises
    ------
    SuperResError
        See `sr_core.files.reading.open_header`.
    """
    header = open_header(data)
    return _DECODING * min(header.height * header.width, limits.max_pixels)


class MemoryBudget:
    """Tracks how the memory of this process is used. Thread-safe.

    Parameters
    ----------
    limit : callable
        Returns the MiB that the process may use in total.
    """

    def __init__(self, limit: Callable[[], float] = limit_mib):
        self._limit = limit
        self._kept: dict[Hashable, int] = {}
        self._reserved: dict[object, float] = {}
        self._sources: list[Callable[[], int]] = []
        self._changed = threading.Condition()

    @property
    def kept(self) -> int:
        """Bytes kept for all people."""
        with self._changed:
            return sum(self._kept.values())

    def set_kept(self, owner: Hashable, nbytes: int) -> None:
        """Set how many bytes are kept for an owner; 0 removes the entry."""
        with self._changed:
            self._kept[owner] = nbytes
            if not nbytes:
                del self._kept[owner]
            self._changed.notify_all()

    def add_source(self, source: Callable[[], int]) -> None:
        """Also count the bytes that `source` returns, which something else keeps."""
        with self._changed:
            self._sources.append(source)

    def has_room(self, nbytes: float) -> bool:
        """Return whether another `nbytes` bytes could be kept."""
        with self._changed:
            return self._used() + nbytes <= self._limit() * _MIB

    def check(self, needed: float, *, remedy: str) -> None:
        """Check that work that needs this much memory can ever run here.

        Parameters
        ----------
        needed : float
            Bytes beyond the process's base memory.
        remedy : str
            What the person can do if it cannot; part of the error message.

        Raises
        ------
        PictureTooLargeError
            It does not fit, even with nothing else in memory.
        """
        limit = self._limit() * _MIB
        total = engines.base_memory() + needed
        if total > limit:
            raise PictureTooLargeError(
                f"Enlarging this picture takes about {total / _GIB:.1f} GiB of memory, and "
                f"this server has {limit / _GIB:.1f} GiB; {remedy}."
            )

    @contextmanager
    def reserve(self, needed: float, *, on_wait: Callable[[], object], remedy: str) -> Iterator[None]:
        """Reserve memory for the ``with`` block, waiting while other work holds too much of it.

        The caller must not hold a turn that this other work still needs.

        Parameters
        ----------
        needed : float
            Bytes beyond the process's base memory.
        on_wait : callable
            Called repeatedly while waiting. If it raises, the wait ends.
        remedy : str
            See `check`.

        Raises
        ------
        PictureTooLargeError
            See `check`.
        BusyError
            Data kept for people leaves no room, and there is no running work whose end would free any.
        """
        self.check(needed, remedy=remedy)
        ticket = object()
        while not self._try_reserve(ticket, needed):
            on_wait()
            with self._changed:
                self._changed.wait(_POLL_INTERVAL)
        try:
            yield
        finally:
            with self._changed:
                del self._reserved[ticket]
                self._changed.notify_all()

    def _try_reserve(self, ticket: object, needed: float) -> bool:
        with self._changed:
            if self._used() + needed <= self._limit() * _MIB:
                self._reserved[ticket] = needed
                return True
            if not self._reserved:
                raise BusyError(
                    "The memory of this server is full of pictures that people are looking at; go on in a "
                    "minute or two, or remove results that you have downloaded."
                )
            return False

    def _used(self) -> float:
        elsewhere = sum(source() for source in self._sources)
        return engines.base_memory() + sum(self._kept.values()) + sum(self._reserved.values()) + elsewhere


def _available(root: Path) -> int | None:
    for line in _read_text(root / "proc/meminfo").splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def _resident(root: Path) -> int | None:
    pages = _read_text(root / "proc/self/statm").split()
    return int(pages[1]) * os.sysconf("SC_PAGE_SIZE") if len(pages) > 1 else None


def _read_number(path: Path) -> int | None:
    text = _read_text(path).strip()
    return int(text) if text.isdigit() else None  # "max" means no limit


def _read_text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""  # this system does not have the file
