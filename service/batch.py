"""The pictures of one person: what was added, how far each is, and what came out. All in memory."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import PurePosixPath

from service.archive import apart, entries, pack
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
"""Pictures in a batch."""

ASK_ABOVE, ASK_ABOVE_ALONE = 300.0, 60.0
"""Seconds above which new work waits for a person's word; a single picture, of which a part can be tried."""

# Bytes of decoded pictures that wait for the network, so that one that begins soon is not decoded again.
_MAX_DECODED = 160 * 2**20


class Batch:
    """Pictures, in the order of their coming. The page and the runner share it; any thread may call.

    Parameters
    ----------
    runner : Runner
    request : Request
        What is asked for of pictures that are added.

    Attributes
    ----------
    items : tuple of Item
    shown : Item or None
        The one on show.
    archive : Download
        All results in one file.
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
        """Those with a result."""
        return [item for item in self.items if item.result is not None]

    @property
    def ready(self) -> list[Item]:
        """Those that wait for a person's word."""
        return [item for item in self.items if item.status is Status.READY]

    @property
    def active(self) -> list[Item]:
        """Those that go on by themselves, unless the batch is paused."""
        return [item for item in self.items if item.status in (Status.WAITING, Status.WORKING)]

    @property
    def outdated(self) -> list[Item]:
        """Those whose result was made by another request, and will not be made anew by itself."""
        return [
            item
            for item in self.items
            if item.status is Status.DONE and item.result and item.result.request != self.request
        ]

    @property
    def paused(self) -> str | None:
        """Why nothing is done just now."""
        return self.runner.paused(self)

    @property
    def nbytes(self) -> int:
        """Memory that pictures, results and views take."""
        return sum(item.nbytes for item in self.items)

    def _files(self) -> list[tuple[str, bytes]]:
        """The results as files, in the folders that the pictures came in."""
        with self.runner.lock:
            finished = [(item, item.result) for item in self.items if item.result is not None]
            names = [str(PurePosixPath(item.folder, item.file_name(self.request))) for item, _ in finished]
        return [(path, result.data) for path, (_, result) in zip(apart(names), finished, strict=True)]

    # --------------------------------------------------------------------------------------- for the person

    def take_in(self, files: Iterable[tuple[str, bytes]]) -> list[str]:
        """Add pictures by their names, and those in ZIP files.

        Returns
        -------
        list of str
            A sentence for each file that was skipped; the others are taken.
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
            self.show(None)  # what has come is seen as soon as it is done
        return skipped

    def add(self, folder: str, name: str, data: bytes) -> Item:
        """Add a picture.

        Raises
        ------
        PictureTooLargeError
            There are too many, or they take too much memory.
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
        """Have everything that has not begun made in another way; what is done says that it is outdated.

        Where only the files shall be others, and all results have a lossless copy, they are saved again at
        once: all or none, so that no archive holds two formats.
        """
        with self.runner.lock:
            if request == self.request:
                return
            self.request = request
            for item in self.items:
                self._reconsider(item)
            self.runner.changed()

    def start(self) -> None:
        """Begin with those that wait for a person's word, and go on where the batch was paused."""
        with self.runner.lock:
            for item in self.ready:
                self._enlarge(item)
        self.runner.resume(self)

    def again(self, items: Iterable[Item]) -> None:
        """Make pictures anew, in the way that is asked for now. Their results stay meanwhile.

        Where the pixels are there already, only the file is made.
        """
        with self.runner.lock:
            for item in items:
                if item.status in (Status.DONE, Status.FAILED, Status.CANCELLED) and not self._reencode(item):
                    self._inspect(item)
        self.runner.resume(self)

    def try_part(self, item: Item, *, top: int, left: int) -> None:
        """Have the part around a point of a picture enlarged, while the whole waits for a person's word."""
        with self.runner.lock:
            if item.status is Status.READY and item.facts is not None:
                where = {"top": top, "left": left}
                self._submit(item, EnlargePart(item.data, item.facts, item.picture, self.request, **where))
        self.runner.resume(self)

    def cancel(self, items: Iterable[Item]) -> None:
        """Have pictures not made, or no further."""
        with self.runner.lock:
            for item in items:
                if item.task is not None and item.task.active:
                    self.runner.cancel(item.task)
                elif item.status is Status.READY:
                    item.end()
            self.runner.changed()

    def remove(self, item: Item) -> None:
        """Forget a picture and its result."""
        with self.runner.lock:
            self.items = tuple(other for other in self.items if other is not item)
            self._withdraw(item)
            item.clear()
            if self.shown is item:
                self.show(next(iter(self.done), None))
            self.runner.changed()
        if self.paused == FULL:
            self.runner.resume(self)

    def forget(self) -> None:
        """Forget everything."""
        with self.runner.lock:
            items, self.items, self.shown = self.items, (), None
            for item in items:
                self._withdraw(item)
                item.clear()
            self.runner.changed()
        self.runner.resume(self)

    def show(self, item: Item | None) -> None:
        """Choose the picture that is on show; only of that one a preview is kept."""
        with self.runner.lock:
            self.shown = item
            for other in self.items:
                if other is not item:
                    other.preview = None
            self.draw()
            self.runner.changed()

    def draw(self) -> None:
        """Have the result on show made ready to be seen, where it is not and nothing else is done with it."""
        with self.runner.lock:
            if self.shown is None and not self.active:
                self.shown = next(iter(self.done), None)
            item = self.shown
            if item is None or item.result is None or item.status is not Status.DONE:
                return
            if item.preview is None or item.preview.result is not item.result:
                item.preview = None  # its memory is needed
                self._submit(item, Draw(item.data, item.result))

    # -------------------------------------------------------------------------------------- for the runner

    def finished(self, task: Task) -> None:
        """Note what a task gave, and go on with its picture and with those that waited for it."""
        item = next((item for item in self.items if item.task is task), None)
        if item is None:
            return
        item.note(task)
        if isinstance(task, Upscale | Draw) and task.snapshot.result and item is self.shown:
            item.preview = task.snapshot.result
        task.update(result=None)  # the item keeps what is kept
        if task.snapshot.state is State.CANCELLED:
            return
        if item.picture is not None:
            self._limit_decoded(item)
        if isinstance(task, Inspect | Upscale | Reencode) and task.request != self.request:
            self._reconsider(item)  # somebody has asked for something else meanwhile
        inspecting = any(isinstance(other.task, Inspect) and other.task.active for other in self.items)
        most = ASK_ABOVE if len(self.items) > 1 else min(ASK_ABOVE, ASK_ABOVE_ALONE)
        if not inspecting and sum(one.seconds for one in self.ready) <= most:
            for one in self.ready:
                self._enlarge(one)
        self.draw()

    def evict(self, needed: Callable[[], bool]) -> None:
        """Forget decoded pictures and lossless copies, but those of the picture on show."""
        for item in self.items:
            if needed():
                item.picture = None
            if needed() and item is not self.shown and item.result is not None:
                item.result = replace(item.result, master=None)

    def _reconsider(self, item: Item) -> None:
        """Do with an item what a changed request asks for; what runs is reconsidered when it ends."""
        status, task = item.status, item.task
        if status is Status.WORKING or (status is Status.WAITING and isinstance(task, Inspect)):
            return
        if status is Status.WAITING:
            self._withdraw(item)
            anew = isinstance(task, Upscale)
        else:
            failed = item.result is None and not item.cancelled and item.facts is not None
            anew = failed or status is Status.READY
        if anew:
            self._inspect(item)
        elif item.result is not None:
            item.error = ""
            results = [other.result for other in self.items if other.result is not None]
            if all(result.can_become(self.request) for result in results):
                self._reencode(item)

    def _reencode(self, item: Item) -> bool:
        """Have only the file of a result made anew; return whether that is possible, or needless."""
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

        def made(result: Result) -> bool:
            return self._made(item, task, result)

        task = Upscale(item.data, item.facts, item.picture, self.request, latest=self._latest, made=made)
        item.picture = None
        self._submit(item, task)

    def _made(self, item: Item, task: Task, result: Result) -> bool:
        """Take a result, before its preview is drawn; the first is put on show."""
        with self.runner.lock:
            if item not in self.items or item.task is not task:
                return False
            self.shown = self.shown or item
            item.take(result, None)
            self.runner.changed()
            return self.shown is item

    def _withdraw(self, item: Item) -> None:
        """Have the task of an item not done, or no further, and its end go unnoticed."""
        task, item.task = item.task, None
        if task is not None and task.active:
            self.runner.cancel(task)

    def _submit(self, item: Item, task: Task) -> None:
        item.task, item.error, item.cancelled = task, "", False
        if not isinstance(task, EnlargePart):
            item.part = None
        self.runner.submit(self, task)

    def _limit_decoded(self, newest: Item) -> None:
        """Keep decoded pixels, those that came last if there is no room for all."""
        excess = sum(one.decoded_bytes for one in self.items) - _MAX_DECODED
        for other in self.items:
            if excess > 0 and other is not newest:
                excess -= other.decoded_bytes
                other.picture = None
