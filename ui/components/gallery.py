"""The pictures of a batch: a tile for each, with its status and actions."""

import html

import streamlit as st

from service.batch import Batch
from service.item import Item, Status
from ui.components.download import draw_download
from ui.components.progress import duration
from ui.components.result import ACTIVE, draw_retry, megabytes, warnings


def describe(batch: Batch) -> str:
    """Return the progress of a batch in words."""
    left = sum(item.seconds for item in batch.active)
    failed = sum(item.status is Status.FAILED for item in batch.items)
    done = f"{len(batch.done)} done" + (f", about {duration(left)} left" if batch.active else "")
    return done + (f", {failed} failed" if failed else "")


def draw_gallery(batch: Batch) -> None:
    """Draw all pictures, failed ones first."""
    items = sorted(batch.items, key=lambda item: item.status is not Status.FAILED)
    _draw_thumbnails(items)
    with st.container(horizontal=True, key="gallery"):
        for item in items:
            with st.container(key=f"tile_{item.id}", gap="xsmall"):
                _draw_tile(batch, item)


def _draw_tile(batch: Batch, item: Item) -> None:
    name = f"{item.folder}/{item.name}" if item.folder else item.name
    st.button(
        _escape_markdown(name),
        key=f"show_{item.id}",
        on_click=batch.show,
        args=(item,),
        disabled=item.result is None,
        type="primary" if batch.shown is item else "secondary",
        width="stretch",
    )
    st.html(f'<p class="said">{_status_html(batch, item)}</p>')
    with st.container(horizontal=True, gap="small"):
        if item.download is not None:
            draw_download(item.download, "Download", name=f"Download {item.download.file_name}")
        if item.status in (*ACTIVE, Status.READY):
            st.button("Cancel", key=f"cancel_{item.id}", on_click=batch.cancel, args=([item],))
            return
        draw_retry(batch, item)
        st.button(
            f"Remove {_escape_markdown(name)}",
            key=f"remove_{item.id}",
            icon=":material/delete:",
            on_click=batch.remove,
            args=(item,),
        )


def _status_html(batch: Batch, item: Item) -> str:
    if item.status is Status.FAILED:
        return f'<strong class="failed">{html.escape(item.error)}</strong>'
    if item.result is not None:
        result = item.result
        status = f"{result.width:,} × {result.height:,} px · {megabytes(len(result.data))}"
    elif item.status is Status.CANCELLED:
        status = "Cancelled"
    else:
        status = "Working ..." if item.status is Status.WORKING else "Waiting"
    return "<br>".join(html.escape(line) for line in (status, *warnings(batch, item)))


def _draw_thumbnails(items: list[Item]) -> None:
    """Style each tile's button with its picture as background."""
    rules = [
        f".st-key-show_{item.id} button {{ background-image: url({item.thumbnail}) !important; }}"
        for item in items
        if item.thumbnail is not None
    ]
    st.html(f"<style>{''.join(rules)}</style>")


def _escape_markdown(name: str) -> str:
    return "".join(f"\\{c}" if c in r"\`*_{}[]()<>#+-!|$~:" else c for c in name)
