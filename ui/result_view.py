"""A result beside what ordinary programs make of the same picture."""

import threading
from dataclasses import dataclass

import streamlit as st

from sr_core import Picture, bicubic, decode, weights
from ui.compare_view.layers import LARGEST_WHOLE, Layer, file_layer, layer_of, nearest_layer
from ui.compare_view.view import compare_layers
from ui.job import Job, Result
from ui.order import LIMITS
from ui.worker import RESULT_LIMITS


@dataclass(frozen=True, slots=True)
class View:
    """What is drawn of one result.

    Attributes
    ----------
    result : Result
        Tells whether it is still the right one.
    before, after : list of Layer
    """

    result: Result
    before: list[Layer]
    after: list[Layer]


@st.cache_resource(show_spinner=False)
def _drawing() -> threading.Lock:
    """One picture of this process is made ready at a time, because each takes much memory for a moment."""
    return threading.Lock()


def make_view(job: Job, result: Result) -> View:
    """Make a result ready to be looked at: the very pixels of the file that is downloaded."""
    with _drawing():
        small = decode(job.data, limits=LIMITS)
        plain = bicubic(small, size=(result.height, result.width))
        before = [
            layer_of(plain, "Bicubic"),
            nearest_layer(small, "Pixels", height=result.height, width=result.width),
        ]
        title = weights.find(result.network).title + (" (best)" if result.order.self_ensemble else "")
        return View(result, before, [_after(result, title)])


def _after(result: Result, title: str) -> Layer:
    if result.order.output.format == "png" and result.height * result.width <= LARGEST_WHOLE:
        return file_layer(result.data, title, "after")
    return layer_of(_read(result), title)


def _read(result: Result) -> Picture:
    return decode(result.data, limits=RESULT_LIMITS)


def draw_view(view: View) -> None:
    """Draw it, with a word on how to look at it."""
    compare_layers(view.before, view.after, key="upscale_view")
    st.caption(
        "Drag the handle to compare. Bicubic is what ordinary programs do when they enlarge a picture."
    )
