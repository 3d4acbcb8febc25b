"""What the server takes in before a page sees it."""

import asyncio
import urllib.error
import urllib.request
from collections.abc import Callable

import pytest
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.uploaded_file_manager import UploadedFileRec

from service.memory import MemoryBudget
from ui import uploads
from ui.uploads import UploadGuard, Uploads

MIB = 2**20


def nobody_leaves(session: str, name: str, forget: Callable[[], object]) -> None:
    pass


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> tuple[Uploads, MemoryUploadedFileManager, MemoryBudget]:
    made, manager = Uploads(), MemoryUploadedFileManager("/_stcore/upload_file")
    budget = MemoryBudget(lambda: 10_000.0)
    made.watch(manager, budget, lambda session: 0, nobody_leaves)
    monkeypatch.setattr(uploads, "shared_uploads", lambda: made)
    return made, manager, budget


def expected(manager: MemoryUploadedFileManager, session: str) -> str:
    return manager.get_upload_urls(session, ["a.png"])[0].file_id


def put(session: str, file_id: str, *chunks: bytes) -> int:
    """Send a file through the guard to a server that reads all of it; return the status."""

    async def take(request: Request) -> Response:
        await request.body()
        return Response(status_code=204)

    path = f"/_stcore/upload_file/{session}/{file_id}"
    app = Starlette(
        routes=[Route("/_stcore/upload_file/{session}/{file}", take, methods=["PUT"])],
        middleware=[Middleware(UploadGuard)],
    )
    waiting, answers = list(chunks), []

    async def receive() -> Message:
        body = waiting.pop(0)
        return {"type": "http.request", "body": body, "more_body": bool(waiting)}

    async def send(message: Message) -> None:
        answers.append(message)

    scope = {"type": "http", "method": "PUT", "path": path, "raw_path": path.encode(), "headers": []}
    asyncio.run(app({**scope, "query_string": b""}, receive, send))
    return answers[0]["status"]


def test_file_that_a_page_asked_for_is_taken_once(watched):
    _, manager, _ = watched
    file_id = expected(manager, "me")

    assert [put("me", file_id, b"picture") for _ in range(2)] == [204, 403]
    assert put("somebody else", expected(manager, "me"), b"picture") == 403
    assert put("me", "invented", b"picture") == 403


def test_uploads_count_for_their_session_while_they_arrive(watched, monkeypatch: pytest.MonkeyPatch):
    made, manager, _ = watched
    monkeypatch.setattr(uploads, "MAX_KEPT", 3 * MIB)
    files = [expected(manager, "me") for _ in range(2)]
    manager.add_file("me", UploadedFileRec(files[0], "a.png", "image/png", bytes(2 * MIB)))

    assert put("me", files[1], bytes(MIB), bytes(MIB), bytes(MIB)) == 413
    assert put("other", expected(manager, "other"), bytes(MIB), bytes(MIB)) == 204
    assert made.nbytes() == 2 * MIB, "what was refused, or taken elsewhere, is forgotten"


def test_uploads_count_for_the_whole_server(watched, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(uploads, "MAX_KEPT", 9000 * MIB)
    made, manager, budget = watched
    key = ("me", expected(manager, "me"))
    assert budget.has_room(6000 * MIB)
    made.receive(key, 5000 * MIB)
    assert not budget.has_room(6000 * MIB)
    made.finish(key)
    assert budget.has_room(6000 * MIB)

    small = MemoryBudget(lambda: 1.0)
    made.watch(manager, small, lambda session: 0, nobody_leaves)
    with pytest.raises(HTTPException) as refused:
        made.receive(key, MIB)

    assert refused.value.status_code == 413


def test_real_server_refuses_a_file_that_no_page_asked_for(app_server: str):
    request = urllib.request.Request(f"{app_server}/_stcore/upload_file/x/y", data=b"zzz", method="PUT")

    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=20)

    with refused.value as answer:
        assert answer.code == 403


def test_files_that_somebody_who_left_never_sent_are_expected_no_longer():
    made, manager, leaving = Uploads(), MemoryUploadedFileManager("/_stcore/upload_file"), {}
    made.watch(
        manager,
        MemoryBudget(lambda: 10_000.0),
        lambda session: 0,
        lambda session, name, forget: leaving.update({session: forget}),
    )
    first, second = ("a", expected(manager, "a")), ("b", expected(manager, "b"))

    leaving["a"]()

    assert not made.expects(first)
    assert made.expects(second)
