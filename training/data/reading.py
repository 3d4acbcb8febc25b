"""Pairs of an LR and an HR file -> checked arrays."""

from collections import defaultdict
from pathlib import Path

import numpy as np

from sr_core import resize
from sr_core.errors import MeasurementError, PictureError
from training.data import datasets
from training.data.datasets import Pair
from training.data.degradations import bicubic
from training.data.folders import duplicates as same_bytes
from training.data.scan import PairFiles, Scan


def duplicates(found: Scan) -> list[str]:
    """Name the files of one folder that hold the same bytes: an LR and its HR picture may."""
    of_folder: dict[Path, list[Path]] = defaultdict(list)
    for file in (file for pair in found.pairs for file in (pair.lr, pair.hr) if file):
        of_folder[file.parent].append(file)
    return [problem for files in of_folder.values() for problem in same_bytes(files, root=found.root)]


def load(
    files: PairFiles, *, root: Path, scale: int, cache: Path, side: int | None = None
) -> Pair | list[str]:
    """Read one pair through the cache, or say what is wrong with its files.

    Parameters
    ----------
    files : PairFiles
    root : Path
        What the files are named from.
    scale : int
        HR is this many times as large as LR.
    cache : Path
        Where the decoded arrays are kept.
    side : int, optional
        px. Both are resized to squares of this side.
    """
    sources = [file for file in (files.lr, files.hr) if file]
    # LR is part of what tells cached arrays apart: the same HR picture may stand in two layouts.
    made = datasets.identity(*sources, settings=f"paired {len(sources)} {scale} {side}")
    try:
        lr, hr = datasets.cached(made, cache, lambda: _read(files, root=root, scale=scale, side=side))
    except _UnusableError as error:
        return list(error.args)
    return Pair(files.name, lr, hr)


class _UnusableError(Exception):
    """The sentences about one pair."""


def _read(files: PairFiles, *, root: Path, scale: int, side: int | None) -> tuple[np.ndarray, np.ndarray]:
    arrays, problems = [], []
    for file in (files.hr, files.lr):
        if file is not None:
            try:
                # Only where LR is made from it may HR be cut to fit.
                arrays.append(datasets.read_opaque(file, multiple=1 if files.lr else scale))
            except (PictureError, MeasurementError) as error:
                problems.append(f"{file.relative_to(root).as_posix()}: {error}")
    if problems:
        raise _UnusableError(*problems)
    if files.lr is None:
        return bicubic(arrays[0], scale), arrays[0]
    hr, lr = arrays
    height, width = lr.shape[0] * scale, lr.shape[1] * scale
    if hr.shape[:2] != (height, width):
        swapped = scale > 1 and lr.shape[:2] == (hr.shape[0] * scale, hr.shape[1] * scale)
        raise _UnusableError(
            f"{files.hr.relative_to(root).as_posix()}: should be {height} x {width} px (height x width), "
            f"{scale} times its LR picture, and is {hr.shape[0]} x {hr.shape[1]} px"
            + (": the two are swapped" if swapped else "")
        )
    if side is not None:
        lr, hr = (resize.bicubic(array, side, side) for array in (lr, hr))
    return lr, hr
