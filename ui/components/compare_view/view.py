"""The views: two pictures as before and after, or any number in a grid.

Pictures are sent as binary messages, because a component's ``bytes`` payload reaches the browser unchanged
(JSON would need base64, a third more). Nothing is sent back: zoom, pan and slider live in the browser, and
moving them never reruns the script.
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
# One program for all kinds of views, so that they share the received files; concatenated in this order.
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
# Streamlit wraps the payload in its own message, together with the source of the component.
_MESSAGE_OVERHEAD = 1_000_000
_MIN_HEIGHT = 200

Kind = Literal["compare", "grid", "tiles"]


def compare_view(
    before: bytes, after: bytes, *, before_label: str, after_label: str, key: str, height: int = 560
) -> None:
    """Show two PNG files of the same size for comparison, pixel by pixel.

    The browser receives both files unchanged, and decodes each as a whole: pictures of more than
    `service.layers.LARGEST_WHOLE` pixels should go through `layer_of` and `compare_layers`.

    Parameters
    ----------
    before, after : bytes
        PNG files with the same width and height, for example the bicubic enlargement and the network's
        result.
    before_label, after_label : str
        Names of the pictures on screen. Any text; never interpreted as HTML.
    key : str
        Identifies this view on the page.
    height : int
        Maximum height of the picture area, in CSS px. Wide pictures and low windows make it lower.

    Raises
    ------
    UnreadablePictureError
        One of the files is not PNG.
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        Both files together exceed the maximum message size (``server.maxMessageSize``).
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
    separate: bool = False,
    subject: str = "",
    spot: tuple[int, int] | None = None,
) -> None:
    """Show two pictures for comparison, pixel by pixel, with a choice of pictures on each side.

    A rerun keeps zoom, pan, slider and choice, even with other pictures of the same size, so that several
    results can be compared at the same spot.

    Parameters
    ----------
    before, after : sequence of Layer
        The choices on each side; the first is the default. All are drawn at the same size.
    key : str
        Identifies this view on the page.
    height : int
        Maximum height of the picture area, in CSS px.
    separate : bool
        Send each picture in its own message, so that adding one does not resend the others. By default they
        are sent with the view, and only tiles separately.
    subject : str
        Identifies what is shown: when it changes, the view is reset and opens at `spot`.
    spot : tuple of int, optional
        Centre of the view when it opens at 1:1, as top and left in px; used if the picture is larger than the
        view. Otherwise the view opens with the whole picture.

    Raises
    ------
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        A message exceeds the maximum size (``server.maxMessageSize``).
    OptionError
        One side has no pictures, two pictures of one side have the same label, or the height is too small to
        show anything.
    """
    _check_layers(before)
    _check_layers(after)
    _check_sizes(before[0], after[0])
    _check_height(height)
    layers = [*before, *after]
    header = {
        **_shared_header(layers, height, subject, spot),
        "before": [layer.describe() for layer in before],
        "after": [layer.describe() for layer in after],
    }
    _mount("compare", pack(header, () if separate else _bases(layers)), key=key)
    _send(layers, key=key, with_bases=separate)


def compare_grid(
    layers: Sequence[Layer],
    *,
    key: str,
    height: int = 420,
    subject: str = "",
    spot: tuple[int, int] | None = None,
) -> None:
    """Show pictures of the same size in a grid, with zoom and position shared by all.

    Each picture is sent in its own message, so that adding one does not resend the others. A rerun keeps zoom
    and position.

    Parameters
    ----------
    layers : sequence of Layer
        The pictures; each is drawn under its label and caption.
    key : str
        Identifies this view on the page.
    height : int
        Maximum height of one picture, in CSS px.
    subject, spot
        See `compare_layers`.

    Raises
    ------
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        A picture exceeds the maximum message size (``server.maxMessageSize``).
    OptionError
        There are no pictures, two have the same label, or the height is too small to show anything.
    """
    _check_layers(layers)
    _check_height(height)
    header = {
        **_shared_header(layers, height, subject, spot),
        "layers": [layer.describe() for layer in layers],
    }
    _mount("grid", pack(header, ()), key=key)
    _send(layers, key=key, with_bases=True)


def _shared_header(
    layers: Sequence[Layer], height: int, subject: str, spot: tuple[int, int] | None
) -> dict[str, object]:
    """Return the part of the header that both kinds of views have."""
    return {
        "maxHeight": height,
        "width": layers[0].size.width,
        "height": layers[0].size.height,
        "subject": subject,
        "spot": None if spot is None else {"top": spot[0], "left": spot[1]},
    }


def _check_height(height: int) -> None:
    """Check the maximum height of a view, in CSS px.

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
        The message exceeds the maximum size (``server.maxMessageSize``).
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
    """Check the layers of a grid, or of one side of a view.

    Raises
    ------
    MeasurementError
        They differ in size.
    OptionError
        There are none, or two have the same label.
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
    """Yield the base of each distinct layer."""
    yield from {layer.id: layer.part for layer in layers}.values()


def _send(layers: Sequence[Layer], *, key: str, with_bases: bool) -> None:
    """Send tiles, and bases if `with_bases`, in messages below the view with this key."""
    distinct = {layer.id: layer for layer in layers}.values()
    if not with_bases and not any(layer.tiles for layer in distinct):
        return
    with st.container(gap=None):  # has no height
        for layer in distinct:
            messages = [pack({}, [layer.part])] if with_bases else []
            for index, message in enumerate([*messages, *layer.tiles]):
                _mount("tiles", message, key=f"{key}_{layer.id}_{index}")


@cache
def _component(kind: Kind) -> Callable[..., Any]:
    """Register a component, once per process: repeating it would log a name clash at every rerun."""
    html = read(_MARKUP[kind]).replace(_ZOOMS, read("zooms.html"))
    css = "" if kind == "tiles" else read("view.css") + read("grid.css")
    js = "\n".join(read(script) for script in SCRIPTS)
    return component(f"superres_{kind}_view", html=html, css=css, js=js, isolate_styles=True)


def read(name: str) -> str:
    """Return a file of this folder."""
    return (_FOLDER / name).read_text("utf-8")
