"""Figures of the report: training curves, and details restored by each network."""

import html
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import streamlit as st

from service.report import Curves, Sample

if TYPE_CHECKING:
    import altair as alt

# Line colours in order; their contrast with the backgrounds of both themes is at least 3:1.
_COLOURS = ("#3b82c4", "#d1642c", "#80878f")
_HEIGHT = 240


def draw_curves(charts: Sequence[Curves], *, columns: int = 3) -> None:
    """Draw one chart per network, under a common legend."""
    labels = dict.fromkeys(label for curves in charts for label in curves.lines)
    colours = dict(zip(labels, _COLOURS, strict=False))
    st.html(
        '<p class="curves">'
        + "".join(
            f'<span><i style="background: {colour}"></i>{html.escape(label)}</span>'
            for label, colour in colours.items()
        )
        + "</p>"
    )
    for begin in range(0, len(charts), columns):
        for column, curves in zip(st.columns(columns), charts[begin : begin + columns], strict=False):
            with column:
                st.markdown(f"**{curves.title}**")
                st.altair_chart(_chart(curves, colours), width="stretch", height=_HEIGHT)
                st.caption("; ".join(curves.said))


def _chart(curves: Curves, colours: Mapping[str, str]) -> "alt.LayerChart | alt.FacetChart":
    import altair as alt  # takes a second, which the other pages must not pay

    points = [
        {"step": step, "error": error, "of": label, "run": run}
        for label, lines in curves.lines.items()
        for run, line in enumerate(lines)
        for step, error in line
        if curves.low <= error <= curves.high
    ]
    rules = [{"step": step, "kind": "begin"} for step in curves.begins]
    rules += [] if curves.kept is None else [{"step": curves.kept, "kind": "kept"}]
    lines = (
        alt.Chart(alt.Data(values=points))
        .mark_line(strokeWidth=1.5, point=alt.OverlayMarkDef(size=12))
        .encode(
            x=alt.X("step:Q", title="steps", scale=alt.Scale(zero=False, nice=False)),
            y=alt.Y("error:Q", title="error", scale=alt.Scale(domain=[curves.low, curves.high])),
            color=alt.Color(
                "of:N", scale=alt.Scale(domain=list(colours), range=list(colours.values())), legend=None
            ),
            detail="run:N",
        )
    )
    marks = (
        alt.Chart(alt.Data(values=rules))
        .mark_rule(opacity=0.7)
        .encode(
            x="step:Q",
            strokeDash=alt.StrokeDash(
                "kind:N", scale=alt.Scale(domain=["begin", "kept"], range=[[1, 0], [2, 3]]), legend=None
            ),
            color=alt.value(_COLOURS[-1]),
        )
    )
    return alt.layer(marks, lines)


def draw_samples(samples: Sequence[Sample]) -> None:
    """Draw each picture with its restored details beside it, or below it on narrow screens."""
    st.html("".join(_sample(sample) for sample in samples))


def _sample(sample: Sample) -> str:
    panels = "".join(
        f"<figure>{_image(panel.detail, f'The detail: {panel.title}')}<figcaption>"
        f"<strong>{html.escape(panel.title)}</strong><br>{html.escape(panel.scores)}</figcaption></figure>"
        for panel in sample.panels
    )
    whole = _image(sample.whole, "The picture, with a frame around the detail")
    return f'<div class="sample"><div>{whole}</div><div class="details">{panels}</div></div>'


def _image(source: str, alt: str) -> str:
    return f'<img src="{html.escape(source)}" alt="{html.escape(alt)}">'
