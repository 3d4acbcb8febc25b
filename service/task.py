"""One piece of work: what it does, how far it is, and what came out of it."""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Generic, TypeVar

from sr_core import Progress

if TYPE_CHECKING:
    from service.context import Context

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
