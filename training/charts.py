"""Charts as PNG: histograms and scatter plots in the colours of a light and of a dark page.

Figures are created without pyplot: there is no global state, and no window ever opens.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any, Literal

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import LogLocator, MaxNLocator, NullFormatter, StrMethodFormatter

WIDTH, HEIGHT = 5.4, 3.4  # inches: narrow, so that text stays readable on a phone
DOTS_PER_INCH = 180
BINS = 40


@dataclass(frozen=True, slots=True)
class Theme:
    """Colours of a chart, as hexadecimal RGB.

    Attributes
    ----------
    paper, ink, line : str
        Background, text, and grid lines.
    series : tuple of str
        One for each series, distinguishable by colour-blind people.
    """

    paper: str
    ink: str
    line: str
    series: tuple[str, ...]


LIGHT = Theme(paper="#ffffff", ink="#24262d", line="#dcdee3", series=("#1f6fd1", "#c85a00", "#2b8a57"))
DARK = Theme(paper="#1b1d23", ink="#e6e8ec", line="#3a3e47", series=("#6aa9ff", "#ff9d4d", "#6fd39b"))


@dataclass(frozen=True, slots=True)
class Series:
    """Named values, all finite."""

    name: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Histogram:
    """A histogram whose series share the bins.

    Attributes
    ----------
    title, x_label : str
        The label includes the unit.
    series : sequence of Series
        The first is drawn as an area, the others as lines in front of it. Empty ones are left out.
    logarithmic : bool
        Bins grow by a factor; values that are not positive are counted in the first one.
    mark : (float, str) or None
        A value to mark with a vertical line, and its label.
    steps : float or None
        Width of a bin, for discrete values.
    """

    title: str
    x_label: str
    series: Sequence[Series]
    logarithmic: bool = False
    mark: tuple[float, str] | None = None
    steps: float | None = None

    def draw(self, theme: Theme) -> bytes:
        """Return the chart as PNG."""
        figure, axes = _axes(self.title, self.x_label, "pictures", theme)
        drawn = [series for series in self.series if len(series.values)]
        edges = self._edges(np.concatenate([np.asarray(series.values, float) for series in drawn]))
        if self.logarithmic:
            _logarithmic(axes, "x")
        for number, series in enumerate(drawn):
            # Values at or below the first edge belong to the first bin: zero has no logarithm.
            counts, _ = np.histogram(np.clip(series.values, edges[0], edges[-1]), edges)
            median = float(np.median(series.values))
            colour = theme.series[number]
            axes.stairs(
                counts,
                edges,
                fill=number == 0,
                color=colour,
                alpha=0.55 if number == 0 and len(drawn) > 1 else 0.9,
                linewidth=1.6,
                label=f"{series.name}, median {median:.3g}",
            )
            axes.axvline(median, color=colour, linewidth=1.2, linestyle=(0, (4, 2)))
        if self.mark:
            axes.axvline(self.mark[0], color=theme.ink, linewidth=1.2, linestyle=":", label=self.mark[1])
        axes.set_ylim(bottom=0)
        axes.yaxis.set_major_locator(MaxNLocator(nbins=7, integer=True))
        _legend(axes, theme)
        return png(figure)

    def _edges(self, values: np.ndarray) -> np.ndarray:
        low, high = float(values.min()), float(values.max())
        if self.logarithmic:
            low = float(values[values > 0].min(initial=max(high, 1.0)))
            return np.geomspace(low / 1.05, max(high, low) * 1.05, BINS + 1)
        if self.steps:
            low = np.floor(low / self.steps) * self.steps
            return np.arange(low - self.steps / 2, high + self.steps, self.steps)
        if high - low < 1e-9:
            low, high = low - 0.5, high + 0.5
        return np.linspace(low, high, BINS + 1)


@dataclass(frozen=True, slots=True)
class Points:
    """A scatter plot on two logarithmic axes; each series has a name, and positive x and y values."""

    title: str
    x_label: str
    y_label: str
    series: Sequence[tuple[str, Sequence[float], Sequence[float]]]

    def draw(self, theme: Theme) -> bytes:
        """Return the chart as PNG."""
        figure, axes = _axes(self.title, self.x_label, self.y_label, theme)
        _logarithmic(axes, "x")
        _logarithmic(axes, "y")
        for number, (name, x, y) in enumerate(self.series):
            colour = theme.series[number]
            axes.scatter(x, y, s=22, color=colour, alpha=0.55, edgecolors="none", label=name)
        axes.grid(axis="x", color=theme.line, linewidth=0.7)
        _legend(axes, theme)
        return png(figure)


def _axes(title: str, x_label: str, y_label: str, theme: Theme) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(WIDTH, HEIGHT), dpi=DOTS_PER_INCH, facecolor=theme.paper, layout="constrained")
    axes = figure.add_subplot()
    axes.set_facecolor(theme.paper)
    axes.set_axisbelow(True)
    axes.grid(axis="y", color=theme.line, linewidth=0.7)
    axes.tick_params(which="both", colors=theme.ink, labelsize=10, length=3)
    for side, spine in axes.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.line)
    figure.suptitle(title, x=0.02, ha="left", color=theme.ink, fontsize=11)
    axes.set_xlabel(x_label, color=theme.ink, fontsize=10)
    axes.set_ylabel(y_label, color=theme.ink, fontsize=10)
    return figure, axes


def _logarithmic(axes: Axes, which: Literal["x", "y"]) -> None:
    """Make an axis logarithmic, with plain numbers such as 0.5, 1, 2, 5."""
    axis = axes.xaxis if which == "x" else axes.yaxis
    axes.set(**{f"{which}scale": "log"})
    axis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axis.set_major_formatter(StrMethodFormatter("{x:g}"))
    axis.set_minor_formatter(NullFormatter())


def _legend(axes: Axes, theme: Theme) -> None:
    # Above the axes, where it hides nothing.
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=3,
        fontsize=9,
        labelcolor=theme.ink,
        frameon=False,
        borderaxespad=0.2,
        borderpad=0,
    )


def png(figure: Figure, **options: Any) -> bytes:
    """Return a figure as PNG; `options` are those of `Figure.savefig`."""
    buffer = BytesIO()
    figure.savefig(buffer, format="png", **options)
    return buffer.getvalue()
