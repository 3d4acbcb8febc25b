"""Runs cases in processes that may crash, hang or take too much memory (Linux)."""

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
TIMEOUT = 10.0  # s of CPU time; on a busy machine the wall time may be far longer
_WALL_TIMEOUT = 600.0  # s, for a case that blocks forever

_SPAWN = multiprocessing.get_context("spawn")


class Outcome(NamedTuple):
    """The answer of a case, its CPU time in s, and the peak RSS of its process in MB."""

    case: int
    answer: str
    seconds: float = TIMEOUT
    megabytes: float = 0.0


def run(
    make: Callable[[int], Any], attempt: Callable[[Any], str], cases: int, *, workers: int
) -> Iterator[Outcome]:
    """Attempt each case in a process with limited memory and time.

    Parameters
    ----------
    make : callable
        Makes the case of a number; not included in its time.
    attempt : callable
        Runs a case and returns its answer. Both are pickled, so they must be defined in a module.
    cases : int
        Number of cases.
    workers : int
        Number of processes, each of which runs many cases; one that dies is replaced.

    Yields
    ------
    Outcome
        In the order of the cases.
    """
    local, workers_started, lock = threading.local(), [], threading.Lock()

    def one(case: int) -> Outcome:
        if not hasattr(local, "worker"):
            local.worker = _Worker(make, attempt)
            with lock:
                workers_started.append(local.worker)
        return local.worker.run(case)

    with ThreadPoolExecutor(workers) as pool:
        try:
            yield from pool.map(one, range(cases))
        finally:
            pool.shutdown(cancel_futures=True)
            for worker in workers_started:
                worker.close()


class _Worker:
    def __init__(self, make: Callable[[int], Any], attempt: Callable[[Any], str]):
        self._functions = make, attempt
        self._start()

    def _start(self) -> None:
        self._connection, theirs = _SPAWN.Pipe()
        self._process = _SPAWN.Process(target=_work, args=(theirs, *self._functions), daemon=True)
        self._process.start()
        theirs.close()

    def run(self, case: int) -> Outcome:
        try:
            self._connection.send(case)
            began, used = time.monotonic(), self._cpu_seconds()
            while not self._connection.poll(0.5):
                if self._cpu_seconds() - used > TIMEOUT or time.monotonic() - began > _WALL_TIMEOUT:
                    answer = f"no end after {TIMEOUT:g} s"
                    break
            else:
                return self._connection.recv()
        except (EOFError, OSError):
            self._process.join()
            answer = f"the process ended: {self._process.exitcode}"
        self.close()
        self._start()
        return Outcome(case, answer)

    def _cpu_seconds(self) -> float:
        """Return the CPU time of the process so far."""
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
        Path("/proc/self/clear_refs").write_text("5")  # resets the peak
        began = time.process_time()
        answer = attempt(content)
        connection.send(Outcome(case, answer, time.process_time() - began, _peak()))


def _peak() -> float:
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000
