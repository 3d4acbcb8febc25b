"""Runs a command as a process of its own, and tells what that took."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from typing import NamedTuple


class KilledError(RuntimeError):
    """The system stopped the process, as it does where memory runs out."""


class Usage(NamedTuple):
    """Wall seconds, peak RSS in bytes, and what was written to standard output."""

    seconds: float
    peak: int
    output: bytes


def measure(command: list[str]) -> Usage:
    """Run a command to its end.

    Raises
    ------
    KilledError
        The system stopped it.
    RuntimeError
        It failed; with what it wrote to standard error.
    """
    with tempfile.TemporaryFile() as said, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=said, stderr=errors)
        # Neither `wait` nor RUSAGE_CHILDREN: only this tells the peak of this one process.
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - began
        said.seek(0)
        errors.seek(0)
        if process.returncode == -signal.SIGKILL:
            raise KilledError(f"The command was killed: {' '.join(command)}")
        if process.returncode:
            raise RuntimeError(f"The command failed: {' '.join(command)}\n{errors.read().decode()}")
        # Linux counts in KiB, macOS in bytes.
        return Usage(seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024), said.read())
