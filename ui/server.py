"""What the app's server does beyond Streamlit's: security headers, and no metrics for everybody."""

import base64
import hashlib
import re
from pathlib import Path

import streamlit as st
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# Number of sessions, memory, cache sizes: for whoever runs the app, and Streamlit shows them to everybody.
_HIDDEN = "/_stcore/metrics"

# Streamlit Community Cloud shows an app in a frame.
_FRAMES = "'self' https://*.streamlit.app https://share.streamlit.io"


def middleware() -> list[Middleware]:
    """Return what stands between the network and Streamlit."""
    return [Middleware(Guard, headers=security_headers(_index()))]


def security_headers(index: str) -> dict[str, str]:
    """Return the headers of every response.

    Parameters
    ----------
    index : str
        HTML of the page that loads Streamlit: the scripts within it are allowed by their hashes.
    """
    hashes = [
        hashlib.sha256(script.encode()).digest()
        for script in re.findall(r"<script>(.*?)</script>", index, re.S)
    ]
    inline = [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in hashes]
    policy = {
        "default-src": "'self'",
        # A components v2 view is a script in a blob.
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


def _index() -> str:
    return (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")


class Guard:
    """ASGI middleware: the headers on every response, and nothing at a path that is not for visitors.

    Parameters
    ----------
    app : ASGIApp
        Who answers.
    headers : dict of str to str
    """

    def __init__(self, app: ASGIApp, headers: dict[str, str]):
        self._app, self._headers = app, headers

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].rstrip("/").endswith(_HIDDEN):
            await PlainTextResponse("Not found", 404)(scope, receive, send_guarded)
        else:
            await self._app(scope, receive, send_guarded)
