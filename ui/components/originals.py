"""Choosing what to measure: originals, a small picture with its original, or a sample."""

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from service.sample import Sample
from ui.components import uploader
from ui.components.uploader import Upload

Halves = dict[str, tuple[str, bytes]]
"""The parts of an incomplete pair: file name and content, by which half it is."""


class Add(Protocol):
    """Callback for chosen samples."""

    def __call__(self, samples: Sequence[Sample], skipped: str | None = None) -> None:
        """Add samples (none while a pair is incomplete); `skipped` is a warning about files left out."""
        ...


_LIMITS = "Up to 16 megapixels each."
_SMALL, _ORIGINAL = "small picture", "original"
_EXPLANATIONS = {_SMALL: "What is to be enlarged.", _ORIGINAL: "What it was made from."}


def draw_uploader(page: str, add: Add, *, key: str = "choose") -> None:
    """Draw an uploader for sharp pictures; see `uploader.draw_uploader`."""
    uploader.draw_uploader(page, "Choose sharp photos", _as_samples(add), key=key)
    if key == "choose":
        st.caption(f"Sharp pictures. {_LIMITS}")


def offer_samples(page: str, add: Add) -> None:
    """Draw the sample pictures as buttons."""
    uploader.offer_samples(page, _as_samples(add))


def draw_pair_uploader(page: str, halves: Halves, add: Add) -> None:
    """Draw uploaders for a small picture and its original; the pair is added once both are in `halves`."""
    for column, (half, explanation) in zip(st.columns(2), _EXPLANATIONS.items(), strict=True):

        def add_half(uploads: Sequence[Upload], half: str = half) -> None:
            _add_half(halves, half, uploads, add)

        with column:
            st.markdown(f"**The {half}.** {explanation}")
            uploader.draw_uploader(f"{page}_{half}", f"Choose the {half}", add_half)
            if half in halves:
                # As plain text: a file name may contain Markdown.
                st.text(f"Here: {halves[half][0]}")
    st.caption(f"The original is exactly the scale times as wide and high as the small picture. {_LIMITS}")


def _as_samples(add: Add) -> uploader.Add:
    return lambda uploads: add([Sample(upload.name, upload.data) for upload in uploads])


def _add_half(halves: Halves, half: str, uploads: Sequence[Upload], add: Add) -> None:
    upload, skipped = uploader.first_of(uploads)
    halves[half] = upload.name, upload.data
    samples: list[Sample] = []
    if len(halves) == 2:
        name, original = halves[_ORIGINAL]
        samples.append(Sample(name, original, halves[_SMALL][1]))
        halves.clear()
    add(samples, skipped)
