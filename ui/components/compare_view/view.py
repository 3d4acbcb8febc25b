"""The views: two pictures before and after each other, or any number in a grid.

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

from service.layers import Layer, Part, file_layer, pack
from sr_core import MeasurementError, OptionError, PictureTooLargeError

_FOLDER = Path(__file__).parent
# One program for all kinds, so that they share what has arrived; in this order, as nothing is imported.
SCRIPTS = (
    "store.js",
    "layer.js",
    "gestures.js",
    "stage.js",
    "magnifier.js",
    "view.js",
    "grid.js",
    "mount.js",
)
_MARKUP = {"compare": "view.html", "grid": "grid.html", "tiles": "tiles.html"}
_ZOOMS = "<!-- zooms -->"
# Streamlit wraps the payload in a message of its own together with the component's source text.
_MESSAGE_OVERHEAD = 1_000_000
_MIN_HEIGHT = 200

Kind = Literal["compare", "grid", "tiles"]


def compare_view(
    before: bytes, after: bytes, *, before_label: str, after_label: str, key: str, height: int = 560
) -> None:
    """Show two PNG files of the same size for comparison, pixel by pixel.

    The browser gets both files unchanged, and decodes both as a whole: pictures of more than
    `service.layers.LARGEST_WHOLE` pixels should go through `layer_of` and `compare_layers`.

    Parameters
    ----------
    before, after : bytes
        PNG files with the same width and height, for example the bicubic enlargement and the network's
        result.
    before_label, after_label : str
        What the pictures are called on screen. Any text; it is never read as HTML.
    key : str
        Identifies this view among the elements of the page.
    height : int
        Largest height of the picture area, in CSS px. Wide pictures and low windows make it lower.

    Raises
    ------
    UnreadablePictureError
        One of the two is not a PNG file.
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        Both files together exceed what the server may send in one message (``server.maxMessageSize``).
    OptionError
        A label is blank, or the height is too small to show anything.
    """
    first, second = file_layer(before, before_label, "before"), file_layer(after, after_label, "after")
    compare_layers([first], [second], key=key, height=height)


def compare_layers(
    before: Sequence[Layer],
    after: Sequence[Layer],
    *,
    key: str,
    height: int = 560,
    apart: bool = False,
    subject: str = "",
    spot: tuple[int, int] | None = None,
) -> None:
    """Show two pictures for comparison, pixel by pixel, each of a person's choice.

    A rerun with the same pictures keeps zoom, pan, slider and choice; other pictures of the same size keep
    them too, so that several results can be compared at one spot.

    Parameters
    ----------
    before, after : sequence of Layer
        What can be chosen on each side, the first to begin with. All are drawn at one size.
    key : str
        Identifies this view among the elements of the page.
    height : int
        Largest height of the picture area, in CSS px.
    apart : bool
        Send each picture in a message of its own, so that one more does not send all again. Otherwise they
        come with the view, and only tiles apart.
    subject : str
        What is seen: with another one, the view begins anew as `spot` says.
    spot : tuple of int, optional
        Where the view opens at 1:1, top and left in px, if the picture is larger than the view. Otherwise it
        opens with the whole picture.

    Raises
    ------
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        A message exceeds what the server may send (``server.maxMessageSize``).
    OptionError
        There is nothing to choose from on one side, two pictures of one side have the same label, or the
        height is too small to show anything.
    """
    _check_layers(before)
    _check_layers(after)
    _check_sizes(before[0], after[0])
    _check_height(height)
    layers = [*before, *after]
    header = {
        **_seen(layers, height, subject, spot),
        "before": [layer.describe() for layer in before],
        "after": [layer.describe() for layer in after],
    }
    _mount("compare", pack(header, () if apart else _bases(layers)), key=key)
    _send(layers, key=key, with_bases=apart)


def compare_grid(
    layers: Sequence[Layer],
    *,
    key: str,
    height: int = 420,
    subject: str = "",
    spot: tuple[int, int] | None = None,
) -> None:
    """Show pictures of one size in a grid, with one zoom and one spot for all.

    Each picture travels in a message of its own, so that one more does not send all again; and a rerun keeps
    zoom and spot.

    Parameters
    ----------
    layers : sequence of Layer
        Above each stand its label and its caption.
    key : str
        Identifies this view among the elements of the page.
    height : int
        Largest height of one picture, in CSS px.
    subject, spot
        See `compare_layers`.

    Raises
    ------
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        A picture exceeds what the server may send in one message (``server.maxMessageSize``).
    OptionError
        There are no pictures, two have the same label, or the height is too small to show anything.
    """
    _check_layers(layers)
    _check_height(height)
    header = {
        **_seen(layers, height, subject, spot),
        "layers": [layer.describe() for layer in layers],
    }
    _mount("grid", pack(header, ()), key=key)
    _send(layers, key=key, with_bases=True)


def _seen(
    layers: Sequence[Layer], height: int, subject: str, spot: tuple[int, int] | None
) -> dict[str, object]:
    """Return what both kinds of views are told."""
    return {
        "maxHeight": height,
        "width": layers[0].size.width,
        "height": layers[0].size.height,
        "subject": subject,
        "spot": None if spot is None else {"top": spot[0], "left": spot[1]},
    }


def _check_height(height: int) -> None:
    """Check the largest height of a view, in CSS px.

    Raises
    ------
    OptionError
        It is too small to show anything.
    """
    if height < _MIN_HEIGHT:
        raise OptionError(f"The view must be at least {_MIN_HEIGHT} px high. Received: height={height}")


def _mount(kind: Kind, message: bytes, *, key: str) -> None:
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


def _check_layers(layers: Sequence[Layer]) -> None:
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
        _check_sizes(layers[0], layer)


def _check_sizes(first: Layer, second: Layer) -> None:
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


def _bases(layers: Sequence[Layer]) -> Iterator[Part]:
    """Yield the base of each layer, but none twice."""
    yield from {layer.id: layer.part for layer in layers}.values()


def _send(layers: Sequence[Layer], *, key: str, with_bases: bool) -> None:
    """Send tiles, and if asked the bases, in messages below the view called `key`."""
    different = {layer.id: layer for layer in layers}.values()
    if not with_bases and not any(layer.tiles for layer in different):
        return
    with st.container(gap=None):  # of no height
        for layer in different:
            messages = [pack({}, [layer.part])] if with_bases else []
            for index, message in enumerate([*messages, *layer.tiles]):
                _mount("tiles", message, key=f"{key}_{layer.id}_{index}")


@cache
def _component(kind: Kind) -> Callable[..., Any]:
    """Register once per process: repeating it on every rerun would be logged as a clash of names."""
    html = read(_MARKUP[kind]).replace(_ZOOMS, read("zooms.html"))
    css = "" if kind == "tiles" else read("view.css") + read("grid.css")
    js = "\n".join(read(script) for script in SCRIPTS)
    return component(f"superres_{kind}_view", html=html, css=css, js=js, isolate_styles=True)


def read(name: str) -> str:
    """Return a file of this folder."""
    return (_FOLDER / name).read_text("utf-8")
