"""The networks that all sessions share: loaded once, in the background, and run one at a time."""

import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from service.process import start_tensorflow
from sr_core import SuperResError, Upscaler, engines

# Seconds between calls of `on_wait`, while a network loads and in the queue. Each call lets the waiting task
# be cancelled, and updates its place in the queue.
_LOADING_POLL, _QUEUE_POLL = 0.25, 0.5

# A turn is interrupted for those that take at most this fraction of what it still needs: switching between
# pictures costs a tenth of a second.
_MUCH_SHORTER = 1 / 4

# Each takes memory, and any of them loads again in a second or two.
_MAX_LOADED = 2


class NetworkPool:
    """The most recently used upscalers, by the name of their weights. Thread-safe."""

    def __init__(self) -> None:
        self._loading: dict[str, Future[Upscaler]] = {}
        self._lock = threading.Lock()

    def load(self, name: str) -> Future[Upscaler]:
        """Start loading a network, unless it is loaded or loading already."""
        with self._lock:
            if name not in self._loading:
                self._evict_idle()
                # In its own thread, so that the page is drawn while TensorFlow starts.
                pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load")
                self._loading[name] = pool.submit(_load, name)
                pool.shutdown(wait=False)
            # The dictionary is in order of use, the most recent last.
            self._loading[name] = self._loading.pop(name)
            return self._loading[name]

    def _evict_idle(self) -> None:
        """Make room by dropping the least recently used. A task that uses one keeps its reference."""
        idle = [name for name, loading in self._loading.items() if loading.done()]
        for name in idle[: max(0, len(self._loading) - _MAX_LOADED + 1)]:
            del self._loading[name]

    def loaded(self) -> dict[str, Upscaler]:
        """Return the networks that are available without waiting, by name."""
        with self._lock:
            done = {name: loading for name, loading in self._loading.items() if loading.done()}
            return {name: loading.result() for name, loading in done.items() if not loading.exception()}

    def get(self, name: str, on_wait: Callable[[], object] = lambda: None) -> Upscaler:
        """Return a network, waiting while it loads.

        Parameters
        ----------
        name : str
            Name of the weights.
        on_wait : callable
            Called repeatedly while waiting. If it raises, the wait ends; the network keeps loading.

        Raises
        ------
        SuperResError
            The network cannot be loaded; the next call tries again.
        """
        loading = self.load(name)
        while not loading.done():
            on_wait()
            wait([loading], timeout=_LOADING_POLL)
        if loading.exception() is not None:
            with self._lock:
                if self._loading.get(name) is loading:
                    del self._loading[name]
        return loading.result()


class BusyError(SuperResError):
    """Too many pictures are waiting already."""


@dataclass(eq=False, slots=True)
class _Ticket:
    """A place in the queue: the expected length of the turn in s, its thread, and when it last began.

    `slice` is how long it then lasts at least, in s.
    """

    seconds: float
    slice: float
    thread: int = field(default_factory=threading.get_ident)
    since: float = 0.0


class InferenceQueue:
    """Lets one thread through at a time, because a network uses every core and much memory.

    First come, first served; but a turn that takes minutes is interrupted for those that take seconds.

    Parameters
    ----------
    max_waiting : int
        How many may wait behind the thread whose turn it is.
    slice_seconds : float
        How long a turn lasts at least before it is interrupted. After an interruption it lasts as long as
        that did, so that a long turn gets half the time.
    """

    def __init__(self, *, max_waiting: int, slice_seconds: float = 5.0):
        self._max, self._slice = max_waiting + 1, slice_seconds
        self._queue: list[_Ticket] = []
        self._changed = threading.Condition()

    @property
    def has_waiting(self) -> bool:
        """Whether any thread waits for its turn."""
        with self._changed:
            return len(self._queue) > 1

    @contextmanager
    def turn(self, on_wait: Callable[[int], object], *, seconds: float = 0.0) -> Iterator[None]:
        """Wait for a turn, and hold it for the ``with`` block.

        Parameters
        ----------
        on_wait : callable
            Called repeatedly with the number of threads ahead. If it raises, the place is given up.
        seconds : float
            Expected length of the turn.

        Raises
        ------
        BusyError
            The queue is full.
        """
        ticket = _Ticket(seconds, self._slice)
        with self._changed:
            if len(self._queue) >= self._max:
                raise BusyError(
                    f"{len(self._queue)} pictures are waiting already, and the queue is full; "
                    "try again in a minute."
                )
            self._queue.append(ticket)
        try:
            self._wait(ticket, on_wait)
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def give_way(self, on_wait: Callable[[int], object], *, remaining: float | None = None) -> None:
        """Interrupt the turn of this thread for others, and wait for the next; without a turn, do nothing.

        Parameters
        ----------
        on_wait : callable
            See `turn`.
        remaining : float, optional
            Seconds that the turn still needs: at the end of a time slice, much shorter turns pass. By default
            the turn is of no use now, and all others pass.
        """
        with self._changed:
            first = self._queue[0] if self._queue else None
            if first is None or first.thread != threading.get_ident():
                return
            passing = others = self._queue[1:]
            if remaining is not None:
                if time.monotonic() - first.since < first.slice:
                    return
                passing = [other for other in others if other.seconds <= _MUCH_SHORTER * remaining]
            self._queue = [*passing, first, *(other for other in others if other not in passing)]
            self._changed.notify_all()
        began = time.monotonic()
        self._wait(first, on_wait)
        first.slice = max(self._slice, first.since - began)

    def _wait(self, ticket: _Ticket, on_wait: Callable[[int], object]) -> None:
        while ahead := self._ahead(ticket):
            on_wait(ahead)
            with self._changed:
                self._changed.wait(_QUEUE_POLL)
        ticket.since = time.monotonic()

    def _ahead(self, ticket: _Ticket) -> int:
        with self._changed:
            return self._queue.index(ticket)


def _load(name: str) -> Upscaler:
    if engines.choose() == "tensorflow":
        start_tensorflow()
    # "auto" measures which is faster, and two processes may disagree: an operator can set it for all of them.
    precision: Any = os.environ.get("SUPERRES_PRECISION", "auto")
    upscaler = Upscaler.from_weights(name, precision=precision, clean_up="auto")
    upscaler.warm_up()
    return upscaler
