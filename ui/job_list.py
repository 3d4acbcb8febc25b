"""The pictures of a batch, by where they are on their way."""

import threading

from ui.job import Job, State
from ui.order import Order

AT_WORK = (State.ADDED, State.READING, State.WAITING, State.RUNNING)
"""The states that a picture leaves by itself."""


class JobList:
    """Pictures, in the order of their coming. Any thread may ask.

    Parameters
    ----------
    order : Order
        What is wanted of them.
    """

    def __init__(self, order: Order):
        self.order = order
        self.version = 0
        self._jobs: list[Job] = []
        self._lock = threading.RLock()

    @property
    def jobs(self) -> tuple[Job, ...]:
        """All of them, in the order of their coming."""
        with self._lock:
            return tuple(self._jobs)

    @property
    def done(self) -> list[Job]:
        """Those with a result."""
        return [job for job in self.jobs if job.result is not None]

    @property
    def ready(self) -> list[Job]:
        """Those that wait for a person's word."""
        return [job for job in self.jobs if job.state is State.READY]

    @property
    def at_work(self) -> list[Job]:
        """Those that go on by themselves, unless the batch is stopped."""
        return [job for job in self.jobs if job.state in AT_WORK or job.save_again]

    @property
    def outdated(self) -> list[Job]:
        """Those whose result was made by another order, and will not be made anew by itself."""
        return [
            job
            for job in self.jobs
            if job.state is State.DONE
            and job.result is not None
            and job.result.order != self.order
            and not job.save_again
        ]

    @property
    def nbytes(self) -> int:
        """Memory that pictures and results take."""
        return sum(job.nbytes for job in self.jobs)

    def _changed(self) -> None:
        self.version += 1
