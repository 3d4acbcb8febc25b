"""Runs in each worker: loads the network once and enlarges one picture after another."""

import argparse
import json
import os
from pathlib import Path
from typing import Any

from sr_core import engines, files, jobs, shared_options
from sr_core.files.store import Store
from sr_core.messages import describe_error
from sr_core.result import Result


class Worker:
    """Enlarges pictures; Ray creates one in each of its worker processes.

    Parameters
    ----------
    options : argparse.Namespace
        Of the command.
    result : Result
    source, target : Store
    choices : dict
        The result of `choose`: engine and precision must be the same everywhere for reproducible files.
    threads : int
        Number of threads to compute with.
    """

    def __init__(
        self,
        options: argparse.Namespace,
        result: Result,
        source: Store,
        target: Store,
        choices: dict[str, Any],
        threads: int,
    ):
        use_threads(threads)
        self._upscaler = shared_options.upscaler(options, **choices)
        self._result, self._source, self._target = result, source, target
        self._debug = options.debug

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        """Enlarge the picture of a row; return its number and, as JSON, losses or the error if there are any.

        It never raises: one bad picture must not stop the others.
        """
        report: dict[str, Any] = {}
        try:
            losses = self._enlarge(Path(row["source"]), Path(row["target"]))
            report = {"losses": losses} if losses else {}
        except Exception as error:
            report = {"error": describe_error(error, debug=self._debug)}
        return {"number": row["number"], "report": json.dumps(report) if report else ""}

    def _enlarge(self, source: Path, target: Path) -> tuple[str, ...]:
        if self._target.exists(target):
            return ()  # made by a worker that died before it could report it
        if self._target.is_local:
            jobs.check_name(target)
        limits = files.DEFAULT_LIMITS
        small = files.decode(self._source.read(source, max_bytes=limits.max_bytes), limits=limits)
        size, losses = self._result.check(small, reach=self._upscaler.scale)
        data, _ = self._result.make(small, size, self._upscaler)
        self._target.write(target, data)
        return losses


def use_threads(count: int) -> None:
    """Set the number of threads to compute with; call it before the engine is loaded."""
    for name in ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS"):
        os.environ[name] = str(count)


def choose(options: argparse.Namespace, gpu: int | None, threads: int) -> dict[str, Any]:
    """Return the engine, precision and GPU that all workers use.

    Raises
    ------
    SuperResError
        The options are unusable on this machine.
    """
    use_threads(threads)
    upscaler = shared_options.upscaler(options, gpu=gpu)
    kind = engines.choose(options.engine, gpu=gpu)
    return {"engine": kind, "precision": upscaler.engine.precision, "gpu": gpu}
