"""Pictures on their way to the browser: what is checked, and the messages that bring them.

They travel as binary messages, because a component's ``bytes`` payload reaches the browser as it is (JSON
would need base64, a third more). Nothing comes back: zoom, pan and slider live in the browser, so moving them
never reruns the script.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import streamlit as st
from streamlit.components.v2 import component

from service.layers import Layer, Part, pack
from sr_core import MeasurementError, OptionError, PictureTooLargeError

_FOLDER = Path(__file__).parent
# One program for all kinds, so that they share what has arrived; in this order, as nothing is imported.
SCRIPTS = ("store.js", "layer.js", "gestures.js", "stage.js", "view.js", "grid.js", "mount.js")
_MARKUP = {"compare": "view.html", "grid": "grid.html", "cargo": "cargo.html"}
_ZOOMS = "<!-- zooms -->"
# Streamlit wraps the payload in a message of its own together with the component's source text.
_MESSAGE_OVERHEAD = 1_000_000
_MIN_HEIGHT = 200

Kind = Literal["compare", "grid", "cargo"]


def check_height(height: int) -> None:
    """Check the largest height of a view, in CSS px.

    Raises
    ------
    OptionError
        It is too small to show anything.
    """
    if height < _MIN_HEIGHT:
        raise OptionError(f"The view must be at least {_MIN_HEIGHT} px high. Received: height={height}")


def mount(kind: Kind, message: bytes, *, key: str) -> None:
    """Put a component on the page.

    Raises
    ------
    PictureTooLargeError
        The message exceeds what the server may send at once (``server.maxMessageSize``).
    """
    limit = int(st.get_option("server.maxMessageSize")) * 1_000_000 - _MESSAGE_OVERHEAD
    if len(message) > limit:
        raise PictureTooLargeError(
            f"The pictures are too large to compare in the browser: together they may have "
            f"{limit / 1e6:.0f} MB. Download the result, or compare a smaller picture. "
            f"Received: {len(message) / 1e6:.0f} MB."
        )
    _component(kind)(key=key, data=message)


def check_layers(layers: Sequence[Layer]) -> None:
    """Check that layers can be chosen from, or stand side by side.

    Raises
    ------
    MeasurementError
        They differ in size.
    OptionError
        There is none, or two have the same label.
    """
    if not layers:
        raise OptionError("There must be a picture to show on each side; received none.")
    labels = [layer.label for layer in layers]
    if len(set(labels)) < len(labels):
        raise OptionError(f"Pictures that can be chosen from need different names; received {labels}.")
    for layer in layers[1:]:
        check_sizes(layers[0], layer)


def check_sizes(first: Layer, second: Layer) -> None:
    """Check that two layers can be laid over each other.

    Raises
    ------
    MeasurementError
        They differ in size.
    """
    if first.size != second.size:
        raise MeasurementError(
            "Only pictures of the same size can be laid over each other; enlarge one of them first. "
            f"Received: {first.label} {first.size.width}x{first.size.height}, "
            f"{second.label} {second.size.width}x{second.size.height} px (width x height)"
        )


def bases(layers: Sequence[Layer]) -> Iterator[Part]:
    """Yield the base of each layer, but none twice."""
    yield from {layer.id: layer.part for layer in layers}.values()


def send(layers: Sequence[Layer], *, key: str, with_bases: bool) -> None:
    """Send tiles, and if asked the bases, in messages below the view called `key`."""
    different = {layer.id: layer for layer in layers}.values()
    if not with_bases and not any(layer.cargo for layer in different):
        return
    with st.container(gap=None):  # of no height
        for layer in different:
            messages = [pack({}, [layer.part])] if with_bases else []
            for index, message in enumerate([*messages, *layer.cargo]):
                mount("cargo", message, key=f"{key}_{layer.id}_{index}")


@cache
def _component(kind: Kind) -> Callable[..., Any]:
    """Register once per process: repeating it on every rerun would be logged as a clash of names."""
    html = _read(_MARKUP[kind]).replace(_ZOOMS, _read("zooms.html"))
    css = "" if kind == "cargo" else _read("view.css") + _read("grid.css")
    js = "\n".join(_read(script) for script in SCRIPTS)
    return component(f"superres_{kind}_view", html=html, css=css, js=js, isolate_styles=True)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
