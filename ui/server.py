"""What the server adds to Streamlit's: the head of each page, downloads, security headers."""

import base64
import hashlib
import html
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import streamlit as st
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.failures import describe_failure
from service.process import configure_malloc, keep_uploads_in_memory
from service.request import FIRST_NETWORK
from service.task import shared_resources
from ui.components.download import VISITOR, base_path, downloads_route
from ui.uploads import UploadGuard

UI = Path(__file__).parent

ASSETS = UI / "assets"
"""Pictures used by the pages; see scripts/page_pictures.py."""

DESCRIPTION = (
    "Make a small picture big: four times as wide and high, with detail restored by a neural network. Free, "
    "private, and without an account."
)

_ASSETS = "assets"

# Number of sessions, memory, cache sizes: meant for the operator, but Streamlit serves them to everybody.
_HIDDEN = "/_stcore/metrics"

# Streamlit Community Cloud embeds an app in a frame.
_FRAMES = "'self' https://*.streamlit.app https://share.streamlit.io"


def routes(pages: Mapping[str, str] | None = None) -> list[BaseRoute]:
    """Return the routes that Streamlit does not have, or would answer without our head.

    Parameters
    ----------
    pages : mapping of str to str, optional
        The title of each page by its path, "" for the first page.
    """
    base = base_path()
    return [
        *(Route(f"{base}/{name}", _page_endpoint(title)) for name, title in (pages or {}).items()),
        Mount(f"{base}/{_ASSETS}", StaticFiles(directory=ASSETS)),
        downloads_route(),
    ]


def asset_address(name: str) -> str:
    """Return the URL path of a file in `ASSETS`."""
    return f"{base_path()}/{_ASSETS}/{name}"


@asynccontextmanager
async def lifespan(_: st.App) -> AsyncIterator[None]:
    """Load the network before the first visitor: once pages are drawn, its import would be starved."""
    configure_malloc()
    keep_uploads_in_memory()
    try:
        await run_in_threadpool(shared_resources().networks.get, FIRST_NETWORK)
    except Exception as error:
        describe_failure(error)  # logged; the first task that needs the network tries again
    yield


def middleware() -> list[Middleware]:
    """Return the ASGI middleware of the server."""
    return [Middleware(Guard, headers=security_headers(_index())), Middleware(UploadGuard)]


def security_headers(index: str) -> dict[str, str]:
    """Return the security headers of every response.

    Parameters
    ----------
    index : str
        HTML of the page that loads Streamlit; its inline scripts are allowed by their hashes.
    """
    hashes = [
        hashlib.sha256(script.encode()).digest()
        for script in re.findall(r"<script>(.*?)</script>", index, re.S)
    ]
    inline = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes]
    policy = {
        "default-src": "'self'",
        # Streamlit loads the script of a v2 component from a blob.
        "script-src": " ".join(["'self'", "blob:", *inline]),
        "style-src": "'self' 'unsafe-inline'",
        "img-src": "'self' blob: data:",
        "font-src": "'self' data:",
        "connect-src": "'self' blob: data:",
        "worker-src": "'self' blob:",
        "object-src": "'none'",
        "base-uri": "'self'",
        "form-action": "'self'",
        "frame-ancestors": _FRAMES,
    }
    return {
        "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }


def page_head(title: str, address: str) -> str:
    """Return the HTML for the head of a page, for browsers, search engines and social networks.

    It includes the style sheet, because a page first drawn without it would jump.

    Parameters
    ----------
    title : str
    address : str
        Absolute URL of the app, with a trailing slash: social networks fetch pictures by absolute URL only.
    """
    tags = {
        "og:type": "website",
        "og:title": title,
        "og:description": DESCRIPTION,
        "og:image": f"{address}{_ASSETS}/social.jpg",
        "og:image:alt": "The same flowers twice: enlarged plainly, and by SuperRes with fine petals.",
        "twitter:card": "summary_large_image",
    }
    lines = [
        f"<title>{html.escape(title)}</title>",
        f'<meta name="description" content="{html.escape(DESCRIPTION)}">',
        *(f'<meta property="{name}" content="{html.escape(content)}">' for name, content in tags.items()),
        f"<style>{(UI / 'page.css').read_text(encoding='utf-8')}</style>",
    ]
    return "\n".join(lines)


def _page_endpoint(title: str) -> Callable[[Request], HTMLResponse]:
    def endpoint(request: Request) -> HTMLResponse:
        address = f"{request.url.scheme}://{request.url.netloc}{base_path()}/"
        text = re.sub(
            "<title>.*?</title>", lambda _: page_head(title, address), _index(), count=1, flags=re.S
        )
        return HTMLResponse(text, headers={"Cache-Control": "no-cache"})

    return endpoint


def _index() -> str:
    return (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


class Guard:
    """ASGI middleware that adds headers to every response, and hides paths that are not for visitors.

    Parameters
    ----------
    app : ASGIApp
        The application to wrap.
    headers : dict of str to str
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str]):
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle a request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if headers.get("Content-Type", "").startswith("text/html") and VISITOR not in cookies:
                    value = secrets.token_urlsafe(24)
                    headers.append("Set-Cookie", f"{VISITOR}={value}; Path=/; HttpOnly; SameSite=Lax")
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        cookies = Request(scope).cookies
        if scope["path"].rstrip("/").endswith(_HIDDEN):
            await PlainTextResponse("Not found", 404)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)
