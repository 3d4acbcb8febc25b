"""What a task works with, and where it says how far it is."""

import functools
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from service.inference_queue import InferenceQueue
from service.memory import MemoryBudget
from service.network_pool import NetworkPool
from service.task import CancelledError, Task
from sr_core import Progress, Upscaler

MAX_WAITING = 20
"""How many may wait for a network behind the one whose turn it is."""

_LOADING = "Loading the network, a few seconds ..."


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
