"""The messages to the browser.

The pictures travel as binary messages, because a component's ``bytes`` payload reaches the browser as it is
(JSON would need base64, a third more)::

    4 bytes, big-endian     length of the header
    header                  UTF-8 JSON; "parts" lists the name and the length of what follows
    the parts               PNG files, one after the other

Nothing comes back: zoom, pan and slider live in the browser, so moving them never reruns the script.
"""

import json
import struct
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, Literal, NamedTuple

import streamlit as st
from streamlit.components.v2 import component

from sr_core import OptionError, PictureTooLargeError

_FOLDER = Path(__file__).parent
# One program for all kinds, so that they share what has arrived; in this order, as nothing is imported.
SCRIPTS = ("store.js", "layer.js", "gestures.js", "stage.js", "view.js", "grid.js", "mount.js")
_MARKUP = {"compare": "view.html", "grid": "grid.html", "cargo": "cargo.html"}
_ZOOMS = "<!-- zooms -->"
# Streamlit wraps the payload in a message of its own together with the component's source text.
_MESSAGE_OVERHEAD = 1_000_000
_MIN_HEIGHT = 200

Kind = Literal["compare", "grid", "cargo"]


class Part(NamedTuple):
    """A PNG file, or a chunk of one, under the name by which the browser asks for it."""

    name: str
    data: bytes


def pack(header: Mapping[str, object], parts: Iterable[Part]) -> bytes:
    """Join a header and parts into the message that ``store.js`` unpacks."""
    parts = list(parts)
    listed = {**header, "parts": [(part.name, len(part.data)) for part in parts]}
    text = json.dumps(listed).encode()
    return b"".join((struct.pack(">I", len(text)), text, *(part.data for part in parts)))


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


@cache
def _component(kind: Kind) -> Callable[..., Any]:
    """Register once per process: repeating it on every rerun would be logged as a clash of names."""
    html = _read(_MARKUP[kind]).replace(_ZOOMS, _read("zooms.html"))
    css = "" if kind == "cargo" else _read("view.css") + _read("grid.css")
    js = "\n".join(_read(script) for script in SCRIPTS)
    return component(f"superres_{kind}_view", html=html, css=css, js=js, isolate_styles=True)


def _read(name: str) -> str:
    return (_FOLDER / name).read_text("utf-8")
