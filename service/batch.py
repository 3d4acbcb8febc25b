"""One person's pictures on the page "Upscale", with their progress and results. All in memory."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from service.archive import entries, pack, unique_paths
from service.downloads import Download
from service.item import Item, Status
from service.part import EnlargePart
from service.request import Request
from service.result import Result
from service.runner import FULL, Runner
from service.task import State, Task
from service.upscaling import Draw, Inspect, Reencode, Upscale
from sr_core import PictureTooLargeError, SuperResError

MAX_ITEMS = 100
"""Maximum number of pictures in a batch."""

ASK_ABOVE, ASK_ABOVE_ALONE = 300.0, 60.0
"""Estimated seconds above which work needs confirmation; fewer for one picture, as a part can be tried."""

# Bytes of decoded pictures to keep while they wait for the network, which saves decoding them twice.
_MAX_DECODED = 160 * 2**20


class Batch:
    """Pictures, in the order they were added. Shared by the page and the runner; thread-safe.

    Parameters
    ----------
    runner : Runner
    request : Request
        How pictures are enlarged.

    Attributes
    ----------
    items : tuple of Item
    shown : Item or None
        The picture on display.
    archive : Download
        All results in one ZIP file.
    """

    def __init__(self, runner: Runner, request: Request | None = None):
        self.runner = runner
        self.request = request or Request()
        self.shown: Item | None = None
        self.items: tuple[Item, ...] = ()
        self.archive = Download("superres.zip", "application/zip", lambda: pack(self._files()))
        self._next_id = 0
        runner.register(self)

    # --------------------------------------------------------------------------------- for the page to read

    @property
    def done(self) -> list[Item]:
        """Pictures with a result."""
        return [item for item in self.items if item.result is not None]

    @property
    def ready(self) -> list[Item]:
        """Pictures that wait for confirmation."""
        return [item for item in self.items if item.status is Status.READY]

    @property
    def active(self) -> list[Item]:
        """Pictures that are queued or running."""
        return [item for item in self.items if item.status in (Status.WAITING, Status.WORKING)]

    @property
    def outdated(self) -> list[Item]:
        """Pictures whose result is of an earlier request and is not updated automatically."""
        return [
            item
            for item in self.items
            if item.status is Status.DONE and item.result and item.result.request != self.request
        ]

    @property
    def paused(self) -> str | None:
        """Why the batch is paused; None if it is not."""
        return self.runner.paused(self)

    @property
    def nbytes(self) -> int:
        """Memory used by pictures, results and views, in bytes."""
        return sum(item.nbytes for item in self.items)

    def _files(self) -> list[tuple[str, bytes]]:
        """Return the results with their paths, in the folders that the pictures came in."""
        with self.runner.lock:
            finished = [(item, item.result) for item in self.items if item.result is not None]
            names = [str(PurePosixPath(item.folder, item.file_name(self.request))) for item, _ in finished]
        return [(path, result.data) for path, (_, result) in zip(unique_paths(names), finished, strict=True)]

    # --------------------------------------------------------------------------------------- for the person

    def add_files(self, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Add pictures, given as (name, content), and the pictures inside ZIP files.

        Returns
        -------
        list of str
            A sentence for each file that was skipped.
        """
        skipped: list[str] = []
        last = self.items[-1] if self.items else None
        for name, data in files:
            try:
                unpacked = entries(name, data)
            except SuperResError as error:
                skipped.append(f"{name}: {error}")
                continue
            skipped += unpacked.skipped
            for left, entry in zip(reversed(range(len(unpacked.pictures))), unpacked.pictures, strict=True):
                try:
                    self.add(entry.folder, entry.name, entry.data)
                except PictureTooLargeError as error:
                    skipped.append(str(error))
                    if left:
                        skipped.append(f"{left} more of {name} were left out too.")
                    break
        if self.items and self.items[-1] is not last:
            self.show(None)  # display the first new result as soon as it is done
        return skipped

    def add(self, folder: str, name: str, data: bytes) -> Item:
        """Add a picture.

        Raises
        ------
        PictureTooLargeError
            The batch is full, or there is no memory left.
        """
        with self.runner.lock:
            if len(self.items) >= MAX_ITEMS:
                raise PictureTooLargeError(
                    f"{name} was left out: a batch has at most {MAX_ITEMS} pictures; remove some."
                )
            self.runner.check_room(len(data), name)
            item = Item(self._next_id, folder, name, data)
            self._next_id += 1
            self.items = (*self.items, item)
            self._inspect(item)
            return item

    def set_request(self, request: Request) -> None:
        """Change how pictures are enlarged. Work that has not started follows it; results become outdated.

        If only the file format changes and every result has a lossless copy, the results are re-encoded at
        once: all or none, so that the archive never mixes formats.
        """
        with self.runner.lock:
            if request == self.request:
                return
            self.request = request
            for item in self.items:
                self._apply_request(item)
            self.runner.changed()

    def start(self) -> None:
        """Start the pictures that wait for confirmation, and resume if paused."""
        with self.runner.lock:
            for item in self.ready:
                self._enlarge(item)
        self.runner.resume(self)

    def redo(self, items: Iterable[Item]) -> None:
        """Redo pictures with the current request, keeping their results until the new ones are done.

        Where a result already has the right pixels, it is only re-encoded.
        """
        with self.runner.lock:
            for item in items:
                if item.status in (Status.DONE, Status.FAILED, Status.CANCELLED) and not self._reencode(item):
                    self._inspect(item)
        self.runner.resume(self)

    def try_part(self, item: Item, *, top: int, left: int) -> None:
        """Enlarge the part of a picture around a point, while the whole picture waits for confirmation."""
        with self.runner.lock:
            if item.status is Status.READY and item.facts is not None:
                where = {"top": top, "left": left}
                self._submit(item, EnlargePart(item.data, item.facts, item.picture, self.request, **where))
        self.runner.resume(self)

    def cancel(self, items: Iterable[Item]) -> None:
        """Cancel pictures that wait or run."""
        with self.runner.lock:
            for item in items:
                if item.task is not None and item.task.active:
                    self.runner.cancel(item.task)
                elif item.status is Status.READY:
                    item.stop()
            self.runner.changed()

    def remove(self, item: Item) -> None:
        """Remove a picture and its result."""
        with self.runner.lock:
            self.items = tuple(other for other in self.items if other is not item)
            self._discard_task(item)
            item.clear()
            if self.shown is item:
                self.show(next(iter(self.done), None))
            self.runner.changed()
        if self.paused == FULL:
            self.runner.resume(self)

    def forget(self) -> None:
        """Remove all pictures and results."""
        with self.runner.lock:
            items, self.items, self.shown = self.items, (), None
            for item in items:
                self._discard_task(item)
                item.clear()
            self.runner.changed()
        self.runner.resume(self)

    def show(self, item: Item | None) -> None:
        """Choose the picture on display, the only one whose preview is kept."""
        with self.runner.lock:
            self.shown = item
            for other in self.items:
                if other is not item:
                    other.preview = None
            self.draw()
            self.runner.changed()

    def draw(self) -> None:
        """Prepare the preview of the result on display, unless it exists or the picture is busy."""
        with self.runner.lock:
            if self.shown is None and not self.active:
                self.shown = next(iter(self.done), None)
            item = self.shown
            if item is None or item.result is None or item.status is not Status.DONE:
                return
            if item.preview is None or item.preview.result is not item.result:
                item.preview = None  # frees its memory
                self._submit(item, Draw(item.data, item.result))

    # -------------------------------------------------------------------------------------- for the runner

    def finished(self, task: Task) -> None:
        """Record the result of a task, then start what follows from it."""
        item = next((item for item in self.items if item.task is task), None)
        if item is None:
            return
        item.update(task)
        if isinstance(task, Upscale | Draw) and task.snapshot.result and item is self.shown:
            item.preview = task.snapshot.result
        task.update(result=None)  # the item keeps what is needed of it
        if task.snapshot.state is State.CANCELLED:
            return
        if item.picture is not None:
            self._limit_decoded(item)
        if isinstance(task, Inspect | Upscale | Reencode) and task.request != self.request:
            self._apply_request(item)  # the request has changed in the meantime
        inspecting = any(isinstance(other.task, Inspect) and other.task.active for other in self.items)
        threshold = ASK_ABOVE if len(self.items) > 1 else min(ASK_ABOVE, ASK_ABOVE_ALONE)
        if not inspecting and sum(one.seconds for one in self.ready) <= threshold:
            for one in self.ready:
                self._enlarge(one)
        self.draw()

    def evict(self, needed: Callable[[], bool]) -> None:
        """Drop decoded pictures, and lossless copies except that of the picture on display."""
        for item in self.items:
            if needed():
                item.picture = None
            if needed() and item is not self.shown and item.result is not None:
                item.result = replace(item.result, master=None)

    def _apply_request(self, item: Item) -> None:
        """Do what a changed request requires of an item; a running task is dealt with when it ends."""
        status, task = item.status, item.task
        if status is Status.WORKING or (status is Status.WAITING and isinstance(task, Inspect)):
            return
        if status is Status.WAITING:
            self._discard_task(item)
            restart = isinstance(task, Upscale)
        else:
            failed = item.result is None and not item.cancelled and item.facts is not None
            restart = failed or status is Status.READY
        if restart:
            self._inspect(item)
        elif item.result is not None:
            item.error = ""
            results = [other.result for other in self.items if other.result is not None]
            if all(result.can_become(self.request) for result in results):
                self._reencode(item)

    def _reencode(self, item: Item) -> bool:
        """Re-encode a result if the request needs no more than that; return False if it needs a new one."""
        result = item.result
        if result is None or item.facts is None:
            return False
        if result.request == self.request and not item.error:
            return True
        if not result.can_become(self.request):
            return False
        self._submit(item, Reencode(result, item.facts, self.request, item.preview))
        return True

    def _inspect(self, item: Item) -> None:
        self._submit(item, Inspect(item.data, self._latest))

    def _latest(self) -> Request:
        return self.request

    def _enlarge(self, item: Item) -> None:
        if item.facts is None:
            raise ValueError("a picture is inspected before it is enlarged")

        def on_result(result: Result) -> bool:
            return self._store_result(item, task, result)

        latest = self._latest
        task = Upscale(item.data, item.facts, item.picture, self.request, latest=latest, on_result=on_result)
        item.picture = None
        self._submit(item, task)

    def _store_result(self, item: Item, task: Task, result: Result) -> bool:
        """Store a result before its preview exists; display the first. Return whether it is on display."""
        with self.runner.lock:
            if item not in self.items or item.task is not task:
                return False
            self.shown = self.shown or item
            item.set_result(result, None)
            self.runner.changed()
            return self.shown is item

    def _discard_task(self, item: Item) -> None:
        """Cancel the task of an item, and ignore its outcome."""
        task, item.task = item.task, None
        if task is not None and task.active:
            self.runner.cancel(task)

    def _submit(self, item: Item, task: Task) -> None:
        item.task, item.error, item.cancelled = task, "", False
        if not isinstance(task, EnlargePart):
            item.part = None
        self.runner.submit(self, task)

    def _limit_decoded(self, newest: Item) -> None:
        """Drop the oldest decoded pixels that exceed the limit."""
        excess = sum(one.decoded_bytes for one in self.items) - _MAX_DECODED
        for other in self.items:
            if excess > 0 and other is not newest:
                excess -= other.decoded_bytes
                other.picture = None
