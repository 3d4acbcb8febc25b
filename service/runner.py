"""Runs the tasks of one session one at a time, outside the pages.

Streamlit aborts a page's script run at every click, so work done inside the run would restart each time.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from service.failures import describe_failure, is_permanent
from service.networks import BusyError
from service.task import CancelledError, Context, Resources, State, Task
from sr_core import PictureTooLargeError

MAX_KEPT = 600 * 2**20
"""Bytes of pictures, results and views kept for one person across all pages. The result that exceeds it is
still kept; the next one has to wait."""

FULL = (
    f"Your pictures and results on all pages take {MAX_KEPT // 2**20} MiB, the most that is kept for one "
    "person. Download finished results and remove them, here or on another page; then the rest goes on."
)


class Store(Protocol):
    """What a page keeps for one person, and submits tasks for."""

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        ...

    def forget(self) -> None:
        """Discard everything."""

    def finished(self, task: Task) -> None:
        """Handle a task that is done, failed or was cancelled. Called with the runner's lock held."""

    def evict(self, needed: Callable[[], bool]) -> None:
        """Drop what can be recomputed, one item at a time, while `needed()`. Called with the lock held."""


class Runner:
    """The work of one session. Thread-safe.

    Parameters
    ----------
    resources : Resources
    present : callable
        Returns whether the person is connected, or was until a moment ago. Called often, from the runner's
        thread.

    Attributes
    ----------
    lock : lock
        Guards the runner and all its stores.
    version : int
        Changes whenever a page should be redrawn.
    """

    def __init__(self, resources: Resources, present: Callable[[], bool] = lambda: True):
        self.resources = resources
        self.lock = threading.RLock()
        self.version = 0
        self._version_changed = threading.Condition(self.lock)
        self._present, self._owner = present, object()
        self._stores: list[Store] = []
        self._waiting: list[tuple[Store, Task]] = []
        self._running: tuple[Store, Task] | None = None
        self._paused: dict[Store, tuple[str, int]] = {}
        self._served: list[Store] = []
        self._at_work = False

    # ------------------------------------------------------------------------------------ for the pages

    def register(self, store: Store) -> None:
        """Add a store, and count its memory."""
        with self.lock:
            self._stores.append(store)

    def release(self, store: Store) -> None:
        """Remove a store: cancel its tasks, and stop counting its memory."""
        with self.lock:
            for task in self.tasks(store):
                self.cancel(task)
            self._paused.pop(store, None)
            self._stores = [other for other in self._stores if other is not store]
            self.changed()

    def tasks(self, store: Store) -> list[Task]:
        """Return the tasks of a store that wait or run."""
        with self.lock:
            running = [] if self._running is None else [self._running]
            return [task for owner, task in (*running, *self._waiting) if owner is store]

    def check_room(self, nbytes: int, name: str) -> None:
        """Check that another `nbytes` bytes can be kept, for a file called `name`.

        Raises
        ------
        PictureTooLargeError
            There is no room for them.
        """
        if self.kept + nbytes > MAX_KEPT:
            raise PictureTooLargeError(
                f"{name} was left out: at most {MAX_KEPT // 2**20} MiB of pictures and results are kept for "
                "one person; download what is done, and remove it."
            )
        if not self.resources.memory.has_room(nbytes):
            raise PictureTooLargeError(
                f"{name} was left out: the memory of this server is full just now; try again in a few "
                "minutes."
            )

    @property
    def kept(self) -> int:
        """Bytes that all pages keep for this person."""
        with self.lock:
            return sum(store.nbytes for store in self._stores)

    def submit(self, store: Store, task: Task) -> None:
        """Queue a task."""
        with self.lock:
            self._waiting.append((store, task))
            self.changed()
        self.wake()

    def cancel(self, task: Task) -> None:
        """Cancel a task that waits or runs."""
        with self.lock:
            task.cancel()
            for store, waiting in [entry for entry in self._waiting if entry[1] is task]:
                self._waiting.remove((store, waiting))
                self._finish(store, task, State.CANCELLED)

    def pause(self, store: Store, reason: str, *, urgency: int = 1) -> None:
        """Stop the tasks of a store until `resume`; a running task then restarts from the beginning.

        Tasks with a smaller `urgency` number than the one given (more urgent ones) continue.
        """
        with self.lock:
            self._paused[store] = reason, urgency
            self.changed()

    def resume(self, store: Store) -> None:
        """Continue the tasks of a paused store."""
        with self.lock:
            if self._paused.pop(store, None) is not None:
                self.changed()
        self.wake()

    def paused(self, store: Store) -> str | None:
        """Return why a store is paused; None if it is not."""
        with self.lock:
            return self._paused.get(store, (None,))[0]

    def running(self, store: Store) -> Task | None:
        """Return the running task, if it belongs to this store."""
        running = self._running
        return running[1] if running is not None and running[0] is store else None

    def active(self, store: Store) -> bool:
        """Return whether a store has tasks that run, or will without further input."""
        with self.lock:
            return any(not self._held(store, task) for task in self.tasks(store))

    def wake(self) -> None:
        """Start the worker thread if there is work and it is not running.

        Pages call this at every poll, so work that stopped because the person seemed to have left resumes.
        """
        with self.lock:
            if self._at_work or self._next() is None:
                return
            self._at_work = True
        threading.Thread(target=self._work, name="runner", daemon=True).start()

    def forget(self) -> None:
        """Discard everything that the pages keep for this person."""
        with self.lock:
            for store in self._stores:
                store.forget()

    def changed(self) -> None:
        """Signal that pages must be redrawn, and update the memory that is kept."""
        with self.lock:
            self.version += 1
            self._version_changed.notify_all()
            self.resources.memory.set_kept(self._owner, self.kept)

    def wait_for_change(self, version: int, timeout: float) -> bool:
        """Wait at most `timeout` s until the version is not `version`; return whether it is another."""
        with self.lock:
            return self._version_changed.wait_for(lambda: self.version != version, timeout)

    # ------------------------------------------------------------------------------------- in the thread

    def _work(self) -> None:
        try:
            while (claimed := self._claim()) is not None:
                self._do(*claimed)
        except BaseException:
            # A bug outside any task: let the next poll of a page restart the thread rather than wait forever.
            with self.lock:
                self._at_work, self._running = False, None
            raise

    def _do(self, store: Store, task: Task) -> None:
        context = Context(task, self.resources, lambda: not self._held(store, task) and self._present())
        try:
            context.check()
            result = task.run(context)
        except CancelledError:
            self._requeue(store, task)
        except BusyError as error:
            self._requeue(store, task, reason=str(error))
        except Exception as error:
            self._finish(
                store, task, State.FAILED, message=describe_failure(error), permanent=is_permanent(error)
            )
        else:
            # Short tasks may end without another check; a result that is there is kept all the same.
            state = State.CANCELLED if task.cancelled else State.DONE
            self._finish(store, task, state, result=result)

    def _held(self, store: Store, task: Task) -> bool:
        return store in self._paused and task.urgency >= self._paused[store][1]

    def _claim(self) -> tuple[Store, Task] | None:
        """Mark the next task as running and return it; None ends the thread, which is marked as stopped."""
        with self.lock:
            claimed = self._next() if self._present() else None
            if claimed is not None and self.kept >= MAX_KEPT and claimed[1].urgency > 0:
                self.pause(claimed[0], FULL)
                claimed = self._next()
            self._running = claimed
            if claimed is None:
                self._at_work = False
                return None
            store, task = claimed
            self._waiting.remove(claimed)
            if store in self._served:
                self._served.remove(store)
            self._served.append(store)
            task.update(state=State.RUNNING, message="", progress=None)
            self.changed()
            return claimed

    def _next(self) -> tuple[Store, Task] | None:
        """Return the most urgent task; ties go to the page served least recently, then to the oldest."""
        able = [entry for entry in self._waiting if not self._held(*entry)]
        if not able:
            return None
        served = {store: place for place, store in enumerate(self._served)}
        return min(able, key=lambda entry: (entry[1].urgency, served.get(entry[0], -1)))

    def _requeue(self, store: Store, task: Task, *, reason: str | None = None) -> None:
        """Handle a task that stopped early: it was cancelled or paused, or its person has left."""
        with self.lock:
            if task.cancelled:
                self._finish(store, task, State.CANCELLED)
                return
            if reason is not None:
                self.pause(store, reason, urgency=0)
            task.update(state=State.WAITING, message="", progress=None)
            self._running = None
            self._waiting.insert(0, (store, task))
            self.changed()

    def _finish(self, store: Store, task: Task, state: State, **known: object) -> None:
        with self.lock:
            if self._running is not None and self._running[1] is task:
                self._running = None
            task.update(state=state, **{"message": "", "progress": None, **known})
            store.finished(task)
            if self.kept > MAX_KEPT // 2:
                for one in self._stores:
                    one.evict(lambda: self.kept > MAX_KEPT // 2)
            self.changed()
