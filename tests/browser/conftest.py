"""A real browser for the tests in this folder."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect, sync_playwright

from tests.conftest import end_group, free_port, start_streamlit, wait_until_healthy

# Without a sandbox it also starts for root and in containers, and /dev/shm may be tiny there. A screen with a
# colour profile of its own would change the colours of a screenshot.
ARGUMENTS = ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--force-color-profile=srgb"]

# Of Playwright's 5 s, a busy machine may need more for one run of a page.
expect.set_options(timeout=60_000)

# To fetch a revoked address would tell as well, but also leave an error on the console.
WATCH_REVOKED = """
    globalThis.revoked = new Set();
    const revoke = URL.revokeObjectURL;
    URL.revokeObjectURL = url => { revoke.call(URL, url); revoked.add(url); };
"""


# Playwright keeps an event loop running in the thread of the tests: it must end before other modules run.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A blank page in a browser context of its own; a test fails when a script on it does."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, accept_downloads=True)
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert not errors, "Scripts on the page failed:\n" + "\n".join(errors)


@pytest.fixture
def open_app(app_server: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open the app as somebody new; what the browser complains about or asks of others fails the test."""
    contexts, complaints = [], []

    def opened(query: str = "", *, width: int = 1280, height: int = 900, **options) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _check_address(request.url, complaints))
        page.goto(f"{app_server}/{query}")
        expect(page.get_by_test_id("stFileUploaderDropzone").first).to_be_visible(timeout=120_000)
        # The script of the page, which makes the menu a landmark, is loaded a moment later.
        expect(page.get_by_role("navigation", name="Pages")).to_be_attached(timeout=120_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


@dataclass(frozen=True)
class Server:
    """A server that nobody else uses."""

    url: str
    pid: int

    @property
    def rss_mib(self) -> float:
        """Memory that it has in RAM, in MiB."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmRSS")) / 1024


@pytest.fixture
def fresh_server(tmp_path: Path) -> Iterator[Server]:
    """The real app, just started."""
    url, log = f"http://127.0.0.1:{free_port()}", tmp_path / "server.log"
    server = start_streamlit("app.py", url, log)
    try:
        wait_until_healthy(server, url, log)
        yield Server(url, server.pid)
    finally:
        end_group(server)


@pytest.fixture(scope="module")
def view_server(serve: Callable[[str], str]) -> str:
    """The base URL of a page with nothing but a view."""
    return serve("tests/browser/compare_page.py")


@pytest.fixture
def open_view(view_server: str, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open that page with a picture; whatever the browser complains about fails the test."""
    contexts, complaints = [], []

    def opened(
        picture: str = "wide", *, state: str = "ready", width: int = 1000, height: int = 900, **options
    ) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.add_init_script(WATCH_REVOKED)
        loud = {"error", "warning"}
        page.on("console", lambda said: complaints.append(said.text) if said.type in loud else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: _check_address(request.url, complaints))
        page.goto(f"{view_server}/?picture={picture}")
        expect(page.locator(f".compare[data-state={state}]")).to_be_visible(timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []


def drop_messages(page: Page, is_lost: Callable[[str | bytes], bool]) -> list[int]:
    """Lose the messages of the server that `is_lost` picks; the list returned fills with their lengths."""
    lost: list[int] = []

    def forward(client: WebSocketRoute) -> None:
        def on_message(message: str | bytes) -> None:
            if is_lost(message):
                lost.append(len(message))
            else:
                client.send(message)

        client.connect_to_server().on_message(on_message)

    page.route_web_socket(re.compile("/_stcore/stream"), forward)
    return lost


def _check_address(url: str, complaints: list[str]) -> None:
    address = urlsplit(url)
    if address.scheme not in {"blob", "data"} and address.hostname != "127.0.0.1":
        complaints.append(f"a request to {url}")
