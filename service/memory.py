"""How much memory this process can have, where the system tells, and what of it goes back to the system."""

import ctypes
import os
import platform
from pathlib import Path

_MIB = 2**20
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


def give_back() -> None:
    """Return to the system what is free in this process, where that does not happen by itself.

    glibc keeps what lies below anything that is in use, however much has been forgotten there.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


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
