"""Downloads through a route of our own; see `service.downloads` for why."""

import html
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

import streamlit as st
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route
from streamlit.components.v2 import component

from service.downloads import Download, shared_downloads
from ui.components.compare_view.view import read

VISITOR = "superres_visitor"
"""Cookie that binds downloads to a visitor; anonymous, and deleted when the browser closes."""

_FOLDER = "results"

_SHARE = Path(__file__).parent / "share"


def offer(download: Download) -> str:
    """Let this visitor fetch a file, and return its URL path."""
    shared_downloads().offer(download, st.context.cookies.get(VISITOR))
    return download_address(download)


def download_address(download: Download) -> str:
    """Return the URL path of a download."""
    return f"{base_path()}/{_FOLDER}/{download.token}/{quote(download.file_name, safe='')}"


def draw_download(
    download: Download,
    label: str,
    *,
    primary: bool = False,
    help: str = "",  # noqa: A002 -- Streamlit's name
    name: str = "",
) -> None:
    """Draw a download link that looks like a button.

    Parameters
    ----------
    download : Download
        A download of this visitor.
    label : str
        Text of the link.
    primary : bool
        Whether it is the main action.
    help : str
        Tooltip.
    name : str
        Accessible name, needed if several links have the same label.
    """
    values = {
        "class": "download primary" if primary else "download",
        "href": offer(download),
        "download": download.file_name,
        "title": help,
        "aria-label": name,
    }
    attributes = " ".join(f'{key}="{html.escape(value)}"' for key, value in values.items() if value)
    st.html(f"<a {attributes}>{html.escape(label)}</a>")


def draw_share(download: Download) -> None:
    """Draw buttons to copy a picture to the clipboard and to share it, if the browser supports them.

    Parameters
    ----------
    download : Download
        A download of this visitor; fetched only when one of the buttons is pressed.
    """
    data = {"address": offer(download), "name": download.file_name, "mime": download.mime}
    _share()(key="share", data=data)


@cache
def _share() -> Callable[..., Any]:
    html, css, js = ((_SHARE / f"share.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return component("superres_share", html=html, css=read("view.css") + css, js=js, isolate_styles=True)


def downloads_route() -> Route:
    """Return the route that serves downloads."""
    return Route(f"{base_path()}/{_FOLDER}/{{token}}/{{name}}", _serve)


async def _serve(request: Request) -> Response:
    found = shared_downloads().find(request.path_params["token"], request.cookies.get(VISITOR))
    if found is None:
        return PlainTextResponse("This file is no longer kept; make it again in the app.", 404)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}",
        "Cache-Control": "no-store",
        # Pictures are compressed already; this keeps the server from compressing them again.
        "Content-Encoding": "identity",
    }
    if found.size is not None:
        headers["Content-Length"] = str(found.size)
    return StreamingResponse(found.content(), media_type=found.mime, headers=headers)


def base_path() -> str:
    """Return the base path of the app, either empty or with a leading slash."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
