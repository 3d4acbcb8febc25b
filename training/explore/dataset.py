"""Explore a dataset before training on it: measure every file, compare every pair, find copies.

Nothing is raised about single pictures: what is wrong with them is part of the result. Each worker decodes
one picture at a time, so a folder of any size needs the memory of its largest pictures only.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TypeVar

import numpy as np

from sr_core import metrics, resize
from sr_core.errors import MeasurementError, SuperResError
from sr_core.metrics import Protocol
from sr_core.pixels import Pixels
from training.data import folders, layouts
from training.data.scan import PairFiles, Scan
from training.explore import fingerprints
from training.explore.facts import Alike, Exploration, Other, PairFacts, Settings
from training.explore.fingerprints import Match
from training.explore.inspection import FileFacts, inspect, tone

MOST_ALIKE = 10_000
"""Look-alikes that are kept: a folder of copies of one picture has millions."""

Log = Callable[[str, int, int], None]
"""Receives the name of a folder, the number of its pictures that are done, and of all."""

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
# The folders of Kaggle's dataset that hold pairs.
_KAGGLE_PARTS = ("Raw Data", "train", "val")

# A picture, and the split it belongs to.
_Placed = tuple[FileFacts, str]


def explore(folder: Path, settings: Settings, *, log: Log = lambda name, done, total: None) -> Exploration:
    """Measure a dataset, and compare it with the folders that `settings` name.

    Raises
    ------
    DatasetError
        A folder holds no picture, or does not have the layout.
    OptionError
        The layout does not have that scale, or there is no such split.
    """
    layout = settings.layout or layout_of(folder)
    scale = settings.scale or (1 if layout == "kaggle" else 4)
    protocol = metrics.STUDY if scale == 1 else metrics.standard(scale)
    found = layouts.scan(folder, layout=layout, scale=scale)
    compared = [(other, folders.picture_files([other])) for other in settings.against]
    measure = partial(_measure, root=found.root, scale=scale, protocol=protocol)
    measured = _each(folder.name, _drawn(_divided(found, settings), settings), measure, settings, log)
    pairs = tuple(pair for pair, _ in measured)
    problems = [*found.problems, *(problem for _, several in measured for problem in several)]
    hr = [(pair.hr, pair.split) for pair in pairs if pair.hr]
    prints = [facts.fingerprint for facts, _ in hr]
    return Exploration(
        folder=folder,
        settings=settings,
        scan=found,
        scale=scale,
        protocol=protocol,
        pairs=pairs,
        alike=_alike(fingerprints.matches(prints, near=settings.near), hr, hr),
        nearest=tuple(fingerprints.nearest(prints)),
        others=tuple(_compare(hr, other, files, settings, log) for other, files in compared),
        problems=tuple(folders.in_order(problems)),
    )


def layout_of(folder: Path) -> str:
    """Infer a folder's layout from the folders that it holds."""
    raw = [root / part / "high_res" for root in (folder, folder / "dataset") for part in _KAGGLE_PARTS]
    if any(path.is_dir() for path in raw):
        return "kaggle"
    if any((folder / f"DIV2K_{part}_HR").is_dir() for part in ("train", "valid")):
        return "div2k"
    return "photos"


def _divided(found: Scan, settings: Settings) -> list[tuple[PairFiles, str]]:
    """Return each pair with the split it belongs to; photos are not split."""
    if found.layout == "photos":
        return [(files, "") for files in found.pairs]
    divided = layouts.divide(found.pairs, split=settings.split, seed=settings.seed)
    split_of = {files: part for part, several in divided.items() for files in several}
    return [(files, split_of[files]) for files in found.pairs]


def _drawn(pairs: Sequence[_Item], settings: Settings) -> Sequence[_Item]:
    if settings.limit is None:
        return pairs
    places = np.random.default_rng(settings.seed).permutation(len(pairs))[: settings.limit]
    return [pairs[place] for place in np.sort(places)]


def _each(
    name: str,
    items: Sequence[_Item],
    act: Callable[[_Item], _Result],
    settings: Settings,
    log: Log,
) -> list[_Result]:
    """Apply `act` to each item in threads; return the results in order."""
    results: list[_Result] = []
    with ThreadPoolExecutor(max_workers=settings.workers) as pool:
        for result in pool.map(act, items):
            results.append(result)
            log(name, len(results), len(items))
    return results


def _measure(
    placed: tuple[PairFiles, str], *, root: Path, scale: int, protocol: Protocol
) -> tuple[PairFacts, list[str]]:
    """Measure one pair; return the facts, and what is wrong with it."""
    files, split = placed
    problems: list[str] = []
    hr, original = _inspected(files.hr, root, problems)
    lr, small = _inspected(files.lr, root, problems) if files.lr else (None, None)
    pair = PairFacts(files.name, split, hr, lr)
    if hr is None or lr is None or original is None or small is None:
        return pair, problems
    pair = replace(pair, unlike=fingerprints.distance(hr.fingerprint, lr.fingerprint))
    try:
        enlarged = _enlarged(small, scale, original)
        scores = metrics.measure(original, enlarged, protocol)
    except MeasurementError as error:
        return pair, [f"{hr.name}: {error}"]
    return replace(pair, lr_tone=lr.tone if scale == 1 else tone(enlarged), scores=scores), problems


def _inspected(file: Path, root: Path, problems: list[str]) -> tuple[FileFacts, Pixels] | tuple[None, None]:
    """Inspect a file; if it cannot be read, add the reason to `problems`."""
    name = file.relative_to(root).as_posix()
    try:
        return inspect(file, name=name)
    except SuperResError as error:
        problems.append(f"{name}: {error}")
        return None, None


def _enlarged(small: Pixels, scale: int, original: Pixels) -> Pixels:
    """Return LR enlarged to HR's size by bicubic, the baseline that networks must beat."""
    height, width = small.shape[0] * scale, small.shape[1] * scale
    if original.shape[:2] != (height, width):
        raise MeasurementError(
            f"HR should be {height} x {width} px (height x width), {scale} times its LR picture; "
            f"it is {original.shape[0]} x {original.shape[1]} px."
        )
    return resize.upscale(small, scale)


def _compare(
    hr: Sequence[_Placed], folder: Path, files: Sequence[Path], settings: Settings, log: Log
) -> Other:
    """Find look-alikes of the pictures `hr` in another folder."""
    # A picture is no copy of itself.
    own = {facts.file for facts, _ in hr}
    foreign = [file for file in files if file.resolve() not in own]
    problems: list[str] = []
    inspected = _each(
        folder.name,
        foreign,
        lambda file: _inspected(file, folder, problems)[0],
        settings,
        log,
    )
    others = [(facts, folder.name) for facts in inspected if facts]
    prints = [[facts.fingerprint for facts, _ in placed] for placed in (hr, others)]
    matches = fingerprints.matches(*prints, near=settings.near)
    return Other(folder, len(others), _alike(matches, hr, others), tuple(folders.in_order(problems)))


def _alike(matches: Iterable[Match], ones: Sequence[_Placed], others: Sequence[_Placed]) -> tuple[Alike, ...]:
    """Return the matches as pairs of pictures: equal ones first, then by distance."""
    alike = []
    for match in islice(matches, MOST_ALIKE):
        (one, one_split), (other, other_split) = ones[match.one], others[match.other]
        alike.append(Alike(one, other, (one_split, other_split), match))
    return tuple(sorted(alike, key=lambda pair: (not pair.match.exact, pair.match.distance or 0)))
