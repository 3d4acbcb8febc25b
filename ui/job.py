"""One picture of a batch: what it is, how far it is, and what came out."""

import threading
from dataclasses import dataclass, field
from enum import Enum

from service.archive import safe_path
from sr_core import Estimate, Progress
from ui.order import EXTENSIONS, Facts, Order


class State(Enum):
    """Where a picture is on its way."""

    ADDED = "added"
    """Waits to be read and judged."""
    READING = "reading"
    READY = "ready"
    """Could begin, once the person says so."""
    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True, eq=False)
class Result:
    """A finished picture.

    Attributes
    ----------
    order : Order
        What it was made by.
    data : bytes
        The file.
    height, width : int
        In px.
    seconds : float
        That the network took.
    network : str
        Name of its weights.
    master : bytes or None
        The same as lossless PNG with all metadata, where `data` is not that: for the picture on show, and
        for others while there is room.
    """

    order: Order
    data: bytes
    height: int
    width: int
    seconds: float
    network: str
    master: bytes | None = None

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return len(self.data) + len(self.master or b"")

    @property
    def exact(self) -> bytes | None:
        """A lossless file with all metadata, from which every other can be made without the network."""
        complete = self.order.output.format == "png" and self.order.keep_metadata
        return self.data if complete else self.master


@dataclass(eq=False)
class Job:
    """One picture of a batch. Changed only by `ui.batch.Batch`, and its `progress` and `note` by the worker.

    Attributes
    ----------
    id : int
        Different for every job of a batch.
    folder : str
        That it came in, safe to write into an archive.
    name : str
        Of the file, to be shown as plain text.
    data : bytes
        The file as it was uploaded.
    state : State
    order : Order
        What it was judged by, and is made by.
    facts, estimate, thumbnail
        Known once it has been read; the thumbnail is a PNG.
    said : str
        Why it failed.
    note : str
        What it waits for just now.
    progress : Progress or None
    result : Result or None
        Of the last run; it stays while the picture is made anew.
    stop : threading.Event
        Set to have the worker leave it.
    """

    id: int
    folder: str
    name: str
    data: bytes
    order: Order
    state: State = State.ADDED
    facts: Facts | None = None
    estimate: Estimate | None = None
    thumbnail: bytes | None = None
    said: str = ""
    note: str = ""
    progress: Progress | None = None
    result: Result | None = None
    save_again: bool = False
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def seconds(self) -> float:
        """About how long it will take, in s."""
        return 0.0 if self.estimate is None else self.estimate.seconds

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return len(self.data) + (0 if self.result is None else self.result.nbytes)

    def forget(self) -> None:
        """Forget the picture: the buttons of the page last drawn still refer to the job."""
        self.data, self.thumbnail, self.result = b"", None, None

    @property
    def file_name(self) -> str:
        """What the result is called, such as ``photo_x4.png``."""
        order = self.order if self.result is None else self.result.order
        name = safe_path(self.name)[1]
        stem = name.rpartition(".")[0] or name
        return f"{stem}{order.wanted.suffix(4)}.{EXTENSIONS[order.output.format]}"
