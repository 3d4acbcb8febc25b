"""Scores as HTML tables and as CSV."""

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence

from service.measurements import Mean, Measurements, passes
from service.methods import Method
from service.sample import Sample
from sr_core import ACCEPTABLE_PSNR, Protocol, Scores
from ui.components.markup import table

_HEADS = ("", "PSNR, dB", f"{ACCEPTABLE_PSNR:g} dB", "SSIM", "MSE", "MAE")

NUMBERS: Mapping[str, Callable[[Scores], str]] = {
    "PSNR": lambda scores: f"{decibels(scores.psnr)} {'✓' if passes(scores) else '✗'}",
    "SSIM": lambda scores: f"{scores.ssim:.4f}",
    "MSE": lambda scores: f"{scores.mse:.2f}",
    "MAE": lambda scores: f"{scores.mae:.3f}",
}
"""The metrics, each with a function that formats it for a compact table."""

CSV_COLUMNS = ("picture", "task", "scale", "method", "weights", "protocol", "channel", "shave_px")
CSV_COLUMNS += ("width_px", "height_px", "psnr_db", "ssim", "mse", "mae", "reaches_30_db")


def of_one(measurements: Measurements, sample: Sample, methods: Sequence[Method], protocol: Protocol) -> str:
    """Return the table of one picture: a row for each method with scores."""
    rows = []
    for method in methods:
        scores = measurements.scores(sample, method).get(protocol)
        if scores is not None:
            verdict = "✓ passed" if passes(scores) else "✗ not passed"
            rows.append(_row(method, scores, verdict))
    return table(f"{_caption(protocol)}.", _HEADS, rows, more=protocol.describe())


def of_means(
    measurements: Measurements, samples: Sequence[Sample], methods: Sequence[Method], protocol: Protocol
) -> str:
    """Return the table of the means over pictures: a row for each method."""
    rows = []
    for method in methods:
        mean = measurements.mean(method, protocol, over=samples)
        rows.append(_row(method, mean, f"{mean.passed} of {mean.count}"))
    of = "1 picture" if len(samples) == 1 else f"{len(samples)} pictures"
    caption = f"{_caption(protocol)}, mean of {of}."
    return table(caption, _HEADS, rows, more=protocol.describe())


def of_pictures(
    measurements: Measurements, methods: Sequence[Method], protocol: Protocol, number: str
) -> str:
    """Return the table of one metric, a key of `NUMBERS`: a row per picture, a column per method."""
    rows = []
    for sample in measurements.accepted(methods[0].scale):
        cells = [measurements.scores(sample, method).get(protocol) for method in methods]
        rows.append((sample.name, *("…" if cell is None else NUMBERS[number](cell) for cell in cells)))
    unit = f", dB; ✓ reaches {ACCEPTABLE_PSNR:g} dB, ✗ does not" if number == "PSNR" else ""
    titles = [method.title for method in methods]
    return table(f"{number} of each picture{unit}", ("Picture", *titles), rows, more=f"{_caption(protocol)}.")


def as_csv(measurements: Measurements, methods: Sequence[Method]) -> str:
    """Return all scores of `methods`, one row per picture, method and protocol, in full precision."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for sample in measurements.accepted(methods[0].scale):
        for method in methods:
            for scores in measurements.scores(sample, method).values():
                writer.writerow(_csv_row(measurements, sample, method, scores))
    return text.getvalue()


def decibels(psnr: float) -> str:
    """Format a PSNR without its unit; that of identical pictures is infinite."""
    return "∞" if math.isinf(psnr) else f"{psnr:.2f}"


def _row(method: Method, scores: Scores | Mean, verdict: str) -> tuple[str, ...]:
    numbers = f"{scores.ssim:.4f}", f"{scores.mse:.2f}", f"{scores.mae:.3f}"
    return method.title, decibels(scores.psnr), verdict, *numbers


def _caption(protocol: Protocol) -> str:
    return protocol.short()[0].upper() + protocol.short()[1:]


def _csv_row(
    measurements: Measurements, sample: Sample, method: Method, scores: Scores
) -> tuple[object, ...]:
    facts = measurements.facts[sample.key, method.scale]
    # A spreadsheet would evaluate a name that begins like this as a formula.
    name = f"'{sample.name}" if sample.name.startswith(("=", "+", "-", "@", "\t", "\r")) else sample.name
    return (
        name,
        "original shrunk" if sample.small is None else "pair",
        method.scale,
        method.title,
        "" if method == Method.baseline(method.scale) else method.name,
        scores.protocol.describe(),
        scores.protocol.channel,
        scores.protocol.shave,
        *facts.original,
        # repr() gives the shortest text that reads back as the same number; infinity is "inf".
        *(repr(number) for number in (scores.psnr, scores.ssim, scores.mse, scores.mae)),
        passes(scores),
    )
