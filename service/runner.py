"""Works off the tasks of one session, one at a time; so that its pages only look on.

Streamlit ends the run of a page at every click. Work that belonged to the run would begin anew each time.
"""

import threading
from collections.abc import Callable
from typing import Protocol

from service.failures import describe_failure, is_lasting
from service.networks import BusyError
from service.task import CancelledError, Context, Resources, State, Task
from sr_core import PictureTooLargeError

MAX_KEPT = 600 * 2**20
"""Bytes of pictures, results and views that are kept for one person, on all pages together. The result that
passes it is kept; the next has to wait."""

FULL = (
    f"Your pictures and results on all pages take {MAX_KEPT // 2**20} MiB, as much as is kept for one "
    "person. Download what is done and remove it, here or on another page; then the rest goes on."
)


class Store(Protocol):
    """What a page keeps of one person, and has worked on."""

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        ...

    def forget(self) -> None:
        """Forget everything."""

    def finished(self, task: Task) -> None:
        """Note that a task is done, has failed, or was cancelled; called with the runner's lock held."""

    def drop_spare(self, needed: Callable[[], bool]) -> None:
        """Forget what can be made again, one by one, while `needed`; called with the lock held."""


class Runner:
    """The work of one session. Any thread may call.

    Parameters
    ----------
    resources : Resources
    present : callable
        Whether the person is there, or may come back in a moment; asked often, and from another thread than
        theirs.

    Attributes
    ----------
    lock : lock
        Guards the runner and all its stores.
    version : int
        Another one whenever a page should be drawn again.
    """

    def __init__(self, resources: Resources, present: Callable[[], bool] = lambda: True):
        self.resources = resources
        self.lock = threading.RLock()
        self.version = 0
        self._present, self._owner = present, object()
        self._stores: list[Store] = []
        self._waiting: list[tuple[Store, Task]] = []
        self._running: tuple[Store, Task] | None = None
        self._paused: dict[Store, tuple[str, int]] = {}
        self._served: list[Store] = []
        self._at_work = False

    # ------------------------------------------------------------------------------------ for the pages

    def register(self, store: Store) -> None:
        """Have the memory of a store counted."""
        with self.lock:
            self._stores.append(store)

    def release(self, store: Store) -> None:
        """Do nothing more for a store, and count its memory no longer."""
        with self.lock:
            for task in self.tasks(store):
                self.cancel(task)
            self._paused.pop(store, None)
            self._stores = [other for other in self._stores if other is not store]
            self.changed()

    def tasks(self, store: Store) -> list[Task]:
        """Those of a store that wait or run."""
        with self.lock:
            running = [] if self._running is None else [self._running]
            return [task for owner, task in (*running, *self._waiting) if owner is store]

    def check_room(self, nbytes: int, name: str) -> None:
        """Check that so many bytes more can be kept, of a file called `name`.

        Raises
        ------
        PictureTooLargeError
            They cannot.
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
        """Bytes that all pages keep of this person."""
        with self.lock:
            return sum(store.nbytes for store in self._stores)

    def submit(self, store: Store, task: Task) -> None:
        """Have a task done."""
        with self.lock:
            self._waiting.append((store, task))
            self.changed()
        self.wake()

    def cancel(self, task: Task) -> None:
        """Have a task not done, or no further."""
        with self.lock:
            task.cancel()
            for store, waiting in [entry for entry in self._waiting if entry[1] is task]:
                self._waiting.remove((store, waiting))
                self._finish(store, task, State.CANCELLED)

    def pause(self, store: Store, reason: str, *, urgency: int = 1) -> None:
        """Do nothing for a store until the person says so; what runs begins anew then.

        Tasks that are more urgent than `urgency`, and so have a smaller one, go on.
        """
        with self.lock:
            self._paused[store] = reason, urgency
            self.changed()

    def resume(self, store: Store) -> None:
        """Go on with what was paused."""
        with self.lock:
            if self._paused.pop(store, None) is not None:
                self.changed()
        self.wake()

    def paused(self, store: Store) -> str | None:
        """Why nothing is done for a store just now."""
        with self.lock:
            return self._paused.get(store, (None,))[0]

    def running(self, store: Store) -> Task | None:
        """The task of a store that is being done."""
        running = self._running
        return running[1] if running is not None and running[0] is store else None

    def active(self, store: Store) -> bool:
        """Whether something goes on for a store by itself."""
        with self.lock:
            return any(not self._held(store, task) for task in self.tasks(store))

    def wake(self) -> None:
        """Go on where there is something to do and nobody does it.

        Pages call it whenever they look: work that ended because a person seemed to have left goes on then.
        """
        with self.lock:
            if self._at_work or self._next() is None:
                return
            self._at_work = True
        threading.Thread(target=self._work, name="runner", daemon=True).start()

    def forget(self) -> None:
        """Forget everything that the pages keep of this person."""
        with self.lock:
            for store in self._stores:
                store.forget()

    def changed(self) -> None:
        """Note that something is to be drawn, and how much is kept now."""
        with self.lock:
            self.version += 1
            self.resources.memory.keep(self._owner, self.kept)

    # ------------------------------------------------------------------------------------- in the thread

    def _work(self) -> None:
        try:
            while (claimed := self._claim()) is not None:
                self._do(*claimed)
        except BaseException:
            # A bug outside of any task: the next look of a page begins anew instead of waiting for ever.
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
                store, task, State.FAILED, message=describe_failure(error), lasting=is_lasting(error)
            )
        else:
            self._finish(store, task, State.DONE, result=result)

    def _held(self, store: Store, task: Task) -> bool:
        return store in self._paused and task.urgency >= self._paused[store][1]

    def _claim(self) -> tuple[Store, Task] | None:
        """Return the next task, and note that it runs; None ends the thread, which is noted too."""
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
        """The most urgent task; among equals that of the page served longest ago, then the first to come."""
        able = [entry for entry in self._waiting if not self._held(*entry)]
        if not able:
            return None
        served = {store: place for place, store in enumerate(self._served)}
        return min(able, key=lambda entry: (entry[1].urgency, served.get(entry[0], -1)))

    def _requeue(self, store: Store, task: Task, *, reason: str | None = None) -> None:
        """Note that a task ended before its end: it was cancelled or paused, or its person has left."""
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
                    one.drop_spare(lambda: self.kept > MAX_KEPT // 2)
            self.changed()
