"""Runs a command in a fork of this process and kills it (Linux)."""

import contextlib
import os
import resource
import signal
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

_CHANGES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Moment(NamedTuple):
    """When a command is killed.

    Attributes
    ----------
    seconds : float, optional
        After its start.
    change : int, optional
        Number of the change (a file opened for writing, renamed or removed) just before which it is killed.
    byte : int, optional
        With `change`: not immediately, but as soon as a file would grow beyond this many bytes.
    """

    seconds: float | None = None
    change: int | None = None
    byte: int | None = None


class Outcome(NamedTuple):
    """Of a run: seconds, number of changes to files, and the exit status, negative for a signal."""

    seconds: float
    changes: int
    status: int


def run(
    main: Callable[[Sequence[str]], int],
    arguments: Sequence[str],
    folder: Path,
    log: Path,
    moment: Moment | None = None,
) -> Outcome:
    """Run ``main(arguments)`` in `folder`, with its output in `log`; kill it at `moment`.

    It runs in a fork, which saves importing again what this process has imported. With TensorFlow that is
    safe only before its first operation.
    """
    reading, writing = os.pipe()
    began = time.monotonic()
    child = os.fork()
    if not child:
        os.close(reading)
        _run_child(main, arguments, folder, log, moment or Moment(), writing)
    os.close(writing)
    if moment is not None and moment.seconds is not None:
        time.sleep(moment.seconds)
        os.kill(child, signal.SIGKILL)  # until it is waited for, its id is not reused
    _, status = os.waitpid(child, 0)
    seconds = time.monotonic() - began
    with os.fdopen(reading, "rb") as pipe:
        changes = len(pipe.read())
    with contextlib.suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)  # its own child processes
    return Outcome(seconds, changes, os.waitstatus_to_exitcode(status))


def _run_child(
    main: Callable[[Sequence[str]], int],
    arguments: Sequence[str],
    folder: Path,
    log: Path,
    moment: Moment,
    changes: int,
) -> None:
    status = 70
    try:
        os.setsid()
        output = os.open(log, os.O_WRONLY | os.O_CREAT)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(folder)
        _count_changes(changes, moment)
        status = main(arguments)
        sys.stdout.flush()
    finally:
        os._exit(status)


def _count_changes(pipe: int, moment: Moment) -> None:
    """Write a byte into `pipe` for each change to a file in this folder; die at `moment`."""
    folder, counted = Path.cwd(), 0
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)

    def hook(event: str, values: tuple[Any, ...]) -> None:
        nonlocal counted
        if event in _CHANGES or (event == "open" and isinstance(values[2], int) and values[2] & _WRITING):
            path = values[0]
            if isinstance(path, (str, Path)) and folder in Path(path).absolute().parents:
                counted += 1
                if counted == moment.change:
                    if moment.byte is None:
                        os.kill(os.getpid(), signal.SIGKILL)
                    else:
                        resource.setrlimit(resource.RLIMIT_FSIZE, (moment.byte, moment.byte))
                os.write(pipe, b".")

    sys.addaudithook(hook)
