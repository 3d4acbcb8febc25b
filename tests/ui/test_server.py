"""What the server sends with every answer, and what it does not answer."""

import asyncio
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPMessage

import pytest
from starlette.routing import Router
from starlette.types import Message

from service.downloads import Download, shared_downloads
from ui.components.download import VISITOR, download_address
from ui.server import routes, security_headers


def headers_of(url: str) -> HTTPMessage:
    with urllib.request.urlopen(url, timeout=20) as answer:
        return answer.headers


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/static/index.html"])
def test_every_answer_has_security_headers(app_server: str, path: str):
    headers = headers_of(app_server + path)

    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe-eval" not in policy
    assert "'unsafe-inline'" not in policy.partition("script-src")[2].partition(";")[0]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/_stcore/metrics/", "/upscale/_stcore/metrics"])
def test_metrics_are_not_for_visitors(app_server: str, path: str):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(app_server + path, timeout=20)

    with refused.value as answer:
        assert answer.code == 404
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_scripts_within_the_page_are_allowed_by_their_hashes_alone():
    policy = security_headers("<script>alert(1)</script><script src='a.js'></script>")[
        "Content-Security-Policy"
    ]

    # printf 'alert(1)' | openssl dgst -sha256 -binary | base64
    assert "script-src 'self' blob: 'sha256-bhHHL3z2vDgxUt0W3dWQOrprscmda2Y5pLsLg4GF+pI=';" in policy


def test_file_comes_by_its_token_to_its_visitor_alone_with_its_name():
    kept = Download.of_bytes("Bild ü.png", "image/png", bytes(3 * 2**20))
    shared_downloads().offer(kept, "one")

    answers = [fetch(kept.token, visitor) for visitor in ("one", "another")]

    assert [status for status, *_ in answers] == [200, 404]
    _, headers, body = answers[0]
    assert body == bytes(3 * 2**20)
    assert headers["content-disposition"] == "attachment; filename*=UTF-8''Bild%20%C3%BC.png"
    assert headers["content-length"] == str(3 * 2**20)
    assert download_address(kept) == f"/results/{kept.token}/Bild%20%C3%BC.png"


def test_two_hundred_downloads_at_once_all_arrive_while_pages_are_drawn():
    kept = [Download.of_bytes(f"{n}.png", "image/png", bytes([n % 256]) * 50_000) for n in range(20)]

    def draw_and_fetch(n: int) -> tuple[int, bytes]:
        shared_downloads().offer(kept[n % 20], "one")  # what a page does each time it is drawn
        status, _, body = fetch(kept[n % 20].token, "one")
        return status, body

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(draw_and_fetch, range(200)))

    assert answers == [(200, bytes([n % 20]) * 50_000) for n in range(200)]


def test_visitor_gets_a_cookie_with_the_page_and_no_other_with_the_next(app_server: str):
    with urllib.request.urlopen(app_server, timeout=20) as answer:
        cookie = answer.headers["Set-Cookie"]
    assert cookie.startswith(f"{VISITOR}=")
    assert "HttpOnly" in cookie

    request = urllib.request.Request(app_server, headers={"Cookie": cookie.partition(";")[0]})
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.headers["Set-Cookie"] is None


def fetch(token: str, visitor: str) -> tuple[int, dict[str, str], bytes]:
    """Ask the app's own routes, as a browser with a visitor's cookie would."""
    path = f"/results/{token}/name.png"
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(b"cookie", f"{VISITOR}={visitor}".encode())],
    }
    messages: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(60)  # the browser stays
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        messages.append(message)

    asyncio.run(Router(routes())(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in messages[0]["headers"]}
    return messages[0]["status"], headers, b"".join(message.get("body", b"") for message in messages[1:])
