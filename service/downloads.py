"""Files that can be downloaded, each for as long as its owner keeps it.

Streamlit drops a file as soon as a page is drawn without it, even while a browser is about to fetch it, and
serves it to anyone who knows its address. These downloads are bound to the visitor they belong to.
"""

import functools
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator
from weakref import WeakValueDictionary

_CHUNK = 2**20  # bytes


class Download:
    """One file. Its address is valid as long as this object is referenced.

    Parameters
    ----------
    file_name, mime : str
        Name and MIME type of the file.
    content : callable
        Returns the file in chunks.
    size : int, optional
        In bytes, if known.

    Attributes
    ----------
    token : str
        Identifies it in its address; impossible to guess.
    """

    def __init__(
        self, file_name: str, mime: str, content: Callable[[], Iterable[bytes]], *, size: int | None = None
    ):
        self.file_name, self.mime, self.content, self.size = file_name, mime, content, size
        self.token = secrets.token_urlsafe(24)
        self.visitor: str | None = None

    @classmethod
    def of_bytes(cls, file_name: str, mime: str, data: bytes) -> "Download":
        """Return the download of a file that exists already."""
        return cls(file_name, mime, lambda: _chunks(data), size=len(data))


class Downloads:
    """The downloads of all visitors, by token. Thread-safe."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._offered: WeakValueDictionary[str, Download] = WeakValueDictionary()

    def offer(self, download: Download, visitor: str | None) -> None:
        """Let a visitor fetch a file. For one who cannot be identified (None), the address alone suffices."""
        with self._lock:
            download.visitor = visitor
            self._offered[download.token] = download

    def find(self, token: str, visitor: str | None) -> Download | None:
        """Return a download, if it is still kept and this visitor may fetch it."""
        with self._lock:
            download = self._offered.get(token)
        return download if download is not None and download.visitor in (None, visitor) else None


@functools.cache
def shared_downloads() -> Downloads:
    """Return the downloads of this process."""
    return Downloads()


def _chunks(data: bytes) -> Iterator[bytes]:
    view = memoryview(data)
    for begin in range(0, len(data), _CHUNK):
        yield bytes(view[begin : begin + _CHUNK])
