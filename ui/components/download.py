"""Files that are fetched from a route of our own: see `service.downloads` for why."""

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
"""The cookie that tells whose a download is; it names nobody, and ends with the browser."""

_FOLDER = "results"

_SHARE = Path(__file__).parent / "share"


def offer(download: Download) -> str:
    """Let this visitor fetch a file, and return its address."""
    shared_downloads().offer(download, st.context.cookies.get(VISITOR))
    return download_address(download)


def download_address(download: Download) -> str:
    """Return where a file can be fetched."""
    return f"{base_path()}/{_FOLDER}/{download.token}/{quote(download.file_name, safe='')}"


def draw_download(
    download: Download,
    label: str,
    *,
    primary: bool = False,
    help: str = "",  # noqa: A002 -- Streamlit's name
    name: str = "",
) -> None:
    """Draw a link that looks like a button.

    Parameters
    ----------
    download : Download
        Of this person.
    label : str
        On the link.
    primary : bool
        Whether it is what a person most likely wants.
    help : str
        What is shown when it is pointed at.
    name : str
        What a screen reader says, where there are several of one label.
    """
    kind = "download primary" if primary else "download"
    said = {
        "class": kind,
        "href": offer(download),
        "download": download.file_name,
        "title": help,
        "aria-label": name,
    }
    attributes = " ".join(f'{key}="{html.escape(value)}"' for key, value in said.items() if value)
    st.html(f"<a {attributes}>{html.escape(label)}</a>")


def draw_share(download: Download) -> None:
    """Draw a button to copy a picture to the clipboard, and one to share it where the browser can.

    Parameters
    ----------
    download : Download
        Of this person; fetched only when one of the buttons is pressed.
    """
    data = {"address": offer(download), "name": download.file_name, "mime": download.mime}
    _share()(key="share", data=data)


@cache
def _share() -> Callable[..., Any]:
    html, css, js = ((_SHARE / f"share.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return component("superres_share", html=html, css=read("view.css") + css, js=js, isolate_styles=True)


def downloads_route() -> Route:
    """Return the route from which the files are fetched."""
    return Route(f"{base_path()}/{_FOLDER}/{{token}}/{{name}}", _answer)


async def _answer(request: Request) -> Response:
    """Answer with a file, or say that it is gone."""
    found = shared_downloads().find(request.path_params["token"], request.cookies.get(VISITOR))
    if found is None:
        return PlainTextResponse("This file is no longer kept; make it again in the app.", 404)
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(found.file_name, safe='')}",
        "Cache-Control": "no-store",
        # Pictures are compressed already: the server shall not try again.
        "Content-Encoding": "identity",
    }
    if found.size is not None:
        headers["Content-Length"] = str(found.size)
    return StreamingResponse(found.content(), media_type=found.mime, headers=headers)


def base_path() -> str:
    """Return the path below which the app is served, empty or beginning with a slash."""
    path = str(st.get_option("server.baseUrlPath") or "").strip("/")
    return f"/{path}" if path else ""
