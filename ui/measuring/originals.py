"""Choose what to measure: drop originals, or a small picture with its original, or click a sample."""

from collections.abc import Callable, Sequence

import streamlit as st

from ui import chooser, session
from ui.chooser import Upload
from ui.measuring.trial import Sample

Add = Callable[[Sequence[Sample]], None]
"""What takes the samples that were chosen."""

_LIMITS = "Up to 16 megapixels each, for example 4000 × 4000 px. PNG, JPEG, WebP, BMP or TIFF."
# One half of a pair, while the other is missing.
_HALVES = "measure_halves"
_SMALL, _ORIGINAL = "small picture", "original"
_SAID = {_SMALL: "What is to be enlarged.", _ORIGINAL: "What it was made from."}


def drop_originals(page: str, add: Add) -> None:
    """Draw where sharp pictures are dropped, any number at once."""
    chooser.drop(page, "Drop sharp pictures here, or press Upload", _alone(add), limits=_LIMITS)


def offer_samples(page: str, add: Add) -> None:
    """Draw the sample pictures, each one click away."""
    chooser.offer_samples(page, _alone(add))


def drop_pair(page: str, add: Add) -> None:
    """Draw where a small picture and its original are dropped; they are taken once both are there."""
    halves: dict[str, Upload] = st.session_state.get(_HALVES, {})
    for column, (half, said) in zip(st.columns(2), _SAID.items(), strict=True):

        def take(uploads: Sequence[Upload], half: str = half) -> None:
            _take_half(half, uploads[-1], add)

        with column:
            chooser.drop(f"{page}_{half}", f"Drop the {half} here", take, limits=said)
            if half in halves:
                # As plain text: a file may be named like Markdown.
                st.text(f"Here: {halves[half].name}")
    st.caption(f"The original is exactly the scale times as wide and high as the small picture. {_LIMITS}")


def _alone(add: Add) -> chooser.Add:
    return lambda uploads: add([Sample(upload.name, upload.data) for upload in uploads])


def _take_half(half: str, upload: Upload, add: Add) -> None:
    halves = {**st.session_state.get(_HALVES, {}), half: upload}
    st.session_state[_HALVES] = halves
    session.forget_when_gone(_HALVES, halves.clear)
    if len(halves) == 2:
        del st.session_state[_HALVES]
        small, original = halves[_SMALL], halves[_ORIGINAL]
        add([Sample(original.name, original.data, small.data)])
