"""One picture of a batch: what it is, how far it is, and what came out."""

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
    """Where a picture is on its way."""

    WAITING = "waiting"
    WORKING = "working"
    READY = "ready"
    """Could begin, once the person says so."""
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(eq=False)
class Item:
    """One picture of a batch. Changed only by `Batch`, with the lock of its runner held.

    Attributes
    ----------
    id : int
        Different for every item of a batch.
    folder : str
        That it came in, safe to write into an archive.
    name : str
        Of the file, to be shown as plain text.
    data : bytes
        The file as it was uploaded.
    task : Task or None
        What is done with it, or was done last.
    facts, thumbnail, poster, plan, estimate
        Known once it has been inspected.
    picture : Picture or None
        Its decoded pixels while it waits for the network, if there is room.
    part : Part or None
        What a person has tried, before the whole is made.
    result : Result or None
        Of the last run; it stays while the picture is made anew.
    preview : Preview or None
        Of the result, while it is on show.
    download : Download or None
        Of the result.
    error : str
        Why the last task failed.
    permanent : bool
        Whether it would fail again.
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
        """Where it is on its way."""
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
        """Whether nothing is missing but what is to be seen of the result."""
        return self.task is not None and self.task.active and getattr(self.task, "drawing", False)

    @property
    def snapshot(self) -> Snapshot:
        """What is done with it, as it is now."""
        return Snapshot() if self.task is None else self.task.snapshot

    @property
    def seconds(self) -> float:
        """About how long it will take, in s."""
        return 0.0 if self.estimate is None else self.estimate.seconds

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        kept = (self.part, self.result, self.preview)
        small = len(self.thumbnail or "") + len(self.poster or "")
        return (
            len(self.data) + small + self.decoded_bytes + sum(one.nbytes for one in kept if one is not None)
        )

    @property
    def decoded_bytes(self) -> int:
        """Memory that its decoded pixels take."""
        if self.picture is None:
            return 0
        return self.picture.pixels.nbytes + (0 if self.picture.alpha is None else self.picture.alpha.nbytes)

    def note(self, task: Task) -> None:
        """Note what its task gave, and what it found out."""
        snapshot = task.snapshot
        if isinstance(task, Inspect):
            self.facts, self.thumbnail = task.facts or self.facts, task.thumbnail or self.thumbnail
            self.poster = task.poster or self.poster
        if snapshot.state is State.CANCELLED:
            self.end()
        elif snapshot.state is State.FAILED:
            self.error, self.permanent = snapshot.message, snapshot.permanent
        elif isinstance(task, Inspect) and snapshot.result is not None:
            self.plan, self.estimate = snapshot.result.plan, snapshot.result.estimate
            self.picture = snapshot.result.picture
        elif isinstance(task, EnlargePart):
            self.part = snapshot.result
        elif isinstance(task, Reencode) and snapshot.result is not None:
            self.take(*snapshot.result)

    def take(self, result: Result, preview: Preview | None) -> None:
        """Keep a result, ready to be fetched."""
        self.result, self.preview = result, preview
        mime = FORMATS[result.request.output.format].mime
        self.download = Download.of_bytes(self.file_name(result.request), mime, result.data)

    def end(self) -> None:
        """Have nothing done with it any more; a result stays."""
        self.task, self.picture = None, None
        self.cancelled = self.result is None

    def clear(self) -> None:
        """Forget what it holds: the buttons of the page last drawn still refer to it."""
        self.data, self.thumbnail, self.poster, self.picture = b"", None, None, None
        self.part = self.result = self.preview = self.download = None

    def file_name(self, request: Request) -> str:
        """What the result is called, such as ``photo_x4.png``; `request` is for before there is one."""
        target = request.target if self.result is None else self.result.plan.target
        request = request if self.result is None else self.result.request
        name = safe_path(self.name)[1]
        stem = name.rpartition(".")[0] or name
        return f"{stem}{target.suffix(4)}{FORMATS[request.output.format].extensions[0]}"
