"""One picture of a batch, with its status and result."""

from dataclasses import dataclass
from enum import Enum

from service.archive import safe_path
from service.downloads import Download
from service.part import EnlargePart, Part
from service.request import Facts, Plan, Request
from service.result import Preview, Result
from service.task import Snapshot, State, Task
from service.upscaling import Inspect, Reencode
from sr_core import Estimate, Picture
from sr_core.files.formats import FORMATS


class Status(Enum):
    """Status of a picture."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    """Inspected; waits for the person to start it."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Item:
    """One picture of a batch. Changed only by `Batch`, with the lock of its runner held.

    Attributes
    ----------
    id : int
        Unique within a batch.
    folder : str
        The folder it came in, safe to use in an archive.
    name : str
        File name, to be shown as plain text.
    data : bytes
        The uploaded file.
    task : Task or None
        The current or last task.
    facts, thumbnail, poster, plan, estimate
        Known once it has been inspected.
    picture : Picture or None
        The decoded pixels while it waits for the network, if there is room.
    part : Part or None
        The part that was tried before the whole picture.
    result : Result or None
        Result of the last run; kept while the picture is redone.
    preview : Preview or None
        Preview of the result while it is on display.
    download : Download or None
        Download of the result.
    error : str
        Why the last task failed.
    permanent : bool
        Whether it would fail again.
    cancelled : bool
        Whether it was cancelled before it had a result.
    """

    id: int
    folder: str
    name: str
    data: bytes
    task: Task | None = None
    facts: Facts | None = None
    thumbnail: str | None = None
    poster: str | None = None
    plan: Plan | None = None
    estimate: Estimate | None = None
    picture: Picture | None = None
    part: Part | None = None
    result: Result | None = None
    preview: Preview | None = None
    download: Download | None = None
    error: str = ""
    permanent: bool = False
    cancelled: bool = False

    @property
    def status(self) -> Status:
        """The status that follows from the task, the error and the result."""
        if self.task is not None and self.task.active:
            waits = self.task.snapshot.state is State.WAITING
            return Status.WAITING if waits else Status.WORKING
        if self.error:
            return Status.FAILED
        if self.cancelled:
            return Status.CANCELLED
        return (
            Status.READY
            if self.result is None or isinstance(self.task, Inspect | EnlargePart)
            else Status.DONE
        )

    @property
    def drawing(self) -> bool:
        """Whether the result exists and only its preview is still being made."""
        return self.task is not None and self.task.active and getattr(self.task, "drawing", False)

    @property
    def snapshot(self) -> Snapshot:
        """Snapshot of its task."""
        return Snapshot() if self.task is None else self.task.snapshot

    @property
    def seconds(self) -> float:
        """Estimated time it will take, in s."""
        return 0.0 if self.estimate is None else self.estimate.seconds

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        kept = (self.part, self.result, self.preview)
        small = len(self.thumbnail or "") + len(self.poster or "")
        return (
            len(self.data) + small + self.decoded_bytes + sum(one.nbytes for one in kept if one is not None)
        )

    @property
    def decoded_bytes(self) -> int:
        """Memory used by its decoded pixels, in bytes."""
        if self.picture is None:
            return 0
        return self.picture.pixels.nbytes + (0 if self.picture.alpha is None else self.picture.alpha.nbytes)

    def update(self, task: Task) -> None:
        """Record the outcome of its task."""
        snapshot = task.snapshot
        if isinstance(task, Inspect):
            self.facts, self.thumbnail = task.facts or self.facts, task.thumbnail or self.thumbnail
            self.poster = task.poster or self.poster
        if snapshot.state is State.CANCELLED:
            self.stop()
        elif snapshot.state is State.FAILED:
            self.error, self.permanent = snapshot.message, snapshot.permanent
        elif isinstance(task, Inspect) and snapshot.result is not None:
            self.plan, self.estimate = snapshot.result.plan, snapshot.result.estimate
            self.picture = snapshot.result.picture
        elif isinstance(task, EnlargePart):
            self.part = snapshot.result
        elif isinstance(task, Reencode) and snapshot.result is not None:
            self.set_result(*snapshot.result)

    def set_result(self, result: Result, preview: Preview | None) -> None:
        """Store a result, and make its download."""
        self.result, self.preview = result, preview
        mime = FORMATS[result.request.output.format].mime
        self.download = Download.of_bytes(self.file_name(result.request), mime, result.data)

    def stop(self) -> None:
        """Leave it as it is, without a task; a result is kept."""
        self.task, self.picture = None, None
        self.cancelled = self.result is None

    def clear(self) -> None:
        """Drop its data: the buttons of the page last drawn still hold a reference to it."""
        self.data, self.thumbnail, self.poster, self.picture = b"", None, None, None
        self.part = self.result = self.preview = self.download = None

    def file_name(self, request: Request) -> str:
        """Return the file name of the result, such as ``photo_x4.png``; without one, `request` decides it."""
        target = request.target if self.result is None else self.result.plan.target
        request = request if self.result is None else self.result.request
        name = safe_path(self.name)[1]
        stem = name.rpartition(".")[0] or name
        return f"{stem}{target.suffix(4)}{FORMATS[request.output.format].extensions[0]}"
