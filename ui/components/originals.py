"""Choose what to measure: drop originals, or a small picture with its original, or click a sample."""

from collections.abc import Sequence
from typing import Protocol

import streamlit as st

from service.sample import Sample
from ui.components import uploader
from ui.components.uploader import Upload

Halves = dict[str, tuple[str, bytes]]
"""What there is of a pair, names and files by which of the two it is."""


class Add(Protocol):
    """What takes the samples that were chosen."""

    def __call__(self, samples: Sequence[Sample], said: str | None = None) -> None:
        """Take them, none while a pair is not complete; `said` is to be told of what was left out."""
        ...


_LIMITS = "Up to 16 megapixels each."
_SMALL, _ORIGINAL = "small picture", "original"
_SAID = {_SMALL: "What is to be enlarged.", _ORIGINAL: "What it was made from."}


def drop_originals(page: str, add: Add, *, key: str = "choose") -> None:
    """Draw where sharp pictures are chosen, any number at once; see `uploader.drop`."""
    uploader.drop(page, "Choose sharp photos", _alone(add), key=key)
    if key == "choose":
        st.caption(f"Sharp pictures. {_LIMITS}")


def offer_samples(page: str, add: Add) -> None:
    """Draw the sample pictures, each one click away."""
    uploader.offer_samples(page, _alone(add))


def drop_pair(page: str, halves: Halves, add: Add) -> None:
    """Draw where a small picture and its original are dropped; they are taken once both are in `halves`."""
    for column, (half, said) in zip(st.columns(2), _SAID.items(), strict=True):

        def take(uploads: Sequence[Upload], half: str = half) -> None:
            _take_half(halves, half, uploads, add)

        with column:
            st.markdown(f"**The {half}.** {said}")
            uploader.drop(f"{page}_{half}", f"Choose the {half}", take)
            if half in halves:
                # As plain text: a file may be named like Markdown.
                st.text(f"Here: {halves[half][0]}")
    st.caption(f"The original is exactly the scale times as wide and high as the small picture. {_LIMITS}")


def _alone(add: Add) -> uploader.Add:
    return lambda uploads: add([Sample(upload.name, upload.data) for upload in uploads])


def _take_half(halves: Halves, half: str, uploads: Sequence[Upload], add: Add) -> None:
    upload, said = uploader.first_of(uploads)
    halves[half] = upload.name, upload.data
    samples: list[Sample] = []
    if len(halves) == 2:
        name, original = halves[_ORIGINAL]
        samples.append(Sample(name, original, halves[_SMALL][1]))
        halves.clear()
    add(samples, said)
