"""The text of the report, in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import jinja2
import PIL

from training.data.conditions import Condition
from training.report import curves, gains, tables
from training.report.tables import Row
from training.study.claims import STUDY_AIM


@dataclass(frozen=True, kw_only=True)
class Illustrations:
    """What the page shows besides its tables.

    Attributes
    ----------
    runs : mapping
        Title to the runs of a group.
    charts : mapping
        The same titles to PNG files with their training curves.
    gains : mapping
        Group of rows, as in `training.report.gains.groups`, to a PNG file.
    grids : mapping
        Title to a PNG file and the protocol of the numbers in it.
    crops : mapping
        Scale and condition of LR to a sheet of crops.
    three_ways : str
        Table of the study as written, tuned and claimed; empty where nothing ran as written.
    """

    runs: Mapping[str, Sequence[curves.Run]]
    charts: Mapping[str, Path]
    gains: Mapping[gains.Group, Path]
    grids: Mapping[str, tuple[Path, str]]
    crops: Mapping[tuple[int, Condition], Path]
    three_ways: str = ""


def page(rows: Sequence[Row], *, machine: str, missing: Sequence[str], illustrations: Illustrations) -> str:
    """Return the page of results.

    Parameters
    ----------
    rows : sequence of Row
        Sorted, as `training.report.tables.rows_of` returns them.
    machine : str
        The machine on which the seconds were measured, if they were.
    missing : sequence of str
        Networks and runs that are missing.
    illustrations : Illustrations
    """
    template = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=False,  # Markdown, without untrusted input
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        keep_trailing_newline=True,
    ).get_template("page.md")
    return template.render(
        precisions=sorted({row.precision for row in rows if row.precision}),
        missing=missing,
        machine=machine,
        illustrations=illustrations,
        study_aim=STUDY_AIM,
        pillow=PIL.__version__,
        sharpness=any(row.sharpness for row in rows),
        tables=[_table(group, list(table)) for group, table in groupby(_clean(rows), key=table_of)],
        gains=[
            (_title("JPEG and noise, ", group), illustrations.gains[group].name, gains.markdown(table))
            for group, table in gains.groups(rows).items()
        ],
        curves=[
            (title, file.name, curves.markdown(illustrations.runs[title]))
            for title, file in illustrations.charts.items()
        ],
    )


def summary(rows: Sequence[Row], *, link: str) -> str:
    """Return the front page's tables: Set5 on luma, largest scale first, then the study's pictures on RGB.

    `link` is that of the page of results.
    """
    parts = []
    for (scale, name, protocol), group in groupby(_clean(rows), key=table_of):
        on_front = protocol.startswith("luma") and name == "Set5" if scale > 1 else protocol.startswith("RGB")
        if on_front:
            parts.append(f"{name}, {_task(scale)}, {protocol}:\n\n{tables.markdown(list(group))}")
    # The rows begin with the smallest scale, the front page with what the app does.
    parts.reverse()
    parts.append(f"All sets and protocols, training curves and sample grids: [results]({link}).")
    return "\n\n".join(parts)


def table_of(row: Row) -> tuple[int, str, str]:
    """Return the group of a row: scale, pictures and protocol, which the rows of a table share."""
    return row.scale, row.pictures, row.protocol


def _table(group: tuple[int, str, str], rows: Sequence[Row]) -> dict[str, Any]:
    """Return a table and the data for the text below it."""
    return {
        "title": _title("", group),
        "text": tables.markdown(rows),
        "papers": sorted({row.paper.what for row in rows if row.paper}),
        "claimed": any(row.claimed for row in rows),
    }


def _title(what: str, group: tuple[int, str, str]) -> str:
    scale, pictures, protocol = group
    return f"{what}{pictures}, {_task(scale)}: {protocol}"


def _clean(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.is_clean]


def _task(scale: int) -> str:
    return f"×{scale}" if scale > 1 else "same size"
