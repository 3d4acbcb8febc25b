"""The layouts of a dataset's folder, and its parts for training, validation and test.

``photos``  plain folders of HR pictures; LR is made from them.
``kaggle``  the study's dataset: LR and HR files of one size, which the study split in two ways.
``div2k``   DIV2K: a training and a validation part, with LR files for each scale.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from sr_core.errors import DatasetError, OptionError
from training.data import datasets
from training.data.datasets import Pair
from training.data.folders import duplicates, matches, picture_files, refusal
from training.data.scan import PairFiles, Scan, scan_div2k, scan_kaggle
from training.measures import check_scorable

LAYOUTS = ("photos", "kaggle", "div2k")
SPLITS = ("index", "shuffled")
PARTS = ("training", "validation", "test")

# px. The study resized every picture to a square of this side.
STUDY_SIDE = 256

# The study trained on its first 700 pictures and validated on the next 130.
STUDY_ENDS = (700, 830)

# The names that DIV2K and Kaggle's renumbered copy give their own parts.
_OWN_PARTS = {"train": "training", "val": "validation", "valid": "validation"}


@dataclass(frozen=True)
class Splits:
    """The parts of a dataset; those that the layout lacks or that were not asked for are empty."""

    training: list[Pair] = field(default_factory=list)
    validation: list[Pair] = field(default_factory=list)
    test: list[Pair] = field(default_factory=list)


def scan(folder: Path, *, layout: str, scale: int) -> Scan:
    """List a dataset's pairs by their names alone, without reading a picture.

    The layout kaggle has scale 1 only, div2k every other scale.

    Raises
    ------
    DatasetError
        The folder is not laid out that way, or holds no picture.
    OptionError
        There is no such layout, or it does not have that scale.
    """
    if layout not in LAYOUTS:
        raise OptionError(f"A layout is one of {', '.join(LAYOUTS)}. Received: {layout!r}")
    if not folder.is_dir():
        raise DatasetError(f"There is no folder of pictures at this path. Received: {folder}")
    if layout == "kaggle":
        return scan_kaggle(folder, scale=scale)
    if layout == "div2k":
        return scan_div2k(folder, scale=scale)
    files = picture_files([folder])
    pairs = tuple(PairFiles(file.relative_to(folder).as_posix(), None, file) for file in files)
    return Scan(layout, pairs, (), (), folder)


def load(
    layout: str,
    folders: Sequence[Path],
    *,
    scale: int,
    cache: Path,
    split: str = "index",
    seed: int = 1,
    exclude: Sequence[str] = (),
    parts: Sequence[str] = PARTS,
    log: Callable[[str], Any] = print,
) -> Splits:
    """Read and check a dataset's pairs, and return them by part.

    All pictures are decoded straight to RGB by `sr_core.files`; the study read BGR through OpenCV and
    converted it, with the same result. Kaggle's pictures of another size are resized to 256 x 256 px, as in
    the study (there by OpenCV; here by antialiased bicubic).

    Parameters
    ----------
    layout : {"photos", "kaggle", "div2k"}
    folders : sequence of Path
        Several for photos, else one.
    scale : int
    cache : Path
        Where the decoded arrays are kept (3 bytes a pixel); reused by later calls.
    split : {"index", "shuffled"}
        Of Kaggle's ``Raw Data``: the first 700 pictures for training, the next 130 for validation, and the
        rest for the test; or 80, 10 and 10 % of them, drawn at random.
    seed : int
        Of the draw.
    exclude : sequence of str
        File name patterns of HR pictures to leave out of training.
    parts : sequence of {"training", "validation", "test"}
        What to read.
    log : callable
        Receives remarks on the dataset, a line at a time.

    Returns
    -------
    Splits
        Photos are one part: training.

    Raises
    ------
    DatasetError
        Names every file that is unpaired, unreadable, transparent, a duplicate, or of a wrong size.
    OptionError
        As `scan`, for an unknown split, and for a cache that cannot be written to.
    """
    if layout == "photos":
        _require_reduction(scale)
        return Splits(datasets.pairs(folders, scale=scale, cache=cache, exclude=exclude, log=log))
    folder = _single(folders, layout)
    found = scan(folder, layout=layout, scale=scale)
    divided = divide(found.pairs, split=split, seed=seed)
    divided["training"] = [p for p in divided["training"] if not matches(p.hr.name, exclude)]
    read = partial(
        datasets.read_pair,
        scale=scale,
        cache=cache,
        root=found.root,
        side=STUDY_SIDE if layout == "kaggle" else None,
    )
    wanted = [(part, files) for part in PARTS if part in parts for files in divided[part]]
    loaded, problems = datasets.gather([files for _, files in wanted], read)
    problems = [*found.problems, *_duplicates(found), *problems]
    if problems:
        raise refusal(problems, received=folder)
    for note in found.notes:
        log(f"{folder.name}: {note}")
    result = Splits()
    for (part, _), pair in zip(wanted, loaded, strict=True):
        getattr(result, part).append(pair)
    return result


def held_out(
    layout: str,
    folders: Sequence[Path],
    *,
    scale: int,
    cache: Path,
    split: str = "index",
    seed: int = 1,
    log: Callable[[str], Any] = print,
) -> tuple[str, Iterable[Pair]]:
    """Return the pictures to score on, each large enough for that, behind a name for them.

    These are the test part of a dataset, or else its validation part; of photos all, read one by one without
    the cache. Parameters and errors are those of `load`.
    """

    def check(hr: np.ndarray) -> None:
        check_scorable(hr, scale)

    name = ", ".join(folder.name or folder.resolve().name for folder in folders)
    if layout == "photos":
        _require_reduction(scale)
        return name, datasets.whole_pictures(folders, scale=scale, check=check, log=log)
    found = scan(_single(folders, layout), layout=layout, scale=scale)
    divided = divide(found.pairs, split=split, seed=seed)
    part = "test" if divided["test"] else "validation"
    splits = load(layout, folders, scale=scale, cache=cache, split=split, seed=seed, parts=[part], log=log)
    pairs: list[Pair] = getattr(splits, part)
    if not pairs:
        raise DatasetError(f"This dataset has no pictures to score on. Received: {folders[0]}")
    if problems := datasets.problems_with(pairs, check):
        raise refusal(problems, received=folders[0])
    drawn = ", shuffled" if split == "shuffled" and not found.pairs[0].part else ""
    return f"{name} {part}{drawn}", pairs


def divide(pairs: Sequence[PairFiles], *, split: str, seed: int) -> dict[str, list[PairFiles]]:
    """Divide pairs into training, validation and test, by their own part if any, else by `split`.

    Raises
    ------
    OptionError
        There is no such split.
    """
    if split not in SPLITS:
        raise OptionError(f"A split is one of {', '.join(SPLITS)}. Received: {split!r}")
    if any(pair.part for pair in pairs):
        divided: dict[str, list[PairFiles]] = {part: [] for part in PARTS}
        for pair in pairs:
            divided[_OWN_PARTS[pair.part]].append(pair)
        return divided
    order, (first, second) = np.arange(len(pairs)), STUDY_ENDS
    if split == "shuffled":
        order = np.random.default_rng(seed).permutation(len(pairs))
        first, second = len(pairs) * 8 // 10, len(pairs) * 9 // 10
    places = (order[:first], order[first:second], order[second:])
    return {part: [pairs[i] for i in np.sort(place)] for part, place in zip(PARTS, places, strict=True)}


def _duplicates(found: Scan) -> list[str]:
    """Name the files of one folder that hold the same bytes: an LR and its HR picture may."""
    of_folder: dict[Path, list[Path]] = defaultdict(list)
    for file in (file for pair in found.pairs for file in (pair.lr, pair.hr) if file):
        of_folder[file.parent].append(file)
    return [problem for files in of_folder.values() for problem in duplicates(files, root=found.root)]


def _require_reduction(scale: int) -> None:
    if scale == 1:
        raise OptionError(
            "The layout photos makes LR pictures by shrinking, which at scale 1 changes nothing; choose "
            "--scale 2, 3 or 4, or a dataset with LR pictures of its own. Received: 1"
        )


def _single(folders: Sequence[Path], layout: str) -> Path:
    if len(folders) != 1:
        received = ", ".join(map(str, folders))
        raise OptionError(f"The layout {layout} takes one folder. Received: {received}")
    return folders[0]
