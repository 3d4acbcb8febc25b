import os
import platform
from pathlib import Path

import pytest

from service.memory import attainable_mib
from service.process import trim_heap


def machine(folder: Path, *, free_kb: int, own_pages: int, limit: str = "") -> Path:
    (folder / "proc/self").mkdir(parents=True)
    (folder / "proc/meminfo").write_text(f"MemTotal: 99 kB\nMemAvailable:  {free_kb} kB\n")
    (folder / "proc/self/statm").write_text(f"9999 {own_pages} 1 1 0 1 0\n")
    if limit:
        (folder / "sys/fs/cgroup").mkdir(parents=True)
        (folder / "sys/fs/cgroup/memory.max").write_text(f"{limit}\n")
    return folder


@pytest.mark.parametrize(("limit", "expected"), [("", 300), ("max", 300), (str(200 * 2**20), 200)])
def test_what_is_free_and_what_is_had_already_count_up_to_the_containers_limit(
    tmp_path: Path, limit: str, expected: float
):
    pages = 100 * 2**20 // os.sysconf("SC_PAGE_SIZE")
    root = machine(tmp_path, free_kb=200 * 1024, own_pages=pages, limit=limit)

    assert attainable_mib(root) == expected


def test_system_that_does_not_tell_is_no_error(tmp_path: Path):
    assert attainable_mib(tmp_path) is None


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc holds memory back")
def test_memory_that_glibc_held_back_is_given_back():
    # Small pieces, of which every hundredth stays, so that the heap can't simply become shorter.
    pieces = [bytes(1000) for _ in range(100_000)]
    held = pieces[::100]
    del pieces
    before = resident_mib()

    trim_heap()

    assert len(held) == 1000
    assert resident_mib() < before - 50


def resident_mib() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
