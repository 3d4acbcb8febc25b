"""Guards uploads while they arrive: only files that a page has asked for, and only as long as there is room.

Streamlit accepts any number of files under any name from anyone who knows a session id, and keeps them in
memory before a page sees them.
"""

import functools
import re
from collections.abc import Callable
from typing import Any

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import runtime
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager

from service.memory import MemoryBudget
from service.runner import MAX_KEPT
from service.task import shared_resources
from ui import session

_ADDRESS = re.compile(r"/_stcore/upload_file/([^/]+)/([^/]+)$")

Key = tuple[str, str]
"""A session, and the id of a file."""

OnLeave = Callable[[str, str, Callable[[], object]], object]


class Uploads:
    """The uploads of all sessions. Used by the server's thread only, except for `nbytes` and `forget`."""

    def __init__(self) -> None:
        self._manager: MemoryUploadedFileManager | None = None
        self._expected: set[Key] = set()
        self._arriving: dict[Key, int] = {}
        self._kept: Callable[[str], int] = lambda session: 0
        self._has_room: Callable[[float], bool] = lambda nbytes: True

    def watch(
        self,
        manager: MemoryUploadedFileManager,
        budget: MemoryBudget,
        kept: Callable[[str], int],
        on_leave: OnLeave,
    ) -> None:
        """Record from now on which files pages expect, and count uploads against the budget.

        Parameters
        ----------
        manager : MemoryUploadedFileManager
            Streamlit's storage of uploads.
        budget : MemoryBudget
        kept : callable
            Returns how many bytes the pages of a session keep already.
        on_leave : callable
            See `ui.session.on_leave`.
        """
        self._manager, self._kept, self._has_room = manager, kept, budget.has_room
        budget.add_source(self.nbytes)
        get_upload_urls = manager.get_upload_urls

        def get_and_record(session_id: str, file_names: Any) -> Any:
            urls = get_upload_urls(session_id, file_names)
            self._expected.update((session_id, url.file_id) for url in urls)
            on_leave(session_id, "uploads", lambda: self.forget(session_id))
            return urls

        manager.get_upload_urls = get_and_record

    @property
    def watching(self) -> bool:
        """Whether `watch` has been called."""
        return self._manager is not None

    def expects(self, key: Key) -> bool:
        """Return whether a page has asked for a file."""
        return key in self._expected

    def forget(self, session: str) -> None:
        """Expect no more files of a session."""
        self._expected -= {key for key in list(self._expected) if key[0] == session}

    def nbytes(self, session: str | None = None) -> int:
        """Return the bytes received that no page has taken over yet, for one session or for all."""
        stored = {} if self._manager is None else dict(self._manager.file_storage)
        files = [(owner, len(file.data)) for owner, own in stored.items() for file in list(own.values())]
        files += [(owner, size) for (owner, _), size in list(self._arriving.items())]
        return sum(size for owner, size in files if session in (None, owner))

    def receive(self, key: Key, nbytes: int) -> None:
        """Count another `nbytes` bytes of a file that is arriving.

        Raises
        ------
        HTTPException
            There is no room for them.
        """
        self._arriving[key] = self._arriving.get(key, 0) + nbytes
        session = key[0]
        if self.nbytes(session) + self._kept(session) > MAX_KEPT or not self._has_room(0):
            raise HTTPException(413, "There is no room for this file just now.")

    def finish(self, key: Key) -> None:
        """Stop counting a file that has arrived completely or has failed."""
        self._arriving.pop(key, None)
        self._expected.discard(key)


class UploadGuard:
    """ASGI middleware that counts files while they arrive, and refuses those that no page has asked for."""

    def __init__(self, app: ASGIApp):
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""
        _watch()
        match = (
            _ADDRESS.search(scope["path"]) if scope["type"] == "http" and scope["method"] == "PUT" else None
        )
        if match is None:
            await self._app(scope, receive, send)
            return
        uploads, key = shared_uploads(), (match[1], match[2])
        if not uploads.expects(key):
            await PlainTextResponse("No page has asked for this file.", 403)(scope, receive, send)
            return

        async def receive_counted() -> Message:
            message = await receive()
            uploads.receive(key, len(message.get("body", b"")))
            return message

        try:
            await self._app(scope, receive_counted, send)
        finally:
            uploads.finish(key)


def _watch() -> None:
    """Watch Streamlit's uploads from the first request on; before it, no page can have asked for a file."""
    uploads = shared_uploads()
    if not uploads.watching and runtime.exists():
        manager = runtime.get_instance().uploaded_file_mgr
        if isinstance(manager, MemoryUploadedFileManager):
            uploads.watch(manager, shared_resources().memory, session.kept_by, session.on_leave)


@functools.cache
def shared_uploads() -> Uploads:
    """Return the uploads of this process."""
    return Uploads()
