"""One unit of background work: what it does, the context it runs in, its progress and its result."""

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
"""Tasks that may wait for a network behind the one that is running."""

_LOADING = "Loading the network, a few seconds ..."

Result = TypeVar("Result")


class CancelledError(Exception):
    """Stops a task: it was cancelled or paused, or its person has left."""


class State(Enum):
    """State of a task."""

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
        What it is doing or waiting for; or why it failed.
    progress : Progress or None
        Of the network.
    permanent : bool
        Whether a failed task would fail again in the same way.
    result : object or None
        Set once it is done.
    """

    state: State = State.WAITING
    message: str = ""
    progress: Progress | None = None
    permanent: bool = False
    result: Result | None = None

    @property
    def active(self) -> bool:
        """Whether it is waiting or running."""
        return self.state in (State.WAITING, State.RUNNING)


class Task(ABC, Generic[Result]):
    """Work that a page submits to the runner of its session. Any thread may read or cancel it.

    Parameters
    ----------
    urgency : int
        Waiting tasks with the smallest number start first.
    """

    def __init__(self, *, urgency: int = 1):
        self.urgency = urgency
        self._snapshot: Snapshot[Result] = Snapshot()
        self._cancelled = threading.Event()

    @property
    def snapshot(self) -> Snapshot[Result]:
        """The current state, immutable."""
        return self._snapshot

    @property
    def active(self) -> bool:
        """Whether it is waiting or running."""
        return self._snapshot.active

    @property
    def cancelled(self) -> bool:
        """Whether it has been asked to stop."""
        return self._cancelled.is_set()

    def cancel(self) -> None:
        """Ask it to stop, within one batch of tiles if it runs. `Runner.cancel` also notifies its store."""
        self._cancelled.set()

    @abstractmethod
    def run(self, context: Context) -> Result:
        """Do the work. Called by the runner, in its own thread.

        Raises
        ------
        CancelledError
            The task must stop; raised by the methods of `context`.
        SuperResError
            The work cannot be done; the message is shown to the person.
        """

    def update(self, **changes: object) -> None:
        """Replace fields of the snapshot. Called by the runner and the task's context."""
        self._snapshot = replace(self._snapshot, **changes)  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Resources:
    """What all sessions share.

    Attributes
    ----------
    networks : NetworkPool
    inference : InferenceQueue
        For work that runs a network.
    brief : InferenceQueue
        For work that needs a lot of memory but no network, such as decoding, and is too short to wait behind
        pictures that take minutes.
    memory : MemoryBudget
    """

    networks: NetworkPool
    inference: InferenceQueue
    brief: InferenceQueue
    memory: MemoryBudget


@functools.cache
def shared_resources() -> Resources:
    """Return the resources of this process."""
    return Resources(
        NetworkPool(),
        inference=InferenceQueue(max_waiting=MAX_WAITING),
        # Unbounded in effect: nobody runs more than one task at a time.
        brief=InferenceQueue(max_waiting=sys.maxsize),
        memory=MemoryBudget(),
    )


@dataclass(frozen=True, slots=True)
class Context:
    """What a task runs with.

    Attributes
    ----------
    task : Task
    resources : Resources
    may_continue : callable
        Returns whether the task may continue: its page is not paused, and its person is there.
    """

    task: Task
    resources: Resources
    may_continue: Callable[[], bool]

    def check(self) -> None:
        """Raise if the task must stop.

        Raises
        ------
        CancelledError
        """
        if self.task.cancelled or not self.may_continue():
            raise CancelledError

    def announce(self, message: str) -> None:
        """Set the status message, then `check`."""
        self.task.update(message=message)
        self.check()

    def report(self, progress: Progress) -> None:
        """Set the progress of the network, `check`, and let much shorter work pass from time to time."""
        self.task.update(message="", progress=progress)
        self.check()
        if progress.remaining is not None:
            self.resources.inference.give_way(self._announce_interruption, remaining=progress.remaining)
            self.task.update(message="")

    @property
    def network_seconds(self) -> float:
        """How long the network has run for this task, in s, without interruptions."""
        progress = self.task.snapshot.progress
        return 0.0 if progress is None else progress.seconds

    @contextmanager
    def turn(self, seconds: float = 0.0) -> Iterator[None]:
        """Wait for the turn to run a network, announcing the place in the queue.

        Parameters
        ----------
        seconds : float
            About how long the network will run.

        Raises
        ------
        BusyError
            The queue is full.
        """
        with self.resources.inference.turn(self._announce_place, seconds=seconds):
            yield

    @contextmanager
    def brief_turn(self, needed: float) -> Iterator[None]:
        """Wait for the turn to do something short that takes `needed` bytes of memory."""
        with self.resources.brief.turn(lambda ahead: self.check()), self.memory(needed):
            yield

    @contextmanager
    def memory(self, needed: float, *, remedy: str = "make the picture smaller first") -> Iterator[None]:
        """Reserve `needed` bytes of the budget; see `MemoryBudget.reserve`."""
        with self.resources.memory.reserve(needed, on_wait=self._wait_for_memory, remedy=remedy):
            yield

    def network(self, name: str) -> Upscaler:
        """Return a network, waiting while it loads; see `NetworkPool.get`."""
        return self.resources.networks.get(name, lambda: self.announce(_LOADING))

    def _announce_place(self, ahead: int) -> None:
        self.announce(f"{'1 picture is' if ahead == 1 else f'{ahead} pictures are'} ahead of yours ...")

    def _announce_interruption(self, ahead: int) -> None:
        which = "a smaller picture" if ahead == 1 else f"{ahead} smaller pictures"
        self.announce(f"Letting {which} pass ...")

    def _wait_for_memory(self) -> None:
        self.announce("Waiting until others' pictures leave enough memory ...")
        # An interrupted task may hold that memory, and needs the turn to finish.
        self.resources.inference.give_way(self._announce_place)
