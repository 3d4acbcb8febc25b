"""The results of the page "Compare"."""

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st

from service.comparing import Outcome
from service.comparison import Comparison
from service.layers import Layer
from sr_core import standard
from ui.components.compare_view import compare_grid, compare_layers
from ui.components.download import draw_download
from ui.components.markup import table
from ui.components.scores_table import decibels
from ui.components.settings import REMEMBERED

GRID, TWO = "All in a grid", "Two at a time"


def draw_results(comparison: Comparison) -> None:
    """Draw the results so far."""
    material = comparison.material
    if material is None:
        return
    outcomes = comparison.outcomes
    shown = st.segmented_control(
        "View",
        [GRID, TWO],
        default=GRID,
        required=True,
        key="view",
        label_visibility="collapsed",
        **REMEMBERED,
    )
    plain, networks = _captioned(material.bicubic), [_captioned(outcome) for outcome in outcomes]
    original = [] if material.original is None else [material.original]
    subject = f"{comparison.subject.name} {plain.id}"
    if shown == TWO:
        after = [*networks, *original, plain]
        # While bicubic is the only result, compare it with the small picture itself.
        first = [plain, material.pixels] if len(after) > 1 else [material.pixels, plain]
        before = [*first, *networks, *original]
        compare_layers(before, after, key="compare_two", separate=True, subject=subject, spot=material.spot)
    else:
        compare_grid([*original, plain, *networks], key="compare_grid", subject=subject, spot=material.spot)
    _draw_numbers(comparison, [material.bicubic, *outcomes])
    _draw_downloads([material.bicubic, *outcomes])


def _captioned(outcome: Outcome) -> Layer:
    facts = [outcome.duration]
    if outcome.scores is not None:
        facts += [f"{decibels(outcome.scores.psnr)} dB", f"{outcome.scores.ssim:.4f}"]
    return replace(outcome.layer, caption=" · ".join(facts))


def _draw_numbers(comparison: Comparison, outcomes: Sequence[Outcome]) -> None:
    measured = comparison.subject.shrink
    heads = ["", "Time", *(["PSNR, dB", "SSIM"] if measured else []), "File"]
    protocol = standard(comparison.subject.scale)
    st.html(
        table(
            f"In numbers: {protocol.short()}." if measured else "In numbers.",
            heads,
            [_row(outcome) for outcome in outcomes],
            more=f"{protocol.describe()} Higher is better." if measured else "",
        )
    )


def _row(outcome: Outcome) -> list[str]:
    scores = outcome.scores
    numbers = [] if scores is None else [decibels(scores.psnr), f"{scores.ssim:.4f}"]
    return [outcome.title, outcome.duration, *numbers, f"{outcome.file_bytes / 1e3:,.0f} kB"]


def _draw_downloads(outcomes: Sequence[Outcome]) -> None:
    with st.container(horizontal=True, gap="small"):
        for outcome in outcomes:
            draw_download(outcome.download, f"Download {outcome.title}")
