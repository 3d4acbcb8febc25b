"""The queue in front of the network: one picture at a time, first come, first served."""

import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sr_core.errors import SuperResError

# How often, in seconds, those who wait are told their place, and noticed when they are gone.
_LOOK_EVERY = 0.5


class BusyError(SuperResError):
    """Too many pictures are waiting already."""


class InferenceQueue:
    """Lets one thread through at a time, because a network uses every core and much memory.

    Parameters
    ----------
    max_waiting : int
        How many may wait behind the one that is inside.
    """

    def __init__(self, *, max_waiting: int):
        self._max = max_waiting + 1
        self._queue: deque[object] = deque()
        self._moved = threading.Condition()

    @property
    def others_wait(self) -> bool:
        """Whether anybody waits behind the one that is inside."""
        with self._moved:
            return len(self._queue) > 1

    @contextmanager
    def turn(self, waiting: Callable[[int], object]) -> Iterator[None]:
        """Wait for one's turn, and hold it for the ``with`` block.

        Parameters
        ----------
        waiting : callable
            Called now and then with the number of those ahead. If it raises, the place is given up.

        Raises
        ------
        BusyError
            The queue is full.
        """
        ticket = object()
        with self._moved:
            if len(self._queue) >= self._max:
                raise BusyError(
                    f"{len(self._queue)} pictures are waiting already, and no more are taken; "
                    "try again in a minute."
                )
            self._queue.append(ticket)
        try:
            while ahead := self._ahead(ticket):
                waiting(ahead)
                with self._moved:
                    self._moved.wait(_LOOK_EVERY)
            yield
        finally:
            with self._moved:
                self._queue.remove(ticket)
                self._moved.notify_all()

    def _ahead(self, ticket: object) -> int:
        with self._moved:
            return self._queue.index(ticket)
