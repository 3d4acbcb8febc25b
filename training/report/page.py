"""The text of the report, in Markdown."""

from collections.abc import Mapping, Sequence
from itertools import groupby
from pathlib import Path

from training.report import tables
from training.report.published import SET5
from training.report.tables import Row

_INTRODUCTION = """# Results

Written by `python -m training report` from the cards in `weights/` and `docs/results/study/`, and from the
histories of the runs. Every number is a mean over the pictures of a set. The same rows, with all digits, are
in [results.csv](results.csv) and [results.json](results.json)."""

_SPEED = "Seconds per megapixel of the result: {machine}; all networks by turns in one run, best of three."

_CURVES = """The dotted line is where the weights were taken. Training patches are drawn where the detail is
(not in the study's runs), so their error lies above that of whole pictures. The gap, where it was measured,
is by how many dB whole training pictures are restored better than validation pictures."""

_GRIDS = """Each detail of {detail} x {detail} px is where its picture has most gradient; the number below is
the PSNR of the whole picture. No network was trained on these pictures."""


def page(
    rows: Sequence[Row],
    *,
    machine: str,
    charts: Mapping[str, Path],
    pictures: Mapping[str, Path],
    detail: int,
) -> str:
    """Return the page of results.

    Parameters
    ----------
    rows : sequence of Row
        Sorted, as `training.report.tables.rows_of` returns them.
    machine : str
        Where the seconds were measured, if they were.
    charts, pictures : mapping
        Title to the file of a loss curve or of a sample grid.
    detail : int
        Side of what the grids show, in HR px.
    """
    parts = [_INTRODUCTION]
    for (scale, name, protocol), group in groupby(rows, key=table_of):
        table = list(group)
        parts += [f"## {name}, {_task(scale)}: {protocol}", tables.markdown(table)]
        papers = {SET5[row.architecture, scale].what for row in table if row.published}
        if papers:
            parts.append("Published: " + "; ".join(sorted(papers)) + ".")
    if machine:
        parts.append(_SPEED.format(machine=machine))
    for title, file in charts.items():
        parts += [f"## Loss curves, {title}", f"![Loss curves, {title}]({file.name})"]
    if charts:
        parts.append(_CURVES)
    for title, file in pictures.items():
        parts += [f"## Samples, {title}", f"![Details of the sample pictures, {title}]({file.name})"]
    if pictures:
        parts.append(_GRIDS.format(detail=detail))
    return "\n\n".join(parts) + "\n"


def summary(rows: Sequence[Row]) -> str:
    """Return the tables for the front page: Set5 at each scale on luma, and the study's pictures on RGB."""
    parts = []
    for (scale, name, protocol), group in groupby(rows, key=table_of):
        wanted = protocol.startswith("luma") and name == "Set5" if scale > 1 else protocol.startswith("RGB")
        if wanted:
            parts.append(f"{name}, {_task(scale)}, {protocol}:\n\n{tables.markdown(list(group))}")
    return "\n\n".join(parts)


def table_of(row: Row) -> tuple[int, str, str]:
    """Return what the rows of one table share: scale, pictures, protocol."""
    return row.scale, row.pictures, row.protocol


def _task(scale: int) -> str:
    return f"×{scale}" if scale > 1 else "same size"
