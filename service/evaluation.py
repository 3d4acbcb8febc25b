"""The state of the page "Measure": one person's samples, their scores and the renderings on display."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from service.downloads import Download
from service.measurements import MAX_SAMPLES, Measurements
from service.measuring import Rendering, Restore, Restored
from service.memory import decoding_bytes
from service.methods import Method
from service.runner import Runner
from service.sample import LIMITS, Prepared, Sample, prepare
from service.task import Context, State, Task
from sr_core import PictureTooLargeError

ORIGINAL = "Original"


@dataclass(frozen=True, slots=True)
class Selection:
    """The sample on display, the baseline, and the network it is compared with, if one is chosen."""

    sample: Sample
    baseline: Method
    network: Method | None

    @property
    def methods(self) -> list[Method]:
        """The methods on display."""
        return [self.baseline] if self.network is None else [self.baseline, self.network]


class Evaluation:
    """What the page "Measure" keeps for one person. Shared by page and runner; thread-safe.

    Parameters
    ----------
    runner : Runner

    Attributes
    ----------
    measurements : Measurements
    halves : dict
        An incomplete pair: file name and content, by which half of the pair it is.
    renderings : dict
        Renderings of the sample on display, by name of the method, or `ORIGINAL`.
    """

    def __init__(self, runner: Runner):
        self.runner = runner
        self.measurements = Measurements()
        self.halves: dict[str, tuple[str, bytes]] = {}
        self.renderings: dict[str, Rendering] = {}
        self._selection: Selection | None = None
        self._tasks: dict[tuple[str, str], Restore] = {}  # by sample key and method name
        self._prepared: tuple[tuple[str, int], Prepared] | None = None
        self._downloads: dict[tuple[Method, ...], Download] = {}
        runner.register(self)

    @property
    def current(self) -> Restore | None:
        """The task that is running."""
        task = self.runner.running(self)
        return task if isinstance(task, Restore) else None

    @property
    def nbytes(self) -> int:
        """Memory used by files and pictures, in bytes."""
        with self.runner.lock:
            files = sum(sample.nbytes for sample in self.measurements.samples.values())
            files += sum(len(data) for _, data in self.halves.values())
            prepared = 0 if self._prepared is None else self._prepared[1].nbytes
            return files + prepared + sum(rendering.nbytes for rendering in self.renderings.values())

    def add(self, samples: Iterable[Sample]) -> str | None:
        """Add samples; return a sentence if there is no room for some of them."""
        left_out, why = 0, ""
        with self.runner.lock:
            known = self.measurements.samples
            for sample in samples:
                if sample.key in known:
                    continue
                try:
                    if len(known) >= MAX_SAMPLES:
                        raise PictureTooLargeError(f"At most {MAX_SAMPLES} pictures are measured at once.")
                    self.runner.check_room(sample.nbytes, sample.name)
                except PictureTooLargeError as error:
                    left_out, why = left_out + 1, str(error)
                    continue
                known[sample.key] = sample
            self.runner.changed()
        return f"{why} Start over to measure others; left out: {left_out}." if left_out else None

    def want(self, methods: Sequence[Method], selection: Selection | None) -> int:
        """Measure all samples with `methods`, and render the selection; return how many tasks are missing."""
        with self.runner.lock:
            self._select(selection)
            missing = self._missing(methods)
            for key, task in list(self._tasks.items()):
                if key not in missing or (missing[key][2] and not task.render):
                    del self._tasks[key]
                    self.runner.cancel(task)
            for key, (sample, method, render) in missing.items():
                if key not in self._tasks:
                    self._tasks[key] = task = Restore(
                        sample,
                        method,
                        self._prepare,
                        measured=key in self.measurements.results,
                        render=render,
                        needs_original=lambda: ORIGINAL not in self.renderings,
                    )
                    self.runner.submit(self, task)
            return len(missing)

    def shows(self, selection: Selection) -> bool:
        """Return whether `renderings` are of this sample and scale."""
        known = self._selection
        return known is not None and (known.sample, known.baseline) == (selection.sample, selection.baseline)

    def try_again(self) -> None:
        """Retry what failed or was refused."""
        with self.runner.lock:
            self.measurements.clear_failures()
        self.runner.resume(self)

    def cancel(self) -> None:
        """Stop within one batch of tiles; finished measurements are kept."""
        self.runner.pause(self, "Cancelled. What was measured before is kept.", urgency=0)

    def forget(self) -> None:
        """Drop everything."""
        with self.runner.lock:
            tasks, self._tasks = list(self._tasks.values()), {}
            for task in tasks:
                self.runner.cancel(task)
            self.measurements, self.renderings = Measurements(), {}
            self._selection = self._prepared = None
            # The uploaders of the page last drawn still hold a reference to it.
            self.halves.clear()
            self._downloads = {}
            self.runner.changed()
        self.runner.resume(self)

    def offer(
        self,
        file_name: str,
        methods: tuple[Method, ...],
        write: Callable[[Measurements, tuple[Method, ...]], str],
    ) -> Download:
        """Return the download of all scores of some methods; the same object for the same methods."""
        if methods not in self._downloads:
            self._downloads[methods] = Download(
                file_name, "text/csv", lambda: [write(self.measurements, methods).encode()]
            )
        return self._downloads[methods]

    # -------------------------------------------------------------------------------------- for the runner

    def finished(self, task: Task) -> None:
        """Record the outcome of a task, unless it is no longer wanted."""
        if not isinstance(task, Restore):
            return
        sample, method = task.sample, task.method
        if self._tasks.get((sample.key, method.name)) is not task:
            return
        del self._tasks[sample.key, method.name]
        snapshot, known = task.snapshot, self.measurements
        if snapshot.state is State.FAILED and task.refused:
            known.refused[sample.key, method.scale] = snapshot.message
            for key in [key for key in self._tasks if key[0] == sample.key]:
                self.runner.cancel(self._tasks.pop(key))
        elif snapshot.state is State.FAILED:
            known.failed[sample.key, method.name] = snapshot.message
            if task.scores:
                known.results[sample.key, method.name] = task.scores
        elif isinstance(snapshot.result, Restored):
            self._store(sample, method, snapshot.result)
        if not self._tasks:
            self._prepared = None

    def evict(self, needed: Callable[[], bool]) -> None:
        """Drop the renderings of networks that are not on display, oldest first."""
        shown = [] if self._selection is None else [method.name for method in self._selection.methods]
        for name in [name for name in self.renderings if name not in (ORIGINAL, *shown)]:
            if needed():
                del self.renderings[name]

    def _store(self, sample: Sample, method: Method, restored: Restored) -> None:
        if restored.scores:
            self.measurements.results[sample.key, method.name] = restored.scores
        selection = self._selection
        if selection is None or (selection.sample, selection.baseline.scale) != (sample, method.scale):
            return
        if restored.rendering is not None:
            self.renderings[method.name] = restored.rendering
        if restored.original is not None:
            self.renderings[ORIGINAL] = restored.original

    def _select(self, selection: Selection | None) -> None:
        """Set the selection, and drop the renderings of any other sample or scale."""
        if selection is None or not self.shows(selection):
            self.renderings = {}
        self._selection = selection

    def _missing(self, methods: Sequence[Method]) -> dict[tuple[str, str], tuple[Sample, Method, bool]]:
        """Return what is left to do: each sample and method, and whether to render the result."""
        known, selection = self.measurements, self._selection
        missing: dict[tuple[str, str], tuple[Sample, Method, bool]] = {}
        for sample in known.accepted(methods[0].scale):
            shown = selection.methods if selection is not None and sample == selection.sample else []
            unmeasured = known.missing(sample, methods)
            for method in dict.fromkeys((*unmeasured, *shown)):
                unrendered = method in shown and method.name not in self.renderings
                failed = (sample.key, method.name) in known.failed
                if method in unmeasured or (unrendered and not failed):
                    missing[sample.key, method.name] = sample, method, method in shown
        return missing

    def _prepare(self, context: Context, sample: Sample, scale: int) -> Prepared:
        """Return a decoded sample; the last one is cached for the next task."""
        with self.runner.lock:
            if self._prepared is not None and self._prepared[0] == (sample.key, scale):
                return self._prepared[1]
            self._prepared = None
        files = [data for data in (sample.original, sample.small) if data is not None]
        with context.brief_turn(sum(decoding_bytes(data, LIMITS) for data in files)):
            prepared = prepare(sample, scale)
        with self.runner.lock:
            if sample.key in self.measurements.samples:  # not forgotten in the meantime
                self._prepared = (sample.key, scale), prepared
                self.measurements.facts[sample.key, scale] = prepared.facts
        return prepared
