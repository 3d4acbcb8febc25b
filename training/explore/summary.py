"""Every number found in a dataset, as plain data for ``summary.json``."""

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from training.explore.conclusions import conclude
from training.explore.facts import Alike, Exploration, PairFacts
from training.explore.inspection import FileFacts

MEASURES = ("psnr", "ssim", "mse", "mae")


def summary(found: Exploration) -> dict[str, Any]:
    """Return all facts; numbers that do not exist or are infinite are None."""
    settings = found.settings
    return {
        "folder": str(found.folder),
        "layout": found.scan.layout,
        "scale": found.scale,
        "protocol": found.protocol.short(),
        "settings": {**asdict(settings), "against": [str(folder) for folder in settings.against]},
        "notes": list(found.scan.notes),
        "conclusions": [asdict(conclusion) for conclusion in conclude(found)],
        "problems": list(found.problems),
        "hr": files(found.hr),
        "lr": files(found.lr),
        "scores": {name: scores(pairs) for name, pairs in found.by_split.items()},
        "nearest_bits": statistics(found.nearest),
        "alike": [_alike(pair) for pair in found.alike],
        "against": [
            {
                "folder": str(other.folder),
                "pictures": other.pictures,
                "alike": [_alike(pair) for pair in other.alike],
                "problems": list(other.problems),
            }
            for other in found.others
        ],
        "pairs": [_pair(pair) for pair in found.pairs],
    }


def statistics(values: Iterable[float]) -> dict[str, float | int | None]:
    """Return count, mean, standard deviation, least, median and greatest of the finite values."""
    finite = np.array([value for value in values if math.isfinite(value)], float)
    names = ("mean", "sd", "least", "median", "greatest")
    if not len(finite):
        return {"count": 0, **dict.fromkeys(names)}
    numbers = (finite.mean(), finite.std(), finite.min(), np.median(finite), finite.max())
    return {"count": len(finite), **{n: _rounded(float(v)) for n, v in zip(names, numbers, strict=True)}}


def files(facts: Sequence[FileFacts]) -> dict[str, Any]:
    """Summarise the files of one resolution."""
    sizes = Counter(f"{file.height} x {file.width}" for file in facts)
    return {
        "pictures": len(facts),
        "bytes": sum(file.file_bytes for file in facts),
        "pixels": sum(file.height * file.width for file in facts),
        "formats": dict(Counter(file.file_format for file in facts).most_common()),
        "modes": dict(Counter(file.mode for file in facts).most_common()),
        "sizes_height_x_width": dict(sizes.most_common()),
        "transparent_in_places": sum(file.see_through > 0 for file in facts),
        "shorter_side_px": statistics(min(file.height, file.width) for file in facts),
        "mean_colour": [_rounded(float(v)) for v in np.mean([file.colour for file in facts], axis=0)]
        if facts
        else None,
        "brightness": statistics(file.tone.brightness for file in facts),
        "contrast": statistics(file.tone.contrast for file in facts),
        "sharpness": statistics(file.tone.sharpness for file in facts),
    }


def scores(pairs: Sequence[PairFacts]) -> dict[str, Any]:
    """Summarise PSNR (dB), SSIM, MSE and MAE of LR against HR."""
    known = [pair.scores for pair in pairs if pair.scores]
    return {
        "identical": sum(math.isinf(one.psnr) for one in known),
        **{name: statistics(getattr(one, name) for one in known) for name in MEASURES},
    }


def _pair(pair: PairFacts) -> dict[str, Any]:
    known = pair.scores
    return {
        "name": pair.name,
        "split": pair.split,
        "hr": _file(pair.hr),
        "lr": _file(pair.lr),
        "lr_sharpness_at_hr_size": _rounded(pair.lr_tone.sharpness) if pair.lr_tone else None,
        "unlike_bits": pair.unlike,
        **{
            name: _rounded(getattr(known, name)) if known else None for name in ("psnr", "ssim", "mse", "mae")
        },
    }


def _file(facts: FileFacts | None) -> dict[str, Any] | None:
    if facts is None:
        return None
    print_ = facts.fingerprint
    return {
        "name": facts.name,
        "format": facts.file_format,
        "bytes": facts.file_bytes,
        "height": facts.height,
        "width": facts.width,
        "mode": facts.mode,
        "see_through": _rounded(facts.see_through),
        "colour": [_rounded(value) for value in facts.colour],
        **{name: _rounded(value) for name, value in asdict(facts.tone).items()},
        "pixels_sha256": print_.digest,
        "phash": None if print_.phash is None else f"{print_.phash:016x}",
    }


def _alike(pair: Alike) -> dict[str, Any]:
    return {
        "one": pair.one.name,
        "other": pair.other.name,
        "splits": list(pair.splits),
        "bits": pair.match.distance,
        "exact": pair.match.exact,
        "turned": pair.match.turned,
    }


def _rounded(value: float) -> float | None:
    return round(value, 4) if math.isfinite(value) else None
