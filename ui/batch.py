"""The pictures of one person: what was added, how far each is, and what came out. All in memory."""

from collections.abc import Iterable
from dataclasses import replace

from sr_core import Estimate, PictureTooLargeError
from ui.job import Job, Result, State
from ui.job_list import AT_WORK, JobList
from ui.order import Facts, Order

MAX_JOBS = 100
"""Pictures in a batch."""

MAX_KEPT = 400 * 2**20
"""Bytes of a batch's pictures and results. The result that passes it is kept; the next has to wait."""

ASK_ABOVE = 300.0
"""Seconds above which new pictures wait for a person's word."""

FULL = (
    f"Your pictures and results take {MAX_KEPT // 2**20} MiB, as much as is kept for one person. Download "
    "what is done and remove it here; then the others go on."
)


class Batch(JobList):
    """Pictures and their states. The page and the worker share it; any thread may call.

    Parameters
    ----------
    order : Order
        What is wanted of pictures that are added.
    """

    def __init__(self, order: Order):
        super().__init__(order)
        self.stopped: str | None = None
        self.shown: Job | None = None
        self._next_id = 0
        self._has_worker = False

    def add(self, folder: str, name: str, data: bytes) -> Job:
        """Add a picture.

        Raises
        ------
        PictureTooLargeError
            There are too many, or they take too much memory.
        """
        with self._lock:
            if len(self._jobs) >= MAX_JOBS:
                raise PictureTooLargeError(
                    f"{name} was left out: a batch has at most {MAX_JOBS} pictures; remove some."
                )
            if self.nbytes + len(data) > MAX_KEPT:
                raise PictureTooLargeError(
                    f"{name} was left out: at most {MAX_KEPT // 2**20} MiB of pictures and results are kept "
                    "for one person; download what is done, and remove it."
                )
            job = Job(self._next_id, folder, name, data, self.order)
            self._next_id += 1
            self._jobs.append(job)
            self._changed()
            return job

    def set_order(self, order: Order) -> None:
        """Have everything that has not begun made in another way; what is done says that it is outdated.

        Where only the file shall be another one, and there is a lossless result, it is saved again at once.
        """
        with self._lock:
            if order == self.order:
                return
            self.order = order
            for job in self._jobs:
                self._reconsider(job)
            self._changed()

    def _reconsider(self, job: Job) -> None:
        job.save_again = False
        if job.result is not None and job.state in (State.DONE, State.FAILED):
            made = job.result.order
            job.state = State.DONE
            job.save_again = made != self.order and made.same_picture(self.order) and bool(job.result.exact)
        elif job.state in (State.READY, State.WAITING) or (job.state is State.FAILED and job.facts):
            job.state, job.said = State.ADDED, ""

    def start(self) -> None:
        """Begin with those that wait for a person's word, and go on where the batch was stopped."""
        with self._lock:
            self.stopped = None
            for job in self.ready:
                job.state = State.WAITING
            self._changed()

    def again(self, jobs: Iterable[Job]) -> None:
        """Make pictures anew, in the way that is wanted now. Their results stay meanwhile.

        Where only the file could not be made, only that is tried again.
        """
        with self._lock:
            for job in jobs:
                made = job.result if job.state is State.FAILED else None
                if made is not None and made.exact and made.order.same_picture(self.order):
                    self._reconsider(job)
                elif job.state in (State.DONE, State.FAILED, State.CANCELLED):
                    job.state, job.said = State.ADDED, ""
                    job.stop.clear()
            self.stopped = None
            self._changed()

    def cancel(self, jobs: Iterable[Job]) -> None:
        """Have pictures not made, or no further."""
        with self._lock:
            for job in jobs:
                job.stop.set()
                if job.state not in (State.READING, State.RUNNING):
                    self._end(job)
            self._changed()

    def remove(self, job: Job) -> None:
        """Forget a picture and its result."""
        with self._lock:
            job.stop.set()
            self._jobs = [other for other in self._jobs if other is not job]
            if self.shown is job:
                self.shown = next(iter(self.done), None)
            if self.stopped == FULL:
                self.stopped = None
            self._changed()
        job.forget()

    def clear(self) -> None:
        """Forget everything."""
        for job in self.jobs:
            self.remove(job)

    def show(self, job: Job) -> None:
        """Choose the picture that is on show."""
        with self._lock:
            self.shown = job
            self._changed()

    def hire(self) -> bool:
        """Whether there is work and nobody does it; then the caller has to."""
        with self._lock:
            if self._has_worker or self.stopped is not None or not self.at_work:
                return False
            self._has_worker = True
            return True

    def take(self) -> Job | None:
        """Return the next thing to do, and note that it has begun; None lets the worker go.

        A picture to be read, one to be saved again, one to be enlarged, in this order: so that sizes and
        times are known soon.
        """
        with self._lock:
            job = None if self.stopped is not None else self._next()
            if job is None:
                self.leave()
            elif job.state is State.ADDED:
                job.state, job.note = State.READING, ""
            elif job.state is State.WAITING:
                job.state, job.note, job.progress = State.RUNNING, "", None
            self._changed()
            return job

    def _next(self) -> Job | None:
        for job in self._jobs:
            if job.state is State.ADDED:
                return job
        for job in self._jobs:
            if job.save_again:
                return job
        ready = self.ready
        if sum(job.seconds for job in ready) <= ASK_ABOVE:
            for job in ready:
                job.state = State.WAITING
        waiting = next((job for job in self._jobs if job.state is State.WAITING), None)
        if waiting is not None and self.nbytes >= MAX_KEPT:
            self.stopped = FULL
            return None
        return waiting

    def leave(self) -> None:
        """Note that nobody works on it any more."""
        with self._lock:
            self._has_worker = False

    def judged(self, job: Job, facts: Facts, thumbnail: bytes, estimate: Estimate) -> None:
        """Note what reading a picture told."""
        with self._lock:
            job.facts, job.thumbnail, job.estimate = facts, thumbnail, estimate
            if job.stop.is_set():
                self._end(job)
            elif job.state is State.READING:
                # Somebody may have changed the order meanwhile.
                job.state = State.READY if job.order == self.order else State.ADDED
            self._changed()

    def made(self, job: Job, result: Result) -> None:
        """Note a result. The first is put on show."""
        with self._lock:
            if job not in self._jobs:
                return
            if self.shown is None:
                self.shown = job
            job.result, job.state, job.progress = result, State.DONE, None
            job.stop.clear()
            self._drop_masters()
            self._reconsider(job)
            self._changed()

    def failed(self, job: Job, said: str) -> None:
        """Note why a picture could not be read or made."""
        with self._lock:
            job.state, job.said, job.save_again = State.FAILED, said, False
            job.stop.clear()
            if job.order != self.order and job.facts:
                self._reconsider(job)
            self._changed()

    def put_back(self, job: Job, *, stopped: str | None = None) -> None:
        """Note that work on a picture ended before its end: it was cancelled, or its person has left.

        `stopped` says why the whole batch has to wait.
        """
        with self._lock:
            job.save_again = False
            if job.stop.is_set():
                self._end(job)
            elif job.state is State.READING:
                job.state = State.ADDED
            elif job.state is State.RUNNING:
                job.state = State.WAITING
            if stopped is not None:
                self.stopped = stopped
            self._changed()

    def _drop_masters(self) -> None:
        """Drop lossless copies while memory is short, but that of the picture on show."""
        for job in self._jobs:
            if self.nbytes > MAX_KEPT // 2 and job is not self.shown and job.result is not None:
                job.result = replace(job.result, master=None)
                job.save_again = job.save_again and job.result.exact is not None

    def _end(self, job: Job) -> None:
        job.save_again, job.progress = False, None
        job.stop.clear()
        if job.state in AT_WORK or job.state is State.READY:
            job.state = State.CANCELLED if job.result is None else State.DONE
