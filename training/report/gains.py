"""The gain over bicubic on JPEG and noisy pictures: tables and a plot."""

from collections.abc import Callable, Mapping, Sequence
from itertools import groupby
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sr_core.files import write_bytes
from training.charts import png
from training.data.conditions import Condition
from training.report import document
from training.report.tables import BICUBIC, Row

Group = tuple[int, str, str]
"""Scale, pictures and protocol."""

_COLOURS = "#1f6fd1", "#c85a00", "#2b8a57", "#8a4fbf"  # distinguishable by colour-blind people

_LOSSLESS = 103  # position in the plot of pictures that were not stored as JPEG

# Title of a table to its cell for a row, given bicubic's row of the same input.
_MEASURES: Mapping[str, Callable[[Row, Row], str]] = {
    "PSNR, dB: of bicubic, and by how much more than that": lambda row, bicubic: (
        f"{row.psnr:.2f}" if row is bicubic else f"{row.psnr - bicubic.psnr:+.2f}"
    ),
    "SSIM": lambda row, _: f"{row.ssim:.4f}",
    "Sharpness": lambda row, _: "" if row.sharpness is None else f"{row.sharpness:.2f}",
    "GMSD": lambda row, _: "" if row.gmsd is None else f"{row.gmsd:.4f}",
}


def groups(rows: Sequence[Row]) -> dict[Group, list[Row]]:
    """Return the rows of each group of pictures that were also measured as JPEG or with noise.

    Methods measured only on clean pictures, and self-ensemble, are left out.
    """
    found = {}
    for group, every in groupby(sorted(rows, key=_group), key=_group):
        plain = [row for row in every if not row.self_ensemble]
        methods = {row.method for row in plain if not row.is_clean}
        if methods:
            found[group] = [row for row in plain if row.method in methods]
    return found


def markdown(rows: Sequence[Row]) -> str:
    """Return the tables of one group in Markdown, with a line for each method and a column for each input."""
    methods = _by_method(rows)
    bicubic = methods[BICUBIC]
    parts = []
    for title, cell in _MEASURES.items():
        lines = [
            [method, *(cell(measured[name], bicubic[name]) if name in measured else "" for name in bicubic)]
            for method, measured in methods.items()
        ]
        parts.append(f"{title}:\n\n{document.table(['method', *bicubic], lines)}")
    return "\n\n".join(parts)


def draw(rows: Sequence[Row], file: Path) -> None:
    """Plot the gain over bicubic against JPEG quality and against noise into a PNG file."""
    methods = _by_method(rows)
    bicubic = methods.pop(BICUBIC)
    figure = Figure(figsize=(9.2, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for colour, (method, measured) in zip(_COLOURS, methods.items(), strict=False):
        gain = {Condition.named(name): row.psnr - bicubic[name].psnr for name, row in measured.items()}
        style = {"color": colour, "marker": "o", "markersize": 3.5, "lw": 1.6, "label": method}
        saved = {c.quality or _LOSSLESS: y for c, y in gain.items() if c.sigma is None}
        noisy = {c.sigma or 0.0: y for c, y in gain.items() if c.quality is None}
        left.plot(list(saved), list(saved.values()), **style)
        right.plot(list(noisy), list(noisy.values()), **style)
    _label(left, "LR stored as JPEG: quality")
    _label(right, "noise on LR: sigma, of 255")
    ticks = sorted({c.quality or _LOSSLESS for c in map(Condition.named, bicubic) if c.sigma is None})
    left.set_xticks(ticks, ["PNG" if tick == _LOSSLESS else f"{tick:g}" for tick in ticks])
    left.invert_xaxis()
    left.set_ylabel("PSNR over bicubic, dB", fontsize=9)
    # Without Matplotlib's version, so that the same numbers give the same bytes.
    write_bytes(file, png(figure, dpi=130, metadata={"Software": None}))


def name_of(group: Group) -> str:
    """Return the file name of a group's plot."""
    scale, pictures, _ = group
    return f"gains_{pictures.replace(' ', '_')}_x{scale}.png"


def _group(row: Row) -> Group:
    # JPEG and noisy pictures are measured under the first protocol of a scale only.
    return row.scale, row.pictures, row.protocol


def _by_method(rows: Sequence[Row]) -> dict[str, dict[str, Row]]:
    """Return the rows by method, bicubic first, and input, in order."""
    ordered = sorted(rows, key=lambda row: (row.method != BICUBIC, Condition.named(row.input).order))
    methods: dict[str, dict[str, Row]] = {}
    for row in ordered:
        methods.setdefault(row.method, {})[row.input] = row
    return methods


def _label(panel: Axes, label: str) -> None:
    panel.axhline(0, color="#777", lw=1)
    panel.annotate("bicubic", (0.01, 0), xycoords=("axes fraction", "data"), fontsize=8, va="bottom")
    panel.set_xlabel(label, fontsize=9)
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.legend(fontsize=8, frameon=False)
