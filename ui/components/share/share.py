"""A result as an ordinary picture for the browser: to the clipboard, or to what a phone shares with."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from service.downloads import Download
from ui.components.compare_view.view import read
from ui.components.download import offer

_FOLDER = Path(__file__).parent


def draw_share(download: Download) -> None:
    """Draw a button to copy a picture, and one to share it where the browser can.

    Parameters
    ----------
    download : Download
        Of this person; fetched only when one of the buttons is pressed.
    """
    data = {"address": offer(download), "name": download.file_name, "mime": download.mime}
    _component()(key="share", data=data)


@cache
def _component() -> Callable[..., Any]:
    html, css, js = ((_FOLDER / f"share.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return component("superres_share", html=html, css=read("view.css") + css, js=js, isolate_styles=True)
