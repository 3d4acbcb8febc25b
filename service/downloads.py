"""Files that people can fetch, each for as long as its owner keeps it.

Streamlit drops a file as soon as a page is drawn without it, also while a browser is about to fetch it; and
gives it to whoever knows its address. These are bound to the visitor whose work they are.
"""

import functools
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakValueDictionary

_CHUNK = 2**20  # bytes


class Download:
    """One file. Whoever holds this object keeps its address valid.

    Parameters
    ----------
    file_name, mime : str
        Of the file.
    content : callable
        Returns it in parts.
    size : int, optional
        In bytes, where it is known.

    Attributes
    ----------
    token : str
        Names it in its address; nobody can guess it.
    """

    def __init__(
        self, file_name: str, mime: str, content: Callable[[], Iterable[bytes]], *, size: int | None = None
    ):
        self.file_name, self.mime, self.content, self.size = file_name, mime, content, size
        self.token = secrets.token_urlsafe(24)
        self.visitor: str | None = None

    @classmethod
    def of_bytes(cls, file_name: str, mime: str, data: bytes) -> "Download":
        """Return the download of a file that is there already."""
        return cls(file_name, mime, lambda: _parts(data), size=len(data))


class Downloads:
    """The downloads of all people by their tokens. Any thread may call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offered: WeakValueDictionary[str, Download] = WeakValueDictionary()

    def offer(self, download: Download, visitor: str | None) -> None:
        """Let a visitor fetch a file. None is one who cannot be told from others: the address has to do."""
        with self._lock:
            download.visitor = visitor
            self._offered[download.token] = download

    def find(self, token: str, visitor: str | None) -> Download | None:
        """Return what a visitor may fetch, if it is still kept."""
        with self._lock:
            download = self._offered.get(token)
        return download if download is not None and download.visitor in (None, visitor) else None


@functools.cache
def shared_downloads() -> Downloads:
    """Return those of this process."""
    return Downloads()


def _parts(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for begin in range(0, len(data), _CHUNK):
        yield bytes(view[begin : begin + _CHUNK])
