"""The pictures of a batch on the page: each with what it is, how far it is, and what can be done with it."""

from collections.abc import Callable

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from service.batch import Batch
from service.item import Item, Status
from service.upscaling import Result
from sr_core.files.formats import FORMATS
from ui.components.download import draw_download
from ui.components.progress import duration

# More pictures than these scroll in a box of their own.
_TALL = 6
_BOX_HEIGHT = 460  # px

_ACTIVE = (Status.WAITING, Status.WORKING)
_AGAIN = {Status.CANCELLED: "Start again", Status.FAILED: "Try again"}


def expectation(item: Item) -> str:
    """Return what will be made of a picture, and what that takes."""
    facts, estimate = item.facts, item.estimate
    if facts is None or estimate is None:
        return "Reading the picture ..."
    return (
        f"{facts.width} × {facts.height} px → {estimate.width} × {estimate.height} px, "
        f"about {duration(estimate.seconds)} and {estimate.memory_mib / 1024:.1f} GiB of memory"
    )


def outcome(item: Item, result: Result) -> str:
    """Return what was made of a picture, as Markdown."""
    small = "" if item.facts is None else f"{item.facts.width} × {item.facts.height} px → "
    kind = FORMATS[result.request.output.format].name
    cleaned = f" · {result.cleaned}" if str(result.cleaned) else ""
    return (
        f"{small}**{result.width} × {result.height} px** in {result.seconds:.1f} s, "
        f"{kind}, {_megabytes(len(result.data))}{cleaned}"
    )


def _megabytes(size: int) -> str:
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} kB"


def draw_one(batch: Batch, item: Item, *, forget: Callable[[], None]) -> DeltaGenerator | None:
    """Draw a batch of one picture; return where to tell how far it is, if it is at work."""
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        facts = st.container(width="stretch", gap=None)
        buttons = st.container(horizontal=True, width="content")
    # As plain text: a file may be named like Markdown.
    facts.text(item.name)
    if item.result is not None:
        facts.caption(outcome(item, item.result))
        with buttons:
            _draw_download(item, primary=True)
    elif item.status in (*_ACTIVE, Status.READY):
        facts.caption(expectation(item))
    buttons.button("Another picture", key="upscale_another", icon=":material/replay:", on_click=forget)
    slot = None
    if item.status in _ACTIVE:
        with st.container(horizontal=True, vertical_alignment="center", key="work"):
            slot = st.container(width="stretch")
            st.button(
                "Cancel",
                key="upscale_cancel",
                icon=":material/close:",
                on_click=batch.cancel,
                args=([item],),
            )
    _warn(batch, item)
    if item.status is Status.FAILED:
        st.error(item.error, icon=":material/error:")
        st.button(_AGAIN[item.status], key="upscale_again", on_click=batch.again, args=([item],))
    if item.status is Status.CANCELLED:
        st.info("Cancelled. Nothing of it was kept.", icon=":material/cancel:")
        st.button(
            _AGAIN[item.status], key="upscale_again", type="primary", on_click=batch.again, args=([item],)
        )
    return slot


def draw_many(batch: Batch, *, forget: Callable[[], None]) -> DeltaGenerator | None:
    """Draw a batch of several pictures; return where to tell how far the one at work is, if one is."""
    items = batch.items
    _draw_header(batch, forget)
    with st.container(key="batch", height=_BOX_HEIGHT if len(items) > _TALL else "content"):
        slots = [_draw_row(batch, item) for item in items]
    return next((slot for slot in slots if slot is not None), None)


def _draw_header(batch: Batch, forget: Callable[[], None]) -> None:
    items, done, active = batch.items, batch.done, batch.active
    with st.container(horizontal=True, vertical_alignment="center", key="file"):
        with st.container(width="stretch", gap=None):
            st.text(f"{len(items)} pictures")
            left = sum(item.seconds for item in active)
            said = f"{len(done)} done" + (f", about {duration(left)} left" if active else "")
            failed = sum(item.status is Status.FAILED for item in items)
            st.caption(said + (f", {failed} failed" if failed else ""))
        with st.container(horizontal=True, width="content"):
            if done:
                draw_download(
                    batch.archive,
                    "Download ZIP",
                    primary=True,
                    help="All results in one file, in the same folders as they came.",
                )
            if len(active) > 1:
                st.button(
                    "Cancel all",
                    key="upscale_cancel_all",
                    icon=":material/close:",
                    on_click=batch.cancel,
                    args=(active,),
                )
            st.button("Start over", key="upscale_another", icon=":material/replay:", on_click=forget)


def _draw_row(batch: Batch, item: Item) -> DeltaGenerator | None:
    """Draw one of several pictures; return where to tell how far it is, if it is at work just now."""
    slot = None
    with st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"row_{item.id}"):
        if item.thumbnail is not None:
            # The name is text beside it.
            st.image(item.thumbnail, width=48, alt="")
        with st.container(width="stretch", gap=None):
            st.text(f"{item.folder}/{item.name}" if item.folder else item.name)
            if item.status is Status.FAILED:
                st.error(item.error, icon=":material/error:")
            elif item.status is Status.WORKING:
                st.caption(expectation(item))
                slot = st.container()
            elif item.status in (Status.WAITING, Status.READY):
                st.caption("Waiting." if item.estimate is None else f"Waiting. {expectation(item)}")
            elif item.status is Status.CANCELLED:
                st.caption("Cancelled.")
            elif item.result is not None:
                st.caption(outcome(item, item.result))
            _warn(batch, item)
        with st.container(horizontal=True, width="content", gap="small"):
            _draw_buttons(batch, item)
    return slot


def _draw_buttons(batch: Batch, item: Item) -> None:
    if item.result is not None:
        st.button(
            "Show",
            key=f"show_{item.id}",
            on_click=batch.show,
            args=(item,),
            disabled=batch.shown is item,
            help=f"Look at {_quoted(item.name)} below.",
        )
        _draw_download(item)
    if item.status in (*_ACTIVE, Status.READY):
        st.button("Cancel", key=f"cancel_{item.id}", on_click=batch.cancel, args=([item],))
        return
    if item.status in _AGAIN:
        st.button(_AGAIN[item.status], key=f"again_{item.id}", on_click=batch.again, args=([item],))
    st.button(
        "",
        key=f"remove_{item.id}",
        icon=":material/delete:",
        on_click=batch.remove,
        args=(item,),
        help=f"Remove {_quoted(item.name)} and its result",
    )


def _quoted(name: str) -> str:
    """Return a name for a help text, which is Markdown."""
    return "".join(f"\\{c}" if c in r"\`*_{}[]()<>#+-!|$~:" else c for c in name)


def _warn(batch: Batch, item: Item) -> None:
    """Say what the chosen format would lose of a picture."""
    if item.facts is not None and item.status is not Status.FAILED:
        for said in item.facts.losses[batch.request.output.format, batch.request.keep_metadata]:
            st.caption(f":material/warning: {said}")


def _draw_download(item: Item, *, primary: bool = False) -> None:
    if item.download is not None and item.result is not None:
        kind = FORMATS[item.result.request.output.format].name
        draw_download(item.download, f"Download {kind}", primary=primary)
