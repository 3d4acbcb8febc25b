"""One piece of work: what it does, what it works with, how far it is, and what came out of it."""

from __future__ import annotations

import functools
import sys
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import Generic, TypeVar

from service.memory import MemoryBudget
from service.networks import InferenceQueue, NetworkPool
from sr_core import Progress, Upscaler

MAX_WAITING = 20
"""How many may wait for a network behind the one whose turn it is."""

_LOADING = "Loading the network, a few seconds ..."

Result = TypeVar("Result")


class CancelledError(Exception):
    """Ends the work on a task: it was cancelled or paused, or its person has left."""


class State(Enum):
    """Where a task is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Snapshot(Generic[Result]):
    """A task at one moment.

    Attributes
    ----------
    state : State
    message : str
        What it waits for just now; or why it failed.
    progress : Progress or None
        Of the network.
    lasting : bool
        Whether it would fail again in the same way.
    result : object or None
        Known once it is done.
    """

    state: State = State.WAITING
    message: str = ""
    progress: Progress | None = None
    lasting: bool = False
    result: Result | None = None

    @property
    def active(self) -> bool:
        """Whether it is still to be done, or being done."""
        return self.state in (State.WAITING, State.RUNNING)


class Task(ABC, Generic[Result]):
    """Work that a page submits to the runner of its session. Any thread may read and cancel it.

    Parameters
    ----------
    urgency : int
        Of the tasks that wait, those of the smallest number begin first.
    """

    def __init__(self, *, urgency: int = 1):
        self.urgency = urgency
        self._snapshot: Snapshot[Result] = Snapshot()
        self._cancelled = threading.Event()

    @property
    def snapshot(self) -> Snapshot[Result]:
        """The task as it is now; it never changes."""
        return self._snapshot

    @property
    def active(self) -> bool:
        """Whether it is still to be done, or being done."""
        return self._snapshot.active

    @property
    def cancelled(self) -> bool:
        """Whether somebody has asked it to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop: within one batch of tiles where it runs. `Runner.cancel` also tells its page."""
        self._cancelled.set()

    @abstractmethod
    def run(self, context: Context) -> Result:
        """Do the work; called by the runner, in a thread of its own.

        Raises
        ------
        CancelledError
            From what `context` offers: it has been cancelled.
        SuperResError
            It cannot be done; the message is for the person.
        """

    def update(self, **changes: object) -> None:
        """Replace the snapshot by one with other values; called by the runner and by the task's context."""
        self._snapshot = replace(self._snapshot, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Resources:
    """What all people share.

    Attributes
    ----------
    networks : NetworkPool
    inference : InferenceQueue
        In front of the networks.
    brief : InferenceQueue
        In front of what takes much memory but no network, such as decoding, and is too short to wait for
        a turn behind pictures that take minutes.
    memory : MemoryBudget
    """

    networks: NetworkPool
    inference: InferenceQueue
    brief: InferenceQueue
    memory: MemoryBudget


@functools.cache
def shared_resources() -> Resources:
    """Return those of this process."""
    return Resources(
        NetworkPool(),
        inference=InferenceQueue(max_waiting=MAX_WAITING),
        # No place in it is ever refused: nobody has more than one task at a time.
        brief=InferenceQueue(max_waiting=sys.maxsize),
        memory=MemoryBudget(),
    )


@dataclass(frozen=True, slots=True)
class Context:
    """What one task works with.

    Attributes
    ----------
    task : Task
    resources : Resources
    goes_on : callable
        Whether the task may go on: its page is not paused, and its person is there.
    """

    task: Task
    resources: Resources
    goes_on: Callable[[], bool]

    def check(self) -> None:
        """Go on, unless the task shall stop.

        Raises
        ------
        CancelledError
        """
        if self.task.cancelled or not self.goes_on():
            raise CancelledError

    def say(self, message: str) -> None:
        """Tell what happens now, and `check`."""
        self.task.update(message=message)
        self.check()

    def report(self, progress: Progress) -> None:
        """Tell how far the network is, and `check`."""
        self.task.update(message="", progress=progress)
        self.check()

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Wait for the turn to run a network; whoever waits is told their place.

        Raises
        ------
        BusyError
            Too many wait already.
        """
        with self.resources.inference.turn(self._tell_place):
            yield

    @contextmanager
    def brief_turn(self, needed: float) -> Iterator[None]:
        """Wait for the turn to do something short that takes `needed` bytes of memory."""
        with self.resources.brief.turn(lambda ahead: self.check()), self.memory(needed):
            yield

    @contextmanager
    def memory(self, needed: float, *, way_out: str = "make the picture smaller first") -> Iterator[None]:
        """Hold `needed` bytes of the budget; see `MemoryBudget.reserve`."""
        with self.resources.memory.reserve(needed, waiting=self._wait_for_memory, way_out=way_out):
            yield

    def network(self, name: str) -> Upscaler:
        """Return a network, waiting while it loads; see `NetworkPool.get`."""
        return self.resources.networks.get(name, lambda: self.say(_LOADING))

    def _tell_place(self, ahead: int) -> None:
        self.say(f"{'1 picture is' if ahead == 1 else f'{ahead} pictures are'} ahead of yours ...")

    def _wait_for_memory(self) -> None:
        self.say("Waiting until others' pictures leave enough memory ...")
