"""The networks that all people share: each loaded once, in the background, and one run at a time."""

import os
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import contextmanager
from typing import Any

from service.process import start_tensorflow
from sr_core import SuperResError, Upscaler, engines

# Seconds between two chances to cancel while a network loads; and how often those in the queue are told their
# place, and noticed when they are gone.
_LOADING_LOOK, _QUEUE_LOOK = 0.25, 0.5

# Each takes memory, and any is loaded again in a second or two.
_MOST_LOADED = 2


class NetworkPool:
    """Upscalers by the name of their weights, the last few that were asked for. Any thread may ask."""

    def __init__(self) -> None:
        self._loading: dict[str, Future[Upscaler]] = {}
        self._lock = threading.Lock()

    def load(self, name: str) -> Future[Upscaler]:
        """Begin to load a network, if nobody has."""
        with self._lock:
            if name not in self._loading:
                self._make_room()
                # A thread of its own: the page is drawn while TensorFlow starts.
                pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix="load")
                self._loading[name] = pool.submit(_load, name)
                pool.shutdown(wait=False)
            # The last in the dictionary is the one that was asked for last.
            self._loading[name] = self._loading.pop(name)
            return self._loading[name]

    def _make_room(self) -> None:
        """Forget those that were not asked for the longest. Who works with one keeps it until it is done."""
        idle = [name for name, loading in self._loading.items() if loading.done()]
        for name in idle[: max(0, len(self._loading) - _MOST_LOADED + 1)]:
            del self._loading[name]

    def loaded(self) -> dict[str, Upscaler]:
        """Return those that are there without waiting, by name."""
        with self._lock:
            done = {name: loading for name, loading in self._loading.items() if loading.done()}
            return {name: loading.result() for name, loading in done.items() if not loading.exception()}

    def get(self, name: str, waiting: Callable[[], object] = lambda: None) -> Upscaler:
        """Return a network, waiting while it loads.

        Parameters
        ----------
        name : str
            Of its weights.
        waiting : callable
            Called now and then meanwhile. If it raises, nobody waits any longer.

        Raises
        ------
        SuperResError
            It cannot be loaded; the next call tries again.
        """
        loading = self.load(name)
        while not loading.done():
            waiting()
            wait([loading], timeout=_LOADING_LOOK)
        if loading.exception() is not None:
            with self._lock:
                if self._loading.get(name) is loading:
                    del self._loading[name]
        return loading.result()


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
                    self._moved.wait(_QUEUE_LOOK)
            yield
        finally:
            with self._moved:
                self._queue.remove(ticket)
                self._moved.notify_all()

    def _ahead(self, ticket: object) -> int:
        with self._moved:
            return self._queue.index(ticket)


def _load(name: str) -> Upscaler:
    if engines.choose() == "tensorflow":
        start_tensorflow()
    # What is faster is measured, and two processes may find otherwise: an operator can fix it for all.
    precision: Any = os.environ.get("SUPERRES_PRECISION", "auto")
    upscaler = Upscaler.from_weights(name, precision=precision, clean_up="auto")
    upscaler.warm_up()
    return upscaler
