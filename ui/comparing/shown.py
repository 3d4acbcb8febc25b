"""What the page "Compare" shows of its results."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import streamlit as st

from sr_core import standard
from ui.batch_list import duration
from ui.compare_view import Layer, compare_grid, compare_layers
from ui.comparing.comparison import Comparison, Outcome
from ui.controls import REMEMBERED
from ui.measuring.scores_table import decibels
from ui.tables import table

# Seconds between two looks at the worker.
_LOOK_EVERY = 0.5

GRID, TWO = "All in a grid", "Two at a time"


def draw_results(comparison: Comparison) -> None:
    """Draw what there is so far."""
    basics = comparison.basics
    if basics is None:
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
    plain, networks = _captioned(basics.bicubic), [_captioned(outcome) for outcome in outcomes]
    original = [] if basics.original is None else [basics.original]
    if shown == TWO:
        after = [*networks, plain, *original]
        compare_layers([plain, basics.pixels, *networks, *original], after, key="compare_two", apart=True)
    else:
        compare_grid([*original, plain, *networks], key="compare_grid")
    _draw_numbers(comparison, [basics.bicubic, *outcomes])
    _draw_downloads(comparison, [basics.bicubic, *outcomes])


def _captioned(outcome: Outcome) -> Layer:
    said = [outcome.took]
    if outcome.scores is not None:
        said += [f"{decibels(outcome.scores.psnr)} dB", f"{outcome.scores.ssim:.4f}"]
    return replace(outcome.layer, caption=" · ".join(said))


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
    return [outcome.title, outcome.took, *numbers, f"{len(outcome.file) / 1e3:,.0f} kB"]


def _draw_downloads(comparison: Comparison, outcomes: Sequence[Outcome]) -> None:
    with st.container(horizontal=True, gap="small"):
        for outcome in outcomes:
            st.download_button(
                f"Download {outcome.title}",
                # Called when it is clicked: bytes would be hashed in every run of the page.
                lambda outcome=outcome: outcome.file,
                file_name=file_name(comparison, outcome),
                mime="image/png",
                on_click="ignore",
                icon=":material/download:",
                key=f"compare_download_{outcome.title}",
            )


def file_name(comparison: Comparison, outcome: Outcome) -> str:
    """Return what a result is called, such as ``photo_x4_srcnn.png``."""
    stem = Path(comparison.subject.name).stem or "picture"
    method = "".join(letter if letter.isalnum() else "_" for letter in outcome.title.lower())
    return f"{stem}_x{comparison.subject.scale}_{method}.png"


@st.fragment(run_every=_LOOK_EVERY)
def follow(comparison: Comparison, drawn: int) -> None:
    """Tell how far it is, again and again; draw the page anew when something has changed.

    Parameters
    ----------
    comparison : Comparison
    drawn : int
        The version of the comparison that is on the page.
    """
    if comparison.version != drawn:
        st.rerun()
    current, progress = comparison.current, comparison.progress
    done, total = len(comparison.outcomes), len(comparison.outcomes) + len(comparison.missing)
    which = "" if current is None else f"{current.method.title} ({done + 1} of {total}): "
    if comparison.note or progress is None:
        st.progress(0.0, text=which + (comparison.note or "Starting ..."))
        return
    left = "" if progress.remaining is None else f", about {duration(progress.remaining)} left"
    st.progress(progress.done / progress.total, text=f"{which}enlarging{left} ...")
