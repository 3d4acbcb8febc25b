"""One picture of the page "Upscale": what is seen of it, what was made, and its download."""

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
    """Return what will be made of a picture, and what that takes."""
    facts, estimate = item.facts, item.estimate
    if facts is None or estimate is None:
        return "Reading the picture ..."
    return (
        f"{_px(facts.width, facts.height)} → {_px(estimate.width, estimate.height)} · "
        f"about {duration(estimate.seconds)}"
    )


def outcome(item: Item, result: Result) -> str:
    """Return what was made of a picture, as Markdown."""
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
    """Draw a picture beside what was made of it, or alone while nothing is."""
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
    """Let a part of a picture be tried, and show it beside plain enlargement."""
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
    """Draw what can be done with a picture: have it, or try again."""
    alone = len(batch.items) == 1
    if item.download is not None and item.result is not None and alone:
        kind = FORMATS[item.result.request.output.format].name
        draw_share(item.download)
        draw_download(item.download, f"Download {kind}", primary=True)
    if alone:
        draw_again(batch, item)


def draw_again(batch: Batch, item: Item) -> None:
    """Draw a button to begin anew, where that may help."""
    label = {Status.CANCELLED: "Start again", Status.FAILED: "" if item.permanent else "Try again"}
    if said := label.get(item.status):
        st.button(said, key=f"again_{item.id}", on_click=batch.redo, args=([item],))


def warnings(batch: Batch, item: Item) -> list[str]:
    """Return what is to be told of a picture: what the chosen format loses of it, and a smaller size."""
    if item.facts is None or item.status is Status.FAILED:
        return []
    said = list(item.facts.losses[batch.request.output.format, batch.request.keep_metadata])
    plan = item.plan if item.result is None else item.result.plan
    return [plan.note, *said] if plan is not None and plan.note else said


def _px(width: int, height: int) -> str:
    """Write a size, with spaces at which no line ends."""
    return f"{width:,} × {height:,} px".replace(" ", "\N{NO-BREAK SPACE}")


def megabytes(size: int) -> str:
    """Write the size of a file."""
    return f"{size / 1e6:.1f} MB" if size >= 50_000 else f"{size / 1e3:.1f} kB"
