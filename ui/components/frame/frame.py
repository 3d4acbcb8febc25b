"""Menu and footer of every page, and the script that all pages share."""

import os
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st
from streamlit.components.v2 import component
from streamlit.navigation.page import StreamlitPage

from service.downloads import Download
from sr_core.files import READABLE_EXTENSIONS
from sr_core.version import __version__
from ui import session
from ui.components.download import offer

_FOLDER = Path(__file__).parent

SOURCE = "SUPERRES_SOURCE"
"""Environment variable with the URL of the source code, for the footer."""


def draw_menu(pages: Sequence[StreamlitPage]) -> None:
    """Draw the name of the app and the links to its pages."""
    with st.container(horizontal=True, vertical_alignment="center", key="menu"):
        with st.container(width="content", key="brand"):
            st.page_link(pages[0], label="SuperRes")
        for page in pages:
            st.page_link(page)


def draw_footer() -> None:
    """Draw the footer. `service.session_reaper` and `service.process` keep the promise it makes."""
    source = os.environ.get(SOURCE, "")
    with st.container(key="footer"):
        st.caption(
            ":material/lock: **Your picture is never stored.** It is worked on in memory, never written to "
            "disk or logged, and forgotten when you leave."
        )
        st.caption(
            f"SuperRes {__version__} · Open source under the MIT licence; trained on freely licensed photos"
            + (f" · [Source code]({source})" if source else "")
        )


def draw_frame() -> None:
    """Mount the script of the page, and send it the page state: see ``frame.js``."""
    # The browser fetches it to find out whether this session still exists, and whether it has missed a run.
    heartbeat = session.keep("heartbeat", lambda _: Download("heartbeat", "text/plain", lambda: []))
    drawn = st.session_state["drawn"] = st.session_state.get("drawn", 0) + 1
    heartbeat.content = lambda: [str(drawn).encode()]
    state = session.page_state()
    data = {
        "heartbeat": offer(heartbeat),
        "drawn": drawn,
        "status": state.status,
        "results": list(state.results),
        "shown": state.shown,
        "accept": ",".join(("image/*", *READABLE_EXTENSIONS, ".zip")),
    }
    _component()(key="frame", data=data, on_refresh_change=lambda: None)


@cache
def _component() -> Callable[..., Any]:
    html, js = ((_FOLDER / f"frame.{kind}").read_text("utf-8") for kind in ("html", "js"))
    return component("superres_frame", html=html, js=js, isolate_styles=False)
