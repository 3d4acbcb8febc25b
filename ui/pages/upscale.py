"""The page "Upscale": pictures enlarged two, three or four times, or to an exact size."""

import html
from collections.abc import Sequence

import streamlit as st

from service.batch import Batch
from service.item import Item, Status
from sr_core.files import READABLE_NAMES
from ui import session
from ui.components import result
from ui.components.download import download_address, draw_download
from ui.components.gallery import describe, draw_gallery
from ui.components.progress import duration, follow
from ui.components.proof import draw_proof
from ui.components.settings import choose_request, summary
from ui.components.uploader import Upload, draw_uploader, offer_samples, page_slot, switch_slot

PAGE = "upscale"

_SKIPPED = f"{PAGE}_skipped"

_LIMITS = f"{READABLE_NAMES}, up to 16 megapixels and 100 MB each; one, many, or a ZIP."


def render() -> None:
    """Draw the page."""
    batch = _batch()
    with page_slot(PAGE), session.friendly_errors():
        if batch.items:
            _draw_batch(batch)
        else:
            _draw_intro(batch)


def _batch() -> Batch:
    return session.keep(f"{PAGE}_batch", Batch)


def _draw_intro(batch: Batch) -> None:
    with st.container(key="intro"):
        st.title("Make a small picture big", anchor=False)
        st.markdown("Four times as wide and high, with detail restored by a neural network.")
        _show_skipped()
        proof, choice = st.columns([7, 5], gap="medium")
        with proof:
            draw_proof()
        with choice:
            draw_uploader(PAGE, "Choose a photo", _add)
            st.caption(_LIMITS)
            with st.container(horizontal=True, gap="small", vertical_alignment="center", key="asked"):
                line = st.container(width="content")
                batch.set_request(choose_request())
                line.markdown(summary(batch.request))
            offer_samples(PAGE, _add)


def _draw_batch(batch: Batch) -> None:
    """Draw the batch, and keep its work going."""
    with st.container(key="work"):
        head, skipped, view, bar = (st.container(key=key) for key in ("head", "skipped", "view", "bar"))
        with head, st.container(horizontal=True, vertical_alignment="center"):
            title = st.container(gap=None)
            with st.container(horizontal=True, width="content", gap="small"):
                draw_uploader(PAGE, "Add photos", _add, key="add")
                st.button(
                    "Start over", key=f"{PAGE}_another", icon=":material/restart_alt:", on_click=_forget
                )
        with bar, st.container(horizontal=True, vertical_alignment="center", gap="small"):
            facts = st.container(gap=None)
            batch.set_request(choose_request())
            actions = st.container(horizontal=True, width="content", gap="small", key="actions")
        batch.draw()
        batch.runner.wake()
        # State may change while the page is drawn, even for the last time; then it is redrawn.
        drawn, items = batch.runner.version, batch.items
        item = _current_item(batch)
        with title:
            one = len(items) == 1
            st.html(_heading(item.name) if one else _heading(f"{len(items)} pictures", describe(batch)))
        with skipped:
            _show_skipped()
        with view:
            result.draw_view(batch, item)
            busy = st.container(horizontal=True, vertical_alignment="center", key="busy")
        with facts:
            _draw_facts(batch, item)
        with actions:
            _draw_actions(batch, item)
        _ask(batch)
        if len(items) > 1:
            draw_gallery(batch)
    session.set_page_state(_page_state(batch, item))
    if batch.runner.version != drawn or batch.runner.active(batch):
        with busy:
            slot = st.container()
            if not item.drawing:
                st.button(
                    "Cancel" if len(items) == 1 else "Cancel all",
                    key=f"{PAGE}_cancel",
                    icon=":material/close:",
                    on_click=batch.cancel,
                    args=(batch.active,),
                )
        with slot:
            follow(batch.runner, batch, drawn, promptly=len(items) == 1)


def _heading(text: str, more: str = "") -> str:
    """Return the heading of the page as HTML, with `more` in small; both are plain text."""
    text, more = html.escape(text), f" <small>{html.escape(more)}</small>" if more else ""
    return f'<h1 title="{text}">{text}{more}</h1>'


def _current_item(batch: Batch) -> Item:
    """Return the picture to draw: the one on display, the one being enlarged, or the first."""
    working = (item for item in batch.items if item.status is Status.WORKING)
    return batch.shown or next(working, batch.items[0])


def _draw_facts(batch: Batch, item: Item) -> None:
    """Draw the facts of the result of a picture, or of what to expect."""
    if len(batch.items) > 1:
        st.text(item.name)
    if item.status is Status.FAILED:
        st.error(item.error, icon=":material/error:")
    elif item.result is not None:
        st.caption(result.outcome(item, item.result))
    elif item.status is Status.CANCELLED:
        st.caption("Cancelled. Nothing of it was kept.")
    else:
        st.caption(result.expectation(item))
    for warning in result.warnings(batch, item):
        st.caption(f":material/warning: {warning}")


def _draw_actions(batch: Batch, item: Item) -> None:
    result.draw_actions(batch, item)
    if len(batch.items) > 1 and batch.done:
        draw_download(
            batch.archive,
            "Download all"
            if len(batch.done) == len(batch.items)
            else f"Download {len(batch.done)} of {len(batch.items)}",
            primary=not batch.active,
            help="A ZIP file with the results, in the folders the pictures came in.",
        )


def _page_state(batch: Batch, item: Item) -> session.PageState:
    states = {
        Status.WORKING: "is being enlarged",
        Status.DONE: "is done",
        Status.FAILED: "failed",
        Status.CANCELLED: "was cancelled",
    }
    one = f"{item.name} {states.get(item.status, 'waits')}. {item.error}".strip()
    return session.PageState(
        one if len(batch.items) == 1 else f"{len(batch.items)} pictures: {describe(batch)}.",
        tuple(download_address(done.download) for done in batch.done if done.download is not None),
        "" if batch.shown is None else str(batch.shown.id),
    )


def _show_skipped() -> None:
    skipped = st.session_state.get(_SKIPPED)
    if skipped:
        # As plain text, a line each: a file name may contain Markdown.
        with st.container(border=True, key="left_out"), st.container(horizontal=True):
            with st.container(gap=None):
                st.markdown(":material/warning: **Some files were skipped.**")
                st.text("\n".join(skipped))
            st.button("Close", key=f"{PAGE}_close", icon=":material/close:", on_click=_dismiss_skipped)


def _ask(batch: Batch) -> None:
    """Ask for confirmation where it is needed."""
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
            st.info(f"{which} made with other settings than those chosen now.", icon=":material/update:")
            st.button(
                "Enlarge again", key=f"{PAGE}_renew", type="primary", on_click=batch.redo, args=(outdated,)
            )


def _add(uploads: Sequence[Upload]) -> None:
    st.session_state[_SKIPPED] = _batch().add_files((upload.name, upload.data) for upload in uploads)
    switch_slot(PAGE)


def _dismiss_skipped() -> None:
    st.session_state[_SKIPPED] = []


def _forget() -> None:
    _batch().forget()
    _dismiss_skipped()
    switch_slot(PAGE)
