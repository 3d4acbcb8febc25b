"""Distributes pictures among the workers of a Ray cluster, through Ray Data."""

import argparse
import json
import logging
import os
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from sr_core.bulk import worker
from sr_core.errors import OptionError, SuperResError
from sr_core.files.store import Store
from sr_core.jobs import Job
from sr_core.result import Result

# Most pictures in a block, so that Ray's overhead does not matter; and least blocks per worker, so that even
# a few pictures keep all workers busy.
_MAX_BLOCK = 16
_BLOCKS_PER_WORKER = 8

# Retries of a block whose worker died, before each of its pictures is tried alone.
_RETRIES = 3


class Outcome(NamedTuple):
    """The outcome of a job; `report` may hold what was lost ("losses") or why it failed ("error")."""

    job: Job
    report: dict[str, Any]


class Cluster:
    """A connection to a Ray cluster, for a ``with`` block.

    Parameters
    ----------
    address : str
        ``"local"`` starts Ray on this machine, ``"auto"`` finds the cluster that it belongs to; otherwise the
        address of a cluster.
    workers : int or None
        Number of workers; None is one for every four cores of a node, and at least one per node.

    Raises
    ------
    OptionError
        Ray is not installed, or no cluster answers.
    """

    def __init__(self, address: str, workers: int | None):
        # By default Ray collects usage statistics, and logs its internals to standard error.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        os.environ.setdefault("RAY_BACKEND_LOG_LEVEL", "fatal")
        try:
            import ray  # pyright: ignore[reportMissingImports]
            import ray.data  # pyright: ignore[reportMissingImports]
        except ImportError as error:
            raise OptionError(
                "Ray, which distributes the work, is not installed; "
                "run `pip install -r requirements-ray.txt`."
            ) from error
        self._ray: Any = ray
        settings: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.CRITICAL}
        if address == "local":
            settings["include_dashboard"] = False
        try:
            self._ray.init(address, **settings)
        except Exception as error:
            raise OptionError(
                "No Ray cluster can be reached there; start one with `ray start --head`, or leave out "
                f"--address to use this machine alone; received {address}."
            ) from error
        context = self._ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        # Failed blocks are reported at the end; they must not stop the others.
        context.max_errored_blocks = -1
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        cores = [node["Resources"].get("CPU", 0) for node in self._ray.nodes() if node["Alive"]]
        cores = [count for count in cores if count] or [1]
        self.workers = workers or sum(max(1, int(count) // 4) for count in cores)
        share = min(sum(cores) / self.workers, *cores)
        self.threads = max(1, int(share))
        gpus = self._ray.cluster_resources().get("GPU", 0)
        self._share = {"num_cpus": self.threads if share >= 1 else share}
        self._gpu_share = {"num_gpus": min(1, gpus / self.workers)} if gpus else {}

    def __enter__(self) -> "Cluster":
        return self

    def __exit__(self, *_: object) -> None:
        self._ray.shutdown()

    def run(
        self, todo: Sequence[Job], options: argparse.Namespace, result: Result, source: Store, target: Store
    ) -> Iterator[Outcome]:
        """Enlarge the pictures, each once.

        Yields
        ------
        Outcome
            One per picture, in any order.

        Raises
        ------
        SuperResError
            The options are unusable.
        """
        on_gpu = bool(self._gpu_share) and options.gpu_id != -1
        share = {**self._share, **(self._gpu_share if on_gpu else {})}
        choices = self._choose(share, options, None if on_gpu else options.gpu_id)
        arguments = (options, result, source, target, choices, self.threads)
        left = dict(enumerate(todo))
        # A picture that kills its worker takes down the others queued there; in the second round none is.
        for most, waiting in ((_MAX_BLOCK, {}), (1, {"max_tasks_in_flight_per_actor": 1})):
            if left:
                pool = self._ray.data.ActorPoolStrategy(size=min(self.workers, len(left)), **waiting)
                for row in self._mapped(self._rows(left, most), arguments, pool, share).iter_rows():
                    if job := left.pop(row["number"], None):
                        yield Outcome(job, json.loads(row["report"] or "{}"))
        for job in left.values():
            yield Outcome(job, {"error": "Its worker died at every attempt; is there enough memory?"})

    def _choose(self, share: dict[str, Any], options: argparse.Namespace, gpu: int | None) -> dict[str, Any]:
        task = self._ray.remote(**share)(worker.choose)
        try:
            return self._ray.get(task.remote(options, gpu, self.threads))
        except self._ray.exceptions.RayTaskError as error:
            if isinstance(error.cause, SuperResError):
                raise error.cause from error
            raise

    def _mapped(self, rows: Any, arguments: tuple[Any, ...], pool: Any, share: dict[str, Any]) -> Any:
        with warnings.catch_warnings():
            # Ray plans to remove these arguments in 2.64 and has no replacement yet: without them, a picture
            # that kills its worker would be retried forever.
            warnings.filterwarnings("ignore", "`ray_remote_args` is deprecated")
            return rows.map(
                worker.Worker,
                fn_constructor_args=arguments,
                compute=pool,
                max_restarts=-1,
                max_task_retries=_RETRIES,
                **share,
            )

    def _rows(self, left: dict[int, Job], most: int) -> Any:
        rows = [
            {"number": number, "source": str(job.source), "target": str(job.target)}
            for number, job in left.items()
        ]
        size = min(most, max(1, len(rows) // (self.workers * _BLOCKS_PER_WORKER)))
        return self._ray.data.from_items(rows, override_num_blocks=-(-len(rows) // size))
