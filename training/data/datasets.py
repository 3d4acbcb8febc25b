"""Folders of pictures -> validated (LR, HR) pairs.

Pairs are kept as raw arrays in a cache folder and memory-mapped, so that a training step crops a few
patches without decoding anything, and a dataset larger than the memory is no problem.
"""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from sr_core import pixels, resize
from sr_core.errors import DatasetError, MeasurementError, PictureError
from sr_core.files import read
from training import storage
from training.data.degradations import DEGRADATIONS
from training.data.folders import duplicates, picture_files, refusal

# Part of every cache file's name: raise it when the way LR is made changes.
CACHE_VERSION = 1


Source = TypeVar("Source")


@dataclass(frozen=True, slots=True, eq=False)
class Pair:
    """One picture in both resolutions.

    Attributes
    ----------
    name : str
        Path inside its folder, for messages and tables.
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
        Receives a line for each folder in which files were passed over.

    Raises
    ------
    DatasetError
        Names every picture that is unreadable, transparent or a duplicate.
    OptionError
        The cache cannot be written to.
    """
    files = picture_files(folders, exclude=exclude, log=log)

    def load(file: Path) -> Pair | list[str]:
        try:
            return _load(file, scale=scale, cache=cache, degradation=degradation)
        except (PictureError, MeasurementError) as error:
            return [f"{file.name}: {error}"]

    loaded, problems = gather(files, load)
    _refuse([*duplicates(files), *problems], folders)
    return loaded


def gather(
    sources: Sequence[Source], load: Callable[[Source], Pair | list[str]]
) -> tuple[list[Pair], list[str]]:
    """Load all `sources` on every core; return the pairs, and what is wrong with the others."""
    _allow_open_files(2 * len(sources))
    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:
        results = list(pool.map(load, sources))
    loaded = [result for result in results if isinstance(result, Pair)]
    return loaded, [problem for result in results if isinstance(result, list) for problem in result]


def problems_with(pairs: Iterable[Pair], check: Callable[[np.ndarray], Any]) -> list[str]:
    """Return a sentence for each pair whose HR picture `check` raises a `MeasurementError` for."""
    problems = []
    for pair in pairs:
        try:
            check(pair.hr)
        except MeasurementError as error:
            problems.append(f"{pair.name}: {error}")
    return problems


def read_opaque(file: Path, *, multiple: int = 1) -> np.ndarray:
    """Read a picture as ``(H, W, 3)`` uint8 RGB, its sides cropped to multiples of `multiple`.

    Raises
    ------
    PictureError
        It cannot be read, or is transparent somewhere; an opaque alpha channel may be there.
    """
    content = read(file)
    if content.alpha is not None and content.alpha.min() < pixels.full_scale(content.alpha.dtype):
        raise PictureError("The picture is transparent in places, and LR and HR pictures are opaque.")
    return resize.crop_to_multiple(pixels.eight_bit(content.pixels), multiple)


def whole_pictures(
    folders: Sequence[Path],
    *,
    scale: int,
    degradation: str = "bicubic",
    check: Callable[[np.ndarray], Any] = lambda hr: None,
    log: Callable[[str], Any] = lambda line: None,
) -> Iterator[Pair]:
    """Return pairs one after the other without a cache, for evaluation; each picture was read once before.

    Parameters
    ----------
    folders, scale, degradation, log
        As for `pairs`.
    check : callable
        Raises a `MeasurementError` for an HR picture that cannot be used.

    Raises
    ------
    DatasetError
        As `pairs`, and for what `check` raises, before the first one is returned.
    """
    files = picture_files(folders, log=log)

    def look(file: Path) -> list[str]:
        try:
            check(read_opaque(file, multiple=scale))
        except (PictureError, MeasurementError) as error:
            return [f"{file.name}: {error}"]
        return []

    _, problems = gather(files, look)
    _refuse([*duplicates(files), *problems], folders)
    return (whole_picture(file, scale=scale, degradation=degradation) for file in files)


def identity(*files: Path, settings: str) -> str:
    """Return what tells arrays made from these files, as they are now, from all others."""
    stats = [(file.resolve(), file.stat()) for file in files]
    dated = " ".join(f"{file} {stat.st_size} {stat.st_mtime_ns}" for file, stat in stats)
    return f"{CACHE_VERSION} {dated} {settings}"


def cached(
    identity: str, cache: Path, make: Callable[[], tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Map the LR and HR arrays of that identity into memory, after making them if the cache lacks them.

    Raises
    ------
    DatasetError
        The system allows too few open files: each mapped array holds one.
    OptionError
        The cache cannot be written to.
    """
    stem = cache / hashlib.sha256(identity.encode()).hexdigest()[:24]
    lr_file, hr_file = stem.with_suffix(".lr.npy"), stem.with_suffix(".hr.npy")
    if not (lr_file.exists() and hr_file.exists()):
        lr, hr = make()
        with storage.writing(cache, option="--cache"):
            cache.mkdir(parents=True, exist_ok=True)
            _save(hr_file, hr)
            _save(lr_file, lr)
    try:
        return np.load(lr_file, mmap_mode="r"), np.load(hr_file, mmap_mode="r")
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        raise DatasetError(
            "The system allows a process too few open files for so many pictures, of which each takes two; "
            "raise the limit (ulimit -n)."
        ) from error


def _refuse(problems: Sequence[str], folders: Sequence[Path]) -> None:
    if problems:
        raise refusal(problems, received=", ".join(map(str, folders)))


def whole_picture(file: Path, *, scale: int, degradation: str = "bicubic") -> Pair:
    """Read one HR picture and make its LR picture.

    Raises
    ------
    PictureError
        As `read_opaque`.
    """
    hr = read_opaque(file, multiple=scale)
    return Pair(file.name, DEGRADATIONS[degradation](hr, scale), hr)


def _load(file: Path, *, scale: int, cache: Path, degradation: str) -> Pair:
    def make() -> tuple[np.ndarray, np.ndarray]:
        pair = whole_picture(file, scale=scale, degradation=degradation)
        return pair.lr, pair.hr

    lr, hr = cached(identity(file, settings=f"{scale} {degradation}"), cache, make)
    return Pair(file.name, lr, hr)


def _save(file: Path, array: np.ndarray) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".tmp", delete=False) as temporary:
        try:
            np.save(temporary, array)
            temporary.close()
            os.replace(temporary.name, file)
        except OSError:
            Path(temporary.name).unlink(missing_ok=True)
            raise


def _allow_open_files(more: int) -> None:
    """Raise this process' own limit, which is often 1,024, as far as the system lets it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + more if hard == resource.RLIM_INFINITY else min(soft + more, hard)
    # macOS has a further limit; then mapping tells.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
