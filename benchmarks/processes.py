"""Runs commands and measures their time and memory."""

import json
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple

# The parent of the command is a process as small as possible: the peak that the system reports of a process
# starts at that of its parent. Linux counts in KiB, macOS in bytes.
_WATCH = """
import json, os, sys, time
began = time.perf_counter()
process = os.posix_spawnp(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(process, 0)
peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
with open(sys.argv[1], "w") as file:
    json.dump([time.perf_counter() - began, peak, os.waitstatus_to_exitcode(status)], file)
"""


class KilledError(RuntimeError):
    """The system killed the process, as it does when memory runs out."""


class Usage(NamedTuple):
    """Wall time in s, peak RSS in bytes, and the standard output."""

    seconds: float
    peak: int
    output: bytes


def measure(command: list[str]) -> Usage:
    """Run a command to its end.

    Raises
    ------
    KilledError
        The system killed it.
    RuntimeError
        It failed; the message holds its standard error.
    """
    with tempfile.TemporaryDirectory() as folder:
        usage = Path(folder) / "usage.json"
        done = subprocess.run(
            [sys.executable, "-I", "-S", "-c", _WATCH, usage, *command], capture_output=True
        )
        if done.returncode:
            raise RuntimeError(f"The command cannot be run: {' '.join(command)}\n{done.stderr.decode()}")
        seconds, peak, status = json.loads(usage.read_text())
    if status == -signal.SIGKILL:
        raise KilledError(f"The command was killed: {' '.join(command)}")
    if status:
        raise RuntimeError(f"The command failed: {' '.join(command)}\n{done.stderr.decode()}")
    return Usage(seconds, peak, done.stdout)
