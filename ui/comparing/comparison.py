"""One picture and what several networks make of it. The page and the worker share it; any thread may call."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from sr_core import Progress, Scores
from ui.compare_view import Layer
from ui.measuring.measurements import Method

MAX_RESULT = 16_000_000
"""Pixels of a result, at most: several of them are kept, and shown at once."""

MAX_KEPT = 400 * 2**20
"""Bytes of results. The one that passes it is kept; the next has to wait."""

FULL = (
    f"These results take {MAX_KEPT // 2**20} MiB, as much as is kept for one person. Choose fewer networks, "
    "or a smaller picture."
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared.

    Attributes
    ----------
    name : str
        Of the file, to be shown as plain text.
    data : bytes
        The file as it was uploaded.
    scale : int
    shrink : bool
        The picture is the original: it is shrunk first, and the results are measured against it.
    """

    name: str
    data: bytes
    scale: int
    shrink: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network, and whether its result is averaged over eight turned and mirrored copies."""

    method: Method
    self_ensemble: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of a subject once it has been read; sizes in px."""

    small_height: int
    small_width: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What one method made of the subject.

    Attributes
    ----------
    title : str
        Of the method.
    layer : Layer
        To look at.
    file : bytes
        PNG, to be downloaded.
    seconds : float
        That it took.
    scores : Scores or None
        None where there is no original.
    """

    title: str
    layer: Layer
    file: bytes
    seconds: float
    scores: Scores | None

    @property
    def took(self) -> str:
        """The seconds, to be read."""
        return f"{self.seconds:.1f} s" if self.seconds >= 0.05 else "< 0.1 s"

    @property
    def nbytes(self) -> int:
        """Memory it takes; where the layer draws the file itself, that counts once."""
        return self.layer.nbytes + (0 if self.layer.base is self.file else len(self.file))


@dataclass(frozen=True, slots=True)
class Basics:
    """What is there without any network.

    Attributes
    ----------
    bicubic : Outcome
    pixels : Layer
        The small picture, its pixels drawn as squares.
    original : Layer or None
        Where there is one.
    """

    bicubic: Outcome
    pixels: Layer
    original: Layer | None


@dataclass(eq=False)
class Comparison:
    """A subject, what is wanted of it, and what has come out.

    Attributes
    ----------
    subject : Subject
    basics, facts
        Known once it has been read.
    refused : str or None
        Why it cannot be compared.
    stopped : str or None
        Why nothing is done just now.
    version : int
        Another one whenever the page should be drawn anew.
    current : Candidate or None
        Who is at work.
    note, progress
        What it waits for, and how far it is. Written by the worker.
    """

    subject: Subject
    basics: Basics | None = None
    facts: Facts | None = None
    refused: str | None = None
    stopped: str | None = None
    version: int = 0
    current: Candidate | None = None
    note: str = ""
    progress: Progress | None = None
    _wanted: tuple[Candidate, ...] = ()
    _allowed: frozenset[Candidate] = frozenset()
    _outcomes: dict[Candidate, Outcome] = field(default_factory=dict)
    _failed: dict[Candidate, str] = field(default_factory=dict)
    _closed: bool = False
    _has_worker: bool = False
    _lock: threading.RLock = field(default_factory=threading.RLock)

    # ---------------------------------------------------------------- for the page

    @property
    def outcomes(self) -> list[Outcome]:
        """What is wanted and there, in the order in which it is wanted."""
        with self._lock:
            return [self._outcomes[wanted] for wanted in self._wanted if wanted in self._outcomes]

    @property
    def failures(self) -> list[tuple[Candidate, str]]:
        """What is wanted and failed, and why."""
        with self._lock:
            return [(wanted, self._failed[wanted]) for wanted in self._wanted if wanted in self._failed]

    @property
    def missing(self) -> list[Candidate]:
        """What is wanted and still to be made."""
        with self._lock:
            done = {*self._outcomes, *self._failed}
            return [wanted for wanted in self._wanted if wanted not in done]

    @property
    def at_work(self) -> bool:
        """Whether it goes on by itself."""
        with self._lock:
            if self._closed or self.stopped is not None or self.refused is not None:
                return False
            return self.basics is None or self._next() is not None

    @property
    def nbytes(self) -> int:
        """Memory that the results take."""
        with self._lock:
            basics = 0 if self.basics is None else self.basics.bicubic.nbytes
            return basics + sum(outcome.nbytes for outcome in self._outcomes.values())

    def seconds_of(self, candidate: Candidate) -> float | None:
        """How long a candidate took, if it is done."""
        with self._lock:
            outcome = self._outcomes.get(candidate)
            return None if outcome is None else outcome.seconds

    def want(self, candidates: Iterable[Candidate]) -> None:
        """Say which candidates are wanted. Results of others are kept while there is room."""
        with self._lock:
            candidates = tuple(candidates)
            if candidates != self._wanted:
                self._wanted = candidates
                self.stopped = None
                self._drop_unwanted()

    def allow(self, candidates: Iterable[Candidate]) -> None:
        """Let candidates begin."""
        with self._lock:
            self._allowed |= frozenset(candidates)

    def allows(self, candidate: Candidate) -> bool:
        """Whether a candidate may begin."""
        with self._lock:
            return candidate in self._allowed

    def go_on(self) -> None:
        """Go on where it was stopped, and try again what failed or was refused."""
        with self._lock:
            self.stopped = self.refused = None
            self._failed.clear()
            self._changed()

    def cancel(self) -> None:
        """Stop within one batch of tiles; what is done is kept."""
        with self._lock:
            self.stopped = "Cancelled. What was finished before is kept."
            self._changed()

    def close(self) -> None:
        """Stop for good, and forget the results: the buttons of the page last drawn still refer to this."""
        with self._lock:
            self._closed = True
            self._outcomes, self.basics = {}, None

    # -------------------------------------------------------------- for the worker

    def hire(self) -> bool:
        """Whether there is work and nobody does it; then the caller has to."""
        with self._lock:
            if self._has_worker or not self.at_work:
                return False
            self._has_worker = True
            return True

    def take(self) -> Candidate | None:
        """Return who is next; None lets the worker go."""
        with self._lock:
            if self.nbytes >= MAX_KEPT and self.missing:
                self._drop_unwanted(spare=0)
            if self.nbytes >= MAX_KEPT and self.missing:
                self.stopped = FULL
            self.current = None if self._closed or self.stopped is not None else self._next()
            self.note, self.progress = "", None
            if self.current is None:
                self._has_worker = False
            self._changed()
            return self.current

    def goes_on(self) -> bool:
        """Whether the worker shall go on with what it is at."""
        with self._lock:
            still_wanted = self.current is None or self.current in self._wanted
            return still_wanted and not self._closed and self.stopped is None

    def leave(self) -> None:
        """Note that nobody works on it any more."""
        with self._lock:
            self._has_worker, self.current = False, None
            self._changed()

    def read(self, facts: Facts, basics: Basics) -> None:
        """Note what reading the subject gave."""
        with self._lock:
            self.facts, self.basics = facts, basics
            self._changed()

    def refuse(self, why: str) -> None:
        """Note why the subject cannot be compared."""
        with self._lock:
            self.refused = why
            self._changed()

    def made(self, candidate: Candidate, outcome: Outcome) -> None:
        """Note a result."""
        with self._lock:
            if not self._closed:
                self._outcomes[candidate] = outcome
            self._drop_unwanted()

    def failed(self, candidate: Candidate, why: str) -> None:
        """Note why there is no result."""
        with self._lock:
            self._failed[candidate] = why

    def stop(self, why: str) -> None:
        """Do nothing until the person says so."""
        with self._lock:
            self.stopped = why

    def _next(self) -> Candidate | None:
        return next((candidate for candidate in self.missing if candidate in self._allowed), None)

    def _drop_unwanted(self, spare: int = MAX_KEPT // 2) -> None:
        """Forget the oldest results that nobody looks at, until all take no more than `spare`."""
        for candidate in [candidate for candidate in self._outcomes if candidate not in self._wanted]:
            if self.nbytes > spare:
                del self._outcomes[candidate]

    def _changed(self) -> None:
        self.version += 1
