"""Drop pictures, get them two, three or four times as large, or of an exact size."""

from collections.abc import Sequence

import streamlit as st

from service.batch import Batch
from sr_core.files import READABLE_NAMES
from ui import session
from ui.components.compare_view.view import compare_layers
from ui.components.item_rows import draw_many, draw_one
from ui.components.progress import duration, follow
from ui.components.settings import choose_request
from ui.components.uploader import Upload, drop, offer_samples, promise_privacy, stage, turn

PAGE = "upscale"

_SKIPPED = f"{PAGE}_skipped"

_LIMITS = (
    f"One picture or many, or a ZIP file of them: {READABLE_NAMES}. Up to 4 megapixels each for "
    "×4, for example 2000 × 2000 px, and 16 megapixels for ×2."
)


def render() -> None:
    """Draw the page."""
    batch = _batch()
    with stage(PAGE), session.friendly_errors():
        if batch.items:
            _work(batch)
        else:
            _introduce(batch)


def _batch() -> Batch:
    return session.keep(f"{PAGE}_batch", Batch)


def _introduce(batch: Batch) -> None:
    """Say what this is, and ask for pictures."""
    with st.container(key="intro"):
        st.title("Make a small picture big", anchor=False)
        st.markdown(
            "Get a photo **four times as wide and high**, with detail restored by EDSR, a neural network."
        )
        _complain()
        drop(PAGE, "Drop pictures here, or press Upload", _add, limits=_LIMITS, more=(".zip",))
        batch.set_request(choose_request())
        offer_samples(PAGE, _add)
        promise_privacy()


def _work(batch: Batch) -> None:
    """Draw the batch, and see to it that it goes on."""
    batch.set_request(choose_request())
    batch.draw()
    batch.runner.wake()
    # States may change while the page is drawn, also to the last; then it is drawn again.
    drawn, items = batch.runner.version, batch.items
    _complain()
    slot = draw_one(batch, items[0], forget=_forget) if len(items) == 1 else draw_many(batch, forget=_forget)
    _ask(batch)
    _show(batch)
    with st.expander("Add pictures", icon=":material/add_photo_alternate:", key=f"{PAGE}_add"):
        drop(PAGE, "Drop more pictures here, or press Upload", _add, limits=_LIMITS, more=(".zip",))
    promise_privacy()
    if batch.runner.version != drawn or batch.runner.active(batch):
        with slot or st.container():
            follow(batch.runner, batch, drawn)


def _complain() -> None:
    skipped = st.session_state.get(_SKIPPED)
    if skipped:
        # As plain text, a line each: files may be named like Markdown.
        with st.container(border=True, key="left_out"):
            st.markdown(":material/warning: **Some files were skipped.**")
            st.text("\n".join(skipped))


def _ask(batch: Batch) -> None:
    """Ask for what needs a person's word."""
    if batch.paused is not None:
        st.info(batch.paused, icon=":material/pause:")
        st.button("Go on", key=f"{PAGE}_go_on", type="primary", on_click=batch.start)
    ready, outdated = batch.ready, batch.outdated
    if ready and not batch.active:
        seconds = sum(item.seconds for item in ready)
        st.info(f"This will take about {duration(seconds)} on this server.", icon=":material/schedule:")
        st.button("Start", key=f"{PAGE}_start", type="primary", on_click=batch.start)
    if outdated:
        which = "The result was" if len(outdated) == 1 else f"{len(outdated)} results were"
        with st.container(horizontal=True, vertical_alignment="center", key="outdated"):
            st.info(f"{which} made with other settings than those above.", icon=":material/update:")
            st.button(
                "Enlarge again", key=f"{PAGE}_renew", type="primary", on_click=batch.again, args=(outdated,)
            )


def _show(batch: Batch) -> None:
    """Draw the picture on show."""
    item = batch.shown
    if item is None or item.preview is None:
        return
    if len(batch.items) > 1:
        st.text(item.name)
    compare_layers(item.preview.before, item.preview.after, key="upscale_view")
    st.caption(
        "Drag the handle to compare. Bicubic is what ordinary programs do when they enlarge a picture."
    )


def _add(uploads: Sequence[Upload]) -> None:
    st.session_state[_SKIPPED] = _batch().take_in((upload.name, upload.data) for upload in uploads)
    turn(PAGE)


def _forget() -> None:
    _batch().forget()
    st.session_state[_SKIPPED] = []
    turn(PAGE)
