"""The state of the page "Compare": one picture, enlarged by several networks."""

from collections.abc import Callable, Iterable, Mapping

from service.comparing import Candidate, Enlarge, Material, Outcome, Read, Subject
from service.runner import Runner
from service.task import State, Task
from sr_core import WeightsCard
from sr_core.self_ensemble import PASSES


class Comparison:
    """A subject with the chosen candidates and their outcomes. Shared by page and runner; thread-safe.

    Parameters
    ----------
    runner : Runner
    subject : Subject

    Attributes
    ----------
    material : Material or None
        Set once the subject has been read.
    error : str
        Why the subject cannot be compared.
    """

    def __init__(self, runner: Runner, subject: Subject):
        self.runner, self.subject = runner, subject
        self.material: Material | None = None
        self.error = ""
        self._wanted: tuple[Candidate, ...] = ()
        self._allowed: frozenset[Candidate] = frozenset()
        self._outcomes: dict[Candidate, Outcome] = {}
        self._errors: dict[Candidate, str] = {}
        self._tasks: dict[Candidate | None, Task] = {}  # None: the task that reads the subject
        runner.register(self)
        self._read()

    # ---------------------------------------------------------------------------------------- for the page

    @property
    def outcomes(self) -> list[Outcome]:
        """Outcomes of the chosen candidates so far, in the order of choice."""
        with self.runner.lock:
            return [self._outcomes[wanted] for wanted in self._wanted if wanted in self._outcomes]

    @property
    def errors(self) -> list[tuple[Candidate, str]]:
        """Chosen candidates that failed, and why."""
        with self.runner.lock:
            return [(wanted, self._errors[wanted]) for wanted in self._wanted if wanted in self._errors]

    @property
    def missing(self) -> list[Candidate]:
        """Chosen candidates without an outcome or error yet."""
        with self.runner.lock:
            done = {*self._outcomes, *self._errors}
            return [wanted for wanted in self._wanted if wanted not in done]

    @property
    def current(self) -> Candidate | None:
        """The candidate that is running."""
        task = self.runner.running(self)
        return task.candidate if isinstance(task, Enlarge) else None

    @property
    def nbytes(self) -> int:
        """Memory used by the picture and the results, in bytes."""
        with self.runner.lock:
            material = 0 if self.material is None else self.material.nbytes
            results = sum(outcome.nbytes for outcome in self._outcomes.values())
            return len(self.subject.data) + material + results

    def expected_seconds(
        self, candidates: Iterable[Candidate], cards: Mapping[str, WeightsCard]
    ) -> float | None:
        """Return an estimate of the total time in s; None if there is nothing to base it on.

        It is based on the network's own time on this picture, with or without self-ensemble; or else on its
        estimate if it is loaded; or else on the estimate of any loaded network, scaled by the multiply-adds
        on their cards.
        """
        seconds = [self._expected(candidate, cards) for candidate in candidates]
        return None if None in seconds else sum(filter(None, seconds))

    # -------------------------------------------------------------------------------------- for the person

    def want(self, candidates: Iterable[Candidate]) -> None:
        """Choose the candidates. Results of others are kept while there is room."""
        with self.runner.lock:
            wanted = tuple(candidates)
            if wanted == self._wanted:
                return
            self._wanted = wanted
            for candidate in [one for one in self._tasks if one is not None and one not in wanted]:
                self.runner.cancel(self._tasks.pop(candidate))
        self.runner.resume(self)

    def allow(self, candidates: Iterable[Candidate]) -> None:
        """Let candidates start, once the subject has been read."""
        with self.runner.lock:
            self._allowed |= frozenset(candidates)
            self._submit()

    def allows(self, candidate: Candidate) -> bool:
        """Return whether a candidate may start."""
        return candidate in self._allowed

    def resume(self) -> None:
        """Continue if paused, and retry what failed or was refused."""
        with self.runner.lock:
            self._errors.clear()
            if self.error:
                self.error = ""
                self._read()
            self._submit()
        self.runner.resume(self)

    def cancel(self) -> None:
        """Stop within one batch of tiles; finished outcomes are kept."""
        self.runner.pause(self, "Cancelled. What was finished before is kept.", urgency=0)

    def forget(self) -> None:
        """Stop for good, and drop all data: the buttons of the page last drawn still hold a reference."""
        with self.runner.lock:
            self._tasks, self._wanted, self.material = {}, (), None
            self._outcomes.clear()
            self.subject = Subject(self.subject.name, b"", self.subject.scale, self.subject.shrink)
            self.runner.release(self)

    # -------------------------------------------------------------------------------------- for the runner

    def finished(self, task: Task) -> None:
        """Record the outcome of a task, unless it is no longer wanted."""
        candidate = task.candidate if isinstance(task, Enlarge) else None
        if self._tasks.get(candidate) is not task:
            return
        del self._tasks[candidate]
        snapshot = task.snapshot
        if snapshot.state is State.FAILED:
            if candidate is None:
                self.error = snapshot.message
            else:
                self._errors[candidate] = snapshot.message
        elif isinstance(snapshot.result, Material):
            self.material = snapshot.result
            self._submit()
        elif candidate is not None and isinstance(snapshot.result, Outcome):
            self._outcomes[candidate] = snapshot.result

    def evict(self, needed: Callable[[], bool]) -> None:
        """Drop the outcomes of candidates that are no longer chosen, oldest first."""
        for candidate in [candidate for candidate in self._outcomes if candidate not in self._wanted]:
            if needed():
                del self._outcomes[candidate]

    def _read(self) -> None:
        self._tasks[None] = task = Read(self.subject)
        self.runner.submit(self, task)

    def _submit(self) -> None:
        if self.material is None:
            return
        for candidate in self.missing:
            if candidate in self._allowed and candidate not in self._tasks:
                self._tasks[candidate] = task = Enlarge(self.subject, self.material, candidate)
                self.runner.submit(self, task)

    def _expected(self, candidate: Candidate, cards: Mapping[str, WeightsCard]) -> float | None:
        passes = PASSES if candidate.self_ensemble else 1
        for ensemble, share in ((False, passes), (True, passes / PASSES)):
            outcome = self._outcomes.get(Candidate(candidate.method, ensemble))
            if outcome is not None:
                return outcome.seconds * share
        wanted, loaded = candidate.method.name, self.runner.resources.networks.loaded()
        if self.material is None or not loaded:
            return None
        # Prefer the network itself if it is loaded.
        name = wanted if wanted in loaded else next(iter(loaded))
        share = cards[wanted].multiply_adds / loaded[name].card.multiply_adds
        small = self.material.small
        return loaded[name].estimate(small.height, small.width).seconds * share * passes
