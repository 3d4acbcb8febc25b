"""The charts of a dataset: what each shows, what it says here, and what would be alarming."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from training.charts import Histogram, Points, Series
from training.explore.conclusions import conclude
from training.explore.facts import Exploration
from training.explore.inspection import FileFacts


@dataclass(frozen=True, slots=True)
class Figure:
    """A chart and its interpretation.

    Attributes
    ----------
    name : str
        Of the PNG file.
    about : str
        The part of the page it belongs to.
    title : str
    says : str
        What this chart says of this dataset.
    alarming : str
        What it would look like if something were wrong.
    chart : Histogram or Points
    """

    name: str
    about: str
    title: str
    says: str
    alarming: str
    chart: Histogram | Points


def figures(found: Exploration) -> list[Figure]:
    """Return the charts there is data for."""
    if not found.hr:
        return []
    texts = {
        about: " ".join(one.text for one in conclude(found) if one.about == about)
        for about in ("brightness", "sharpness", "psnr")
    }
    return [*_sizes(found), *_nearest(found), *_tones(found, texts), *_scores(found, texts["psnr"])]


def _sizes(found: Exploration) -> Iterator[Figure]:
    sizes = {(file.height, file.width) for file in found.hr}
    if len(sizes) == 1:
        return
    sides = [min(file.height, file.width) for file in found.hr]
    yield Figure(
        "sizes",
        "files",
        "How large are the pictures?",
        f"The HR pictures come in {len(sizes):,} sizes; the shorter side is {min(sides):,} to "
        f"{max(sides):,} px.",
        "Pictures smaller than a training patch (its LR side times the scale), or a few that are far larger "
        "than all others and would fill most batches.",
        Points(
            "Sizes",
            "width, px",
            "height, px",
            [
                (name, [file.width for file in facts], [file.height for file in facts])
                for name, facts in _present(found)
            ],
        ),
    )


def _nearest(found: Exploration) -> Iterator[Figure]:
    if not found.nearest:
        return
    near = found.settings.near
    under = sum(bits <= near for bits in found.nearest)
    yield Figure(
        "nearest",
        "copies",
        "How alike are the most alike pictures?",
        f"In the median, a picture differs from the one most like it in {np.median(found.nearest):g} of 64 "
        f"bits; {under:,} of {len(found.nearest):,} lie at or under the threshold of {near} bits.",
        "A hump left of the dotted line: the set is full of copies, or of frames of the same film.",
        Histogram(
            "The picture most like each picture",
            "bits of the perceptual hash that differ, of 64",
            [Series("HR", found.nearest)],
            mark=(near, f"threshold, {near} bits"),
            steps=2,
        ),
    )


def _tones(found: Exploration, texts: dict[str, str]) -> Iterator[Figure]:
    lr = [pair.lr_tone for pair in found.pairs if pair.lr_tone]
    name = "LR" if found.scale == 1 else "LR, enlarged by bicubic"
    yield Figure(
        "brightness",
        "brightness",
        "How bright are the pictures?",
        texts["brightness"] or "No picture is black or white all over.",
        "Peaks at 0 or 255: pictures that are black or white all over."
        + (" LR and HR apart from each other: something changed the tones on the way." if lr else ""),
        Histogram(
            "Mean brightness",
            "mean luma in grey levels, black 0, white 255",
            [
                Series("HR", [file.tone.brightness for file in found.hr]),
                Series(name, [tone.brightness for tone in lr]),
            ],
        ),
    )
    yield Figure(
        "sharpness",
        "sharpness",
        "How much fine detail do they hold?",
        texts["sharpness"] or "Every picture holds detail to learn from.",
        "HR pictures at the left end: they are blurred or empty, and teach little."
        + (" LR as far to the right as HR: nothing was lost, or the two are swapped." if lr else ""),
        Histogram(
            "Sharpness",
            "mean gradient of luma, in grey levels a px",
            [
                Series("HR", [file.tone.sharpness for file in found.hr]),
                Series(name, [tone.sharpness for tone in lr]),
            ],
            logarithmic=True,
        ),
    )


def _scores(found: Exploration, text: str) -> Iterator[Figure]:
    scores = [pair.scores for pair in found.scored if pair.scores and np.isfinite(pair.scores.psnr)]
    if not scores:
        return
    protocol = found.protocol.short()
    yield Figure(
        "psnr",
        "psnr",
        "How far is LR from HR?",
        text,
        "A hump of its own far below the others, as wrongly paired pictures make; or pairs so close to HR "
        "that nothing is left to learn.",
        Histogram(
            "PSNR of LR against HR", f"PSNR in dB ({protocol})", [Series("pairs", [s.psnr for s in scores])]
        ),
    )
    similarity = [score.ssim for score in scores]
    yield Figure(
        "ssim",
        "psnr",
        "Is the structure of the pictures still there?",
        f"SSIM is {np.mean(similarity):.3f} on average, where 1 means unchanged; the worst pair has "
        f"{min(similarity):.3f}.",
        "Values near 0: LR shows something else, or is shifted against HR.",
        Histogram("SSIM of LR against HR", f"SSIM ({protocol})", [Series("pairs", similarity)]),
    )


def _present(found: Exploration) -> list[tuple[str, list[FileFacts]]]:
    return [(name, facts) for name, facts in (("HR", found.hr), ("LR", found.lr)) if facts]
