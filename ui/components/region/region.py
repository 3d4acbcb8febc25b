"""A picture to click on, with a frame around the chosen part."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from streamlit.components.v2 import component

from service.item import Item
from service.part import SIDE
from ui.components.compare_view.view import read

_FOLDER = Path(__file__).parent


def choose_region(item: Item) -> tuple[int, int] | None:
    """Draw a picture to click on, and return the point that was clicked before this run, if any.

    Parameters
    ----------
    item : Item
        An inspected picture.

    Returns
    -------
    tuple of int or None
        Top and left of the point, in px of the picture.
    """
    assert item.facts is not None
    data = {
        "picture": item.poster,
        "height": item.facts.height,
        "width": item.facts.width,
        "side": SIDE,
        "chosen": None if item.part is None else {"top": item.part.top, "left": item.part.left},
    }
    pressed = _component()(key=f"region_{item.id}", data=data, on_pressed_change=lambda: None).pressed
    return None if pressed is None else (int(pressed["top"]), int(pressed["left"]))


@cache
def _component() -> Callable[..., Any]:
    html, css, js = ((_FOLDER / f"region.{kind}").read_text("utf-8") for kind in ("html", "css", "js"))
    return component("superres_region", html=html, css=read("view.css") + css, js=js, isolate_styles=True)
