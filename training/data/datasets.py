"""Files of pictures -> validated (LR, HR) pairs of arrays."""

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from sr_core import pixels, resize
from sr_core.errors import MeasurementError, PictureError
from sr_core.files import read
from training.data import cache as arrays
from training.data.degradations import DEGRADATIONS, bicubic
from training.data.folders import duplicates, picture_files, refusal
from training.data.scan import PairFiles

Source = TypeVar("Source")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One picture in both resolutions.

    Attributes
    ----------
    name : str
        For messages and tables.
    lr : ndarray
        ``(h, w, 3)`` uint8 RGB.
    hr : ndarray
        ``(h*scale, w*scale, 3)`` uint8 RGB.
    """

    name: str
    lr: np.ndarray
    hr: np.ndarray


def pairs(
    folders: Sequence[Path],
    *,
    scale: int,
    cache: Path,
    exclude: Sequence[str] = (),
    degradation: str = "bicubic",
    log: Callable[[str], Any] = lambda line: None,
) -> list[Pair]:
    """Make (LR, HR) pairs from plain folders of HR pictures.

    Parameters
    ----------
    folders : sequence of Path
        Searched with their sub-folders.
    scale : int
        HR is cropped at the bottom and right to a multiple of it.
    cache : Path
        Where the decoded arrays are kept (3 bytes a pixel); reused by later runs.
    exclude : sequence of str
        File name patterns to leave out, e.g. pictures that are shown as samples.
    degradation : str
        A key of `training.data.degradations.DEGRADATIONS`.
    log : callable
        Receives a line for each folder in which files were skipped.

    Raises
    ------
    DatasetError
        Names every picture that is unreadable, transparent or a duplicate.
    OptionError
        The cache cannot be written to.
    """
    files = picture_files(folders, exclude=exclude, log=log)
    read_one = partial(read_pair, scale=scale, cache=cache, degradation=degradation)
    loaded, problems = gather([PairFiles(file.name, None, file) for file in files], read_one)
    _refuse([*duplicates(files), *problems], folders)
    return loaded


def gather(
    sources: Sequence[Source], load: Callable[[Source], Pair | list[str]]
) -> tuple[list[Pair], list[str]]:
    """Load all `sources` on every core; return the pairs, and what is wrong with the others."""
    arrays.allow_open_files(2 * len(sources))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(load, sources))
    loaded = [result for result in results if isinstance(result, Pair)]
    return loaded, [problem for result in results if isinstance(result, list) for problem in result]


def read_pair(
    files: PairFiles,
    *,
    scale: int,
    cache: Path,
    root: Path | None = None,
    side: int | None = None,
    degradation: str = "bicubic",
) -> Pair | list[str]:
    """Read one pair through the cache, or return what is wrong with its files, a sentence each.

    Parameters
    ----------
    files : PairFiles
    scale : int
        HR is this many times as large as LR.
    cache : Path
        Where the decoded arrays are kept.
    root : Path, optional
        Folder that messages name the files relative to; by default they give the file's name alone.
    side : int, optional
        px. Both are resized to squares of this side.
    degradation : str
        How LR is made from HR where it has no file.
    """
    # LR is part of the key: the same HR picture may belong to two layouts.
    sources = [file for file in (files.lr, files.hr) if file]
    settings = f"paired {len(sources)} {scale} {side}" if files.lr else f"{scale} {degradation}"
    key = arrays.identity(*sources, settings=settings)

    def decode() -> tuple[np.ndarray, np.ndarray]:
        return _decode(files, scale=scale, root=root, side=side, degradation=degradation)

    try:
        lr, hr = arrays.mapped(key, cache, decode)
    except _UnusableError as error:
        return list(error.args)
    return Pair(files.name, lr, hr)


class _UnusableError(Exception):
    """What is wrong with one pair, a sentence each."""


def _decode(
    files: PairFiles, *, scale: int, root: Path | None, side: int | None, degradation: str
) -> tuple[np.ndarray, np.ndarray]:
    """Return the LR and HR arrays of a pair, or raise `_UnusableError`."""

    def named(file: Path) -> str:
        return file.relative_to(root).as_posix() if root else file.name

    decoded, problems = [], []
    for file in (files.hr, files.lr):
        if file is not None:
            try:
                # Only where LR is made from it may HR be cropped.
                decoded.append(read_opaque(file, multiple=1 if files.lr else scale))
            except (PictureError, MeasurementError) as error:
                problems.append(f"{named(file)}: {error}")
    if problems:
        raise _UnusableError(*problems)
    if files.lr is None:
        [hr] = decoded
        return DEGRADATIONS[degradation](hr, scale), hr
    hr, lr = decoded
    height, width = lr.shape[0] * scale, lr.shape[1] * scale
    if hr.shape[:2] != (height, width):
        swapped = scale > 1 and lr.shape[:2] == (hr.shape[0] * scale, hr.shape[1] * scale)
        raise _UnusableError(
            f"{named(files.hr)}: should be {height} x {width} px (height x width), "
            f"{scale} times its LR picture, and is {hr.shape[0]} x {hr.shape[1]} px"
            + (": the two are swapped" if swapped else "")
        )
    if side is not None:
        lr, hr = (resize.bicubic(array, side, side) for array in (lr, hr))
    return lr, hr


def read_opaque(file: Path, *, multiple: int = 1) -> np.ndarray:
    """Read a picture as ``(H, W, 3)`` uint8 RGB, its sides cropped to multiples of `multiple`.

    Raises
    ------
    PictureError
        It cannot be read, or is transparent somewhere; an alpha channel that is opaque everywhere is allowed.
    """
    content = read(file)
    if content.alpha is not None and content.alpha.min() < pixels.full_scale(content.alpha.dtype):
        raise PictureError("The picture is transparent in places, and LR and HR pictures are opaque.")
    return resize.crop_to_multiple(pixels.eight_bit(content.pixels), multiple)


def whole_picture(file: Path, *, scale: int) -> Pair:
    """Read one HR picture and make its LR picture by bicubic reduction.

    Raises
    ------
    PictureError
        As `read_opaque`.
    """
    hr = read_opaque(file, multiple=scale)
    return Pair(file.name, bicubic(hr, scale), hr)


def whole_pictures(
    folders: Sequence[Path],
    *,
    scale: int,
    check: Callable[[np.ndarray], Any] = lambda hr: None,
    log: Callable[[str], Any] = lambda line: None,
) -> Iterator[Pair]:
    """Yield pairs one by one without a cache, for evaluation, after reading each picture once to check it.

    Parameters
    ----------
    folders, scale, log
        As for `pairs`.
    check : callable
        Raises a `MeasurementError` for an HR picture that cannot be used.

    Raises
    ------
    DatasetError
        As `pairs`, and for what `check` raises, before the first one is returned.
    """
    files = picture_files(folders, log=log)

    def problems_of(file: Path) -> list[str]:
        try:
            check(read_opaque(file, multiple=scale))
        except (PictureError, MeasurementError) as error:
            return [f"{file.name}: {error}"]
        return []

    _, problems = gather(files, problems_of)
    _refuse([*duplicates(files), *problems], folders)
    return (whole_picture(file, scale=scale) for file in files)


def problems_with(pairs: Iterable[Pair], check: Callable[[np.ndarray], Any]) -> list[str]:
    """Return a sentence for each pair for whose HR picture `check` raises a `MeasurementError`."""
    problems = []
    for pair in pairs:
        try:
            check(pair.hr)
        except MeasurementError as error:
            problems.append(f"{pair.name}: {error}")
    return problems


def evenly_spread(pairs: Sequence[Pair], count: int) -> list[Pair]:
    """Return `count` of the pairs, evenly spread, or all if there are fewer."""
    count = min(count, len(pairs))
    return [pairs[i * len(pairs) // count] for i in range(count)]


def _refuse(problems: Sequence[str], folders: Sequence[Path]) -> None:
    if problems:
        raise refusal(problems, received=", ".join(map(str, folders)))
