"""A sample enlarged by the network, shown before a picture is chosen."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from ui.components.compare_view.view import read
from ui.server import asset_address

_FOLDER = Path(__file__).parent


def draw_proof() -> None:
    """Draw a sample before and after enlargement under a slider; see scripts/page_pictures.py."""
    _component()(key="proof")


@cache
def _component() -> Callable[..., Any]:
    html, css, js = ((_FOLDER / f"proof.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    for name in ("original", "superres"):
        html = html.replace(f"<!-- {name} -->", asset_address(f"{name}.webp"))
    return component("superres_proof", html=html, css=read("view.css") + css, js=js, isolate_styles=True)
