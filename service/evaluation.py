"""The samples of one person, what was measured of them, and what is looked at. Any thread may call."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from service.downloads import Download
from service.measurements import MAX_SAMPLES, Measurements
from service.measuring import Look, Restore, Restored
from service.memory import decoding_bytes
from service.methods import Method
from service.runner import Runner
from service.sample import LIMITS, Prepared, Sample, prepare
from service.task import Context, State, Task
from sr_core import PictureTooLargeError

ORIGINAL = "Original"


@dataclass(frozen=True, slots=True)
class LookedAt:
    """The picture that is looked at, the baseline, and the network beside it if one is chosen."""

    sample: Sample
    baseline: Method
    network: Method | None

    @property
    def methods(self) -> list[Method]:
        """What is looked at."""
        return [self.baseline] if self.network is None else [self.baseline, self.network]


class Evaluation:
    """What the page "Measure" keeps of one person.

    Parameters
    ----------
    runner : Runner

    Attributes
    ----------
    measurements : Measurements
    halves : dict
        What there is of a pair while it is not complete: names and files, by which of the two it is.
    looks : dict
        By the name of the method, or `ORIGINAL`: of the sample that is looked at.
    """

    def __init__(self, runner: Runner):
        self.runner = runner
        self.measurements = Measurements()
        self.halves: dict[str, tuple[str, bytes]] = {}
        self.looks: dict[str, Look] = {}
        self._looked_at: LookedAt | None = None
        self._tasks: dict[tuple[str, str], Restore] = {}  # by key of the sample and name of the method
        self._prepared: tuple[tuple[str, int], Prepared] | None = None
        self._downloads: dict[tuple[Method, ...], Download] = {}
        runner.register(self)

    @property
    def current(self) -> Restore | None:
        """What is at work."""
        task = self.runner.running(self)
        return task if isinstance(task, Restore) else None

    @property
    def nbytes(self) -> int:
        """Memory that files and pictures take."""
        with self.runner.lock:
            files = sum(sample.nbytes for sample in self.measurements.samples.values())
            files += sum(len(data) for _, data in self.halves.values())
            prepared = 0 if self._prepared is None else self._prepared[1].nbytes
            return files + prepared + sum(look.nbytes for look in self.looks.values())

    def add(self, samples: Iterable[Sample]) -> str | None:
        """Take more samples; return a sentence where there is no room for some."""
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

    def want(self, methods: Sequence[Method], looked_at: LookedAt | None) -> int:
        """Have everything measured by `methods`, and what is looked at drawn; return how much is missing."""
        with self.runner.lock:
            self._look_at(looked_at)
            missing = self._missing(methods)
            for key, task in list(self._tasks.items()):
                if key not in missing or (missing[key][2] and not task.look):
                    del self._tasks[key]
                    self.runner.cancel(task)
            for key, (sample, method, look) in missing.items():
                if key not in self._tasks:
                    self._tasks[key] = task = Restore(
                        sample,
                        method,
                        self._prepare,
                        measured=key in self.measurements.results,
                        look=look,
                        lacks_original=lambda: ORIGINAL not in self.looks,
                    )
                    self.runner.submit(self, task)
            return len(missing)

    def shows(self, looked_at: LookedAt) -> bool:
        """Whether `looks` are of this sample and scale."""
        known = self._looked_at
        return known is not None and (known.sample, known.baseline) == (looked_at.sample, looked_at.baseline)

    def try_again(self) -> None:
        """Take what failed and what was refused for not tried yet."""
        with self.runner.lock:
            self.measurements.try_again()
        self.runner.resume(self)

    def cancel(self) -> None:
        """Stop within one batch of tiles; what is measured is kept."""
        self.runner.pause(self, "Cancelled. What was measured before is kept.", urgency=0)

    def forget(self) -> None:
        """Forget everything."""
        with self.runner.lock:
            tasks, self._tasks = list(self._tasks.values()), {}
            for task in tasks:
                self.runner.cancel(task)
            self.measurements, self.looks = Measurements(), {}
            self._looked_at = self._prepared = None
            # The choosers of the page last drawn still refer to it.
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
        """Return the download of all numbers of some methods, always the same one of the same methods."""
        if methods not in self._downloads:
            self._downloads[methods] = Download(
                file_name, "text/csv", lambda: [write(self.measurements, methods).encode()]
            )
        return self._downloads[methods]

    # -------------------------------------------------------------------------------------- for the runner

    def finished(self, task: Task) -> None:
        """Note what a task gave; of one that is no longer wanted, nothing."""
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
            self._take(sample, method, snapshot.result)
        if not self._tasks:
            self._prepared = None

    def evict(self, needed: Callable[[], bool]) -> None:
        """Forget the pictures of networks that are not looked at just now, the oldest first."""
        shown = [] if self._looked_at is None else [method.name for method in self._looked_at.methods]
        for name in [name for name in self.looks if name not in (ORIGINAL, *shown)]:
            if needed():
                del self.looks[name]

    def _take(self, sample: Sample, method: Method, restored: Restored) -> None:
        if restored.scores:
            self.measurements.results[sample.key, method.name] = restored.scores
        looked_at = self._looked_at
        if looked_at is None or (looked_at.sample, looked_at.baseline.scale) != (sample, method.scale):
            return
        if restored.look is not None:
            self.looks[method.name] = restored.look
        if restored.original is not None:
            self.looks[ORIGINAL] = restored.original

    def _look_at(self, looked_at: LookedAt | None) -> None:
        """Forget the pictures of any other sample or scale."""
        if looked_at is None or not self.shows(looked_at):
            self.looks = {}
        self._looked_at = looked_at

    def _missing(self, methods: Sequence[Method]) -> dict[tuple[str, str], tuple[Sample, Method, bool]]:
        """What is still to be done: samples with their methods, and whether each is looked at."""
        known, looked_at = self.measurements, self._looked_at
        missing: dict[tuple[str, str], tuple[Sample, Method, bool]] = {}
        for sample in known.accepted(methods[0].scale):
            looks = looked_at.methods if looked_at is not None and sample == looked_at.sample else []
            unmeasured = known.missing(sample, methods)
            for method in dict.fromkeys((*unmeasured, *looks)):
                lacks_look = method in looks and method.name not in self.looks
                failed = (sample.key, method.name) in known.failed
                if method in unmeasured or (lacks_look and not failed):
                    missing[sample.key, method.name] = sample, method, method in looks
        return missing

    def _prepare(self, context: Context, sample: Sample, scale: int) -> Prepared:
        """Return a decoded sample; that of the last task is kept for the next."""
        with self.runner.lock:
            if self._prepared is not None and self._prepared[0] == (sample.key, scale):
                return self._prepared[1]
            self._prepared = None
        files = [data for data in (sample.original, sample.small) if data is not None]
        with context.brief_turn(sum(decoding_bytes(data, LIMITS) for data in files)):
            prepared = prepare(sample, scale)
        with self.runner.lock:
            if sample.key in self.measurements.samples:  # nobody has started over meanwhile
                self._prepared = (sample.key, scale), prepared
                self.measurements.facts[sample.key, scale] = prepared.facts
        return prepared
