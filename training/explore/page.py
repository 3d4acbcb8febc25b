"""A self-contained page about a dataset: no script, and nothing that is fetched."""

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, get_args

import jinja2
import numpy as np

from training.explore import summary
from training.explore.conclusions import Conclusion, Level, counted
from training.explore.facts import UNLIKE, Exploration
from training.explore.figures import Figure
from training.explore.inspection import FileFacts
from training.explore.samples import MAGNIFIED, SIDE, Sample, jpeg, png, thumbnail

MOST_LISTED = 50
"""Problems and look-alikes listed on the page; summary.json has all."""

_THUMBNAIL = 64  # px

# Rows of the table of files, made from `summary.files`.
_FILES: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "pictures": lambda one: f"{one['pictures']:,}",
    "formats": lambda one: _tally(one["formats"]),
    "modes": lambda one: _tally(one["modes"]),
    "transparent in places": lambda one: f"{one['transparent_in_places']:,}",
    "sizes, height x width in px": lambda one: _sizes(one["sizes_height_x_width"]),
    "megapixels": lambda one: f"{one['pixels'] / 1e6:,.1f}",
    "MB": lambda one: f"{one['bytes'] / 1e6:,.1f}",
    "mean R, G, B of 0..255": lambda one: ", ".join(f"{value:.1f}" for value in one["mean_colour"]),
    "median brightness": lambda one: f"{one['brightness']['median']:.1f}",
    "median contrast": lambda one: f"{one['contrast']['median']:.1f}",
}


def page(
    found: Exploration,
    conclusions: Sequence[Conclusion],
    figures: Sequence[Figure],
    drawn: Mapping[str, tuple[bytes, bytes]],
    shown: Sequence[Sample],
) -> str:
    """Return the page as HTML.

    `drawn` maps the name of each figure to its chart as PNG, for a light and for a dark page.
    """
    levels = get_args(Level)
    return (
        _templates()
        .get_template("page.html")
        .render(
            name=found.folder.resolve().name,
            lead=_lead(found),
            found=found,
            conclusions=sorted(conclusions, key=lambda one: levels.index(one.level)),
            charts=[
                {"figure": one, "light": drawn[one.name][0], "dark": drawn[one.name][1]} for one in figures
            ],
            samples=shown,
        )
    )


def part(name: str, found: Exploration) -> str:
    """Return one part of the page as HTML: a macro of ``parts.html``, such as ``files`` or ``copies``."""
    return str(getattr(_templates().get_template("parts.html").module, name)(found)).strip()


@cache
def _templates() -> jinja2.Environment:
    """Return the templates, which escape all text, so that a file's name can never become markup."""
    templates = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.globals.update(
        counted=counted,
        file_rows=list(_FILES),
        magnified=MAGNIFIED,
        most_listed=MOST_LISTED,
        side=SIDE,
        unlike_bits=UNLIKE,
    )
    templates.filters.update(
        cell=lambda files, name: _FILES[name](files),
        decibels=lambda psnr: "∞" if math.isinf(psnr) else f"{psnr:.2f}",
        digits=lambda value, count: "–" if value is None else f"{value:.{count}f}",
        reduced=_reduced,
        scored=summary.scores,
        summed=summary.files,
        uri=_uri,
    )
    return templates


def _lead(found: Exploration) -> str:
    what = "pair" if found.lr else "picture"
    total = len(found.scan.pairs)
    lead = f"{counted(len(found.pairs), what)}, layout {found.scan.layout}"
    if found.lr:
        lead += f", scale ×{found.scale}"
    parts = dict.fromkeys(pair.split for pair in found.pairs if pair.split)
    if parts:
        sizes = (f"{sum(pair.split == part for pair in found.pairs):,} {part}" for part in parts)
        lead += f": {', '.join(sizes)}"
    lead += "."
    if len(found.pairs) < total:
        lead += f" A quick look at {len(found.pairs):,} of {total:,}, drawn at random; copies of the others "
        lead += "stay unseen."
    return lead + "".join(f" Note: {note}." for note in found.scan.notes)


def _tally(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {name}" for name, number in list(counts.items())[:4])


def _sizes(sizes: Mapping[str, int]) -> str:
    if len(sizes) > 3:
        return f"{len(sizes):,} different ones"
    return ", ".join(f"{count:,} of {size}" for size, count in sizes.items())


def _reduced(facts: FileFacts) -> np.ndarray:
    return thumbnail(facts.file, _THUMBNAIL)


def _uri(content: bytes | np.ndarray, *, lossless: bool = False) -> str:
    """Return a data URI of a PNG file or of pixels."""
    if isinstance(content, bytes):
        kind, data = "png", content
    else:
        kind, data = ("png", png(content)) if lossless else ("jpeg", jpeg(content))
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
