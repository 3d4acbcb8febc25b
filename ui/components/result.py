"""One picture of the page "Upscale": its view, its facts and its download."""

import html

import streamlit as st

from service.batch import Batch
from service.item import Item, Status
from service.result import Result
from sr_core.files.formats import FORMATS
from ui.components.compare_view.view import compare_layers
from ui.components.download import draw_download, draw_share
from ui.components.progress import duration
from ui.components.region import choose_region

ACTIVE = (Status.WAITING, Status.WORKING)


def expectation(item: Item) -> str:
    """Return the expected size and duration of an enlargement, in words."""
    facts, estimate = item.facts, item.estimate
    if facts is None or estimate is None:
        return "Reading the picture ..."
    return (
        f"{_px(facts.width, facts.height)} → {_px(estimate.width, estimate.height)} · "
        f"about {duration(estimate.seconds)}"
    )


def outcome(item: Item, result: Result) -> str:
    """Return the facts of a result, as Markdown."""
    scale = result.plan.target.scale
    small = "" if item.facts is None else f"{_px(item.facts.width, item.facts.height)} → "
    facts = [
        f"×{scale}" if scale else "",
        FORMATS[result.request.output.format].name,
        f"{small}**{_px(result.width, result.height)}**",
        "" if result.plan.dpi is None else f"{result.plan.dpi:.0f} dpi",
        megabytes(len(result.data)),
        f"{result.seconds:.1f} s",
        str(result.cleaned),
    ]
    return " · ".join(filter(None, facts))


def draw_view(batch: Batch, item: Item) -> None:
    """Draw the before/after view of a picture, or the picture alone until there is a result."""
    if item.poster is not None and (item.part is not None or item.status is Status.READY):
        _draw_part(batch, item)
    elif item.preview is not None:
        compare_layers(
            item.preview.before,
            item.preview.after,
            key="upscale_view",
            subject=str(item.id),
            spot=item.preview.spot,
        )
    elif item.poster is not None:
        st.html(f'<img class="poster" src="{item.poster}" alt="{html.escape(item.name)}">')
    elif item.status is not Status.FAILED:
        st.html('<div class="poster"></div>')


def _draw_part(batch: Batch, item: Item) -> None:
    """Let a part of the picture be tried, and draw its before/after view."""
    whole, tried = st.columns(2, gap="medium") if item.part is not None else (st.container(), None)
    with whole:
        pressed = choose_region(item)
    if pressed is not None:
        batch.try_part(item, top=pressed[0], left=pressed[1])
    if item.part is not None and tried is not None:
        with tried:
            part = item.part
            compare_layers([part.before], [part.after], key="upscale_part", subject=part.after.id)


def draw_actions(batch: Batch, item: Item) -> None:
    """Draw the buttons to download, share or redo a single picture."""
    alone = len(batch.items) == 1
    if item.download is not None and item.result is not None and alone:
        kind = FORMATS[item.result.request.output.format].name
        draw_share(item.download)
        draw_download(item.download, f"Download {kind}", primary=True)
    if alone:
        draw_retry(batch, item)


def draw_retry(batch: Batch, item: Item) -> None:
    """Draw a button to start again, unless that is pointless."""
    labels = {Status.CANCELLED: "Start again", Status.FAILED: "" if item.permanent else "Try again"}
    if label := labels.get(item.status):
        st.button(label, key=f"again_{item.id}", on_click=batch.redo, args=([item],))


def warnings(batch: Batch, item: Item) -> list[str]:
    """Return warnings about a smaller size than requested, and about what the chosen format loses."""
    if item.facts is None or item.status is Status.FAILED:
        return []
    losses = list(item.facts.losses[batch.request.output.format, batch.request.keep_metadata])
    plan = item.plan if item.result is None else item.result.plan
    return [plan.note, *losses] if plan is not None and plan.note else losses


def _px(width: int, height: int) -> str:
    """Format a size, with spaces that do not break lines."""
    return f"{width:,} × {height:,} px".replace(" ", "\N{NO-BREAK SPACE}")


def megabytes(size: int) -> str:
    """Format the size of a file."""
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} kB"
