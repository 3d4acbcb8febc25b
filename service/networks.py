"""The networks that all sessions share: loaded once, in the background, and run one at a time."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from service.process import start_tensorflow
from sr_core import SuperResError, Upscaler, engines

# Seconds between calls of `on_wait`, while a network loads and in the queue. Each call lets the waiting task
# be cancelled, and updates its place in the queue.
_LOADING_POLL, _QUEUE_POLL = 0.25, 0.5

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


class InferenceQueue:
    """Lets one thread through at a time, first come, first served: a network uses every core and much memory.

    Parameters
    ----------
    max_waiting : int
        How many may wait behind the thread whose turn it is.
    """

    def __init__(self, *, max_waiting: int):
        self._max = max_waiting + 1
        self._queue: deque[object] = deque()
        self._changed = threading.Condition()

    @property
    def has_waiting(self) -> bool:
        """Whether any thread waits for its turn."""
        with self._changed:
            return len(self._queue) > 1

    @contextmanager
    def turn(self, on_wait: Callable[[int], object]) -> Iterator[None]:
        """Wait for a turn, and hold it for the ``with`` block.

        Parameters
        ----------
        on_wait : callable
            Called repeatedly with the number of threads ahead. If it raises, the place is given up.

        Raises
        ------
        BusyError
            The queue is full.
        """
        ticket = object()
        with self._changed:
            if len(self._queue) >= self._max:
                raise BusyError(
                    f"{len(self._queue)} pictures are waiting already, and the queue is full; "
                    "try again in a minute."
                )
            self._queue.append(ticket)
        try:
            while ahead := self._ahead(ticket):
                on_wait(ahead)
                with self._changed:
                    self._changed.wait(_QUEUE_POLL)
            yield
        finally:
            with self._changed:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def _ahead(self, ticket: object) -> int:
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
