"""The text of the report, in Markdown."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

import PIL

from training.data.conditions import Condition
from training.report import curves, gains, tables
from training.report.tables import Row
from training.study.claims import STUDY_AIM

_INTRODUCTION = """# Results

Written by `python -m training report` from the cards in `weights/` and `docs/results/study/`, and from the
histories of the runs. Every score is a mean over the pictures of a set, computed in {precision}. The same
rows, with all digits, are in [results.csv](results.csv) and [results.json](results.json)."""

_SPEED = "Seconds per megapixel of the result: {machine}; all networks by turns in one run, best of three."

_CURVES = """The curves are of all runs that made the weights of a network, one behind the other, as far as
their histories are known; a grey line is where one begins, at a higher rate than the one before had ended
with. The table is of the last of them: steps before are those of the runs before it, which its card names.
The dotted line is where the weights were taken. Training patches are drawn where the detail is (in the
study's runs only against the discriminator), so their error lies above that of whole pictures; while a run
minimised MSE, which is not comparable, they are left out. Of a run against a discriminator the L1 part of
its loss is drawn. The over-fitting gap, where it was measured, is by how many dB the weights that were kept
restore whole training pictures better than validation pictures; part of it is that the two are not equally
hard."""

_GRIDS = """The frame marks the detail, of {detail} x {detail} px: where the enlarged LR picture has most
gradient. Below it stand the PSNR ({protocol}) and the sharpness of the whole picture. No network was trained
on these pictures."""

_THREE_WAYS = """RGB with the border, on the study's test pictures. As written is the recipe `as-written`, the
study to the letter; tuned is the best that was trained here for the same pictures; claimed is what the study
states, without a protocol. The gap is the over-fitting gap of the weights that were kept, in dB."""

_SHARPNESS = """Sharpness is the mean gradient magnitude of luma over that of the original: below 1 the result
is blurred, and at 1 as sharp as the original, whether or not its detail is the right one. A network trained
against a discriminator gives up PSNR for it."""


_GMSD = """GMSD is how unevenly edges are off from those of the original: 0 for equal pictures, and the less
the better. A picture that is a little soft everywhere has less than one with grain drawn as worms, or with
skin ironed out between sharp edges, which PSNR and SSIM prefer to noise."""

_GAINS = """LR is stored as JPEG by Pillow {pillow}, with colours subsampled 4:2:0, before it is restored; or
it gets Gaussian noise of that sigma, of one seed, clipped and rounded to 8 bits."""

_CROPS = """Twenty details at 1:1, of CID22's validation pictures, on which no network was trained, and of
text, line art and screens drawn in code. The originals of those of film have its grain. The sheets are
stored as WebP of quality 95."""


@dataclass(frozen=True, kw_only=True)
class Illustrations:
    """What the page shows beside its tables.

    Attributes
    ----------
    runs : mapping
        Title to the runs of a group, and to ``charts`` of the same title their training curves.
    charts : mapping
        Title to a PNG file.
    gains : mapping
        Group of rows, as `training.report.gains.groups` tells them apart, to a PNG file.
    grids : mapping
        Title to a PNG file and the protocol of the numbers in it.
    crops : mapping
        State of LR to its sheet of crops.
    detail : int
        Side of what the grids show, in HR px.
    three_ways : str
        Table of the study as written, tuned and claimed; empty where nothing ran as written.
    """

    runs: Mapping[str, Sequence[curves.Run]]
    charts: Mapping[str, Path]
    gains: Mapping[gains.Group, Path]
    grids: Mapping[str, tuple[Path, str]]
    crops: Mapping[Condition, Path]
    detail: int
    three_ways: str = ""


def page(rows: Sequence[Row], *, machine: str, missing: Sequence[str], shown: Illustrations) -> str:
    """Return the page of results.

    Parameters
    ----------
    rows : sequence of Row
        Sorted, as `training.report.tables.rows_of` returns them.
    machine : str
        Where the seconds were measured, if they were.
    missing : sequence of str
        What there is not.
    shown : Illustrations
    """
    precisions = sorted({row.precision for row in rows if row.precision})
    parts = [_INTRODUCTION.format(precision=" or ".join(precisions))]
    if missing:
        parts.append("Not there yet: " + "; ".join(missing) + ".")
    for (scale, name, protocol), group in groupby(_clean(rows), key=table_of):
        table = list(group)
        parts += [f"## {name}, {_task(scale)}: {protocol}", tables.markdown(table)]
        papers = {row.paper.what for row in table if row.paper}
        if papers:
            parts.append("Published: " + "; ".join(sorted(papers)) + ".")
        if any(row.claimed for row in table):
            parts.append(STUDY_AIM)
    if shown.three_ways:
        parts += ["## The study as written, tuned and claimed", _THREE_WAYS, shown.three_ways]
    if any(row.sharpness for row in rows):
        parts.append(_SHARPNESS)
    for (scale, name, protocol), table in gains.groups(rows).items():
        title = f"JPEG and noise, {name}, {_task(scale)}: {protocol}"
        picture = shown.gains[scale, name, protocol].name
        parts += [f"## {title}", f"![{title}]({picture})", gains.markdown(table)]
    if shown.gains:
        parts += [_GMSD, _GAINS.format(pillow=PIL.__version__)]
    if machine:
        parts.append(_SPEED.format(machine=machine))
    for title, file in shown.charts.items():
        parts += [f"## Training curves, {title}", f"![Training curves, {title}]({file.name})"]
        parts.append(curves.markdown(shown.runs[title]))
    if shown.charts:
        parts.append(_CURVES)
    for title, (file, protocol) in shown.grids.items():
        parts += [f"## Samples, {title}", f"![Details of the sample pictures, {title}]({file.name})"]
        parts.append(_GRIDS.format(detail=shown.detail, protocol=protocol))
    if shown.crops:
        parts.append("## Crops at 1:1")
        parts += [f"![Crops, LR {name}]({file.name})" for name, file in shown.crops.items()]
        parts.append(_CROPS)
    return "\n\n".join(parts) + "\n"


def summary(rows: Sequence[Row], *, link: str) -> str:
    """Return the front page's tables: Set5 on luma, largest scale first, then the study's pictures on RGB.

    `link` leads to the page of results.
    """
    parts = []
    for (scale, name, protocol), group in groupby(_clean(rows), key=table_of):
        wanted = protocol.startswith("luma") and name == "Set5" if scale > 1 else protocol.startswith("RGB")
        if wanted:
            parts.append(f"{name}, {_task(scale)}, {protocol}:\n\n{tables.markdown(list(group))}")
    # The rows begin with the smallest scale; the front page begins with what the app does.
    parts.reverse()
    parts.append(f"All sets and protocols, training curves and sample grids: [results]({link}).")
    return "\n\n".join(parts)


def table_of(row: Row) -> tuple[int, str, str]:
    """Return what the rows of one table share: scale, pictures, protocol."""
    return row.scale, row.pictures, row.protocol


def _clean(rows: Sequence[Row]) -> list[Row]:
    return [row for row in rows if row.is_clean]


def _task(scale: int) -> str:
    return f"×{scale}" if scale > 1 else "same size"
