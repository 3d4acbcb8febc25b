"""What runs in each worker: the network, loaded once, and one picture after another."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from sr_core import engines, files, jobs, shared_options
from sr_core.files.store import Store
from sr_core.result import Result
from sr_core.telling import sentence


class Worker:
    """Enlarges pictures; Ray makes one in each of its processes.

    Parameters
    ----------
    options : argparse.Namespace
        Of the command.
    result : Result
    source, target : Store
    decided : dict
        The engine and the precision, which must be the same everywhere, so that all files are alike.
    threads : int
        How many to compute with.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        result: Result,
        source: Store,
        target: Store,
        decided: dict[str, Any],
        threads: int,
    ):
        use_threads(threads)
        self._machine = shared_options.upscaler(options, **decided)
        self._result, self._source, self._target = result, source, target
        self._debug = options.debug

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Enlarge the picture of a row; return its number with what there is to tell, as JSON, or nothing.

        It never raises: one bad picture is no reason to leave the others undone.
        """
        told: dict[str, Any] = {}
        try:
            losses = self._enlarge(Path(row["source"]), Path(row["target"]))
            told = {"losses": losses} if losses else {}
        except Exception as error:
            told = {"error": sentence(error, debug=self._debug)}
        return {"number": row["number"], "told": json.dumps(told) if told else ""}

    def _enlarge(self, source: Path, target: Path) -> tuple[str, ...]:
        if self._target.exists(target):
            return ()  # By a worker that was lost before it could say so.
        if self._target.is_local:
            jobs.check_name(target)
        limits = files.DEFAULT_LIMITS
        small = files.decode(self._source.read(source, max_bytes=limits.max_bytes), limits=limits)
        size, losses = self._result.check(small, reach=self._machine.scale)
        data, _ = self._result.make(small, size, self._machine)
        self._target.write(target, data)
        return losses


def use_threads(count: int) -> None:
    """Let what computes in this process use so many threads; it must not have begun."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(count)


def decide(options: argparse.Namespace, gpu: int | None, threads: int) -> dict[str, Any]:
    """Return what was left to the machine to choose, as `Worker` takes it; tell at once what cannot be done.

    Raises
    ------
    SuperResError
    """
    use_threads(threads)
    machine = shared_options.upscaler(options, gpu=gpu)
    kind = engines.choose(options.engine, gpu=gpu)
    return {"engine": kind, "precision": machine.engine.precision, "gpu": gpu}
