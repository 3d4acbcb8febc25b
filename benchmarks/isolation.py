"""Runs cases in processes that may crash, hang or take too much memory, and says how it went (Linux)."""

import multiprocessing
import os
import resource
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, NamedTuple

ADDRESS_SPACE = 3 * 2**30  # bytes
LONGEST = 10.0  # s of processor time; of a busy machine's clock far more may pass
_LONGEST_WAIT = 600.0  # s, for a case that waits for what never comes

_SPAWN = multiprocessing.get_context("spawn")


class Outcome(NamedTuple):
    """What a case gave, its seconds of processor time, and the peak of its process's RSS in MB."""

    case: int
    told: str
    seconds: float = LONGEST
    megabytes: float = 0.0


def run(
    make: Callable[[int], Any], attempt: Callable[[Any], str], cases: int, *, workers: int
) -> Iterator[Outcome]:
    """Attempt each case in a process of limited memory and time.

    Parameters
    ----------
    make : callable
        Given the number of a case, makes it; that is not counted.
    attempt : callable
        Given a case, returns what came of it. Both are pickled, so that they belong to a module.
    cases : int
    workers : int
        How many processes, each of which goes on to the next case; one that dies is replaced.

    Yields
    ------
    Outcome
        In the order of the cases.
    """
    local, every, lock = threading.local(), [], threading.Lock()

    def one(case: int) -> Outcome:
        if not hasattr(local, "worker"):
            local.worker = _Worker(make, attempt)
            with lock:
                every.append(local.worker)
        return local.worker.run(case)

    with ThreadPoolExecutor(workers) as pool:
        try:
            yield from pool.map(one, range(cases))
        finally:
            pool.shutdown(cancel_futures=True)
            for worker in every:
                worker.close()


class _Worker:
    def __init__(self, make: Callable[[int], Any], attempt: Callable[[Any], str]):
        self._does = make, attempt
        self._start()

    def _start(self) -> None:
        self._connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(theirs, *self._does), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, case: int) -> Outcome:
        try:
            self._connection.send(case)
            began, used = time.monotonic(), self._used()
            while not self._connection.poll(0.5):
                if self._used() - used > LONGEST or time.monotonic() - began > _LONGEST_WAIT:
                    told = f"no end after {LONGEST:g} s"
                    break
            else:
                return self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            told = f"the process ended: {self._process.exitcode}"
        self.close()
        self._start()
        return Outcome(case, told)

    def _used(self) -> float:
        """Seconds of processor time that the process has taken so far."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def close(self) -> None:
        self._process.kill()
        self._process.join()
        self._connection.close()


def _work(connection: Connection, make: Callable[[int], Any], attempt: Callable[[Any], str]) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE, ADDRESS_SPACE))
    while True:
        case = connection.recv()
        content = make(case)
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        began = time.process_time()
        told = attempt(content)
        connection.send(Outcome(case, told, time.process_time() - began, _peak()))


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000
