"""A cache of decoded pairs: raw arrays in a folder, mapped into memory.

So a training step crops a few patches without decoding anything, and a dataset may be larger than the memory.
"""

import contextlib
import errno
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

from sr_core.errors import DatasetError
from training import storage

# Part of every file's name: raise it when the way LR is made changes.
VERSION = 1


def identity(*files: Path, settings: str) -> str:
    """Return a key for arrays made from these files in their present state, with these settings."""
    stats = [(file.resolve(), file.stat()) for file in files]
    dated = " ".join(f"{file} {stat.st_size} {stat.st_mtime_ns}" for file, stat in stats)
    return f"{VERSION} {dated} {settings}"


def mapped(
    identity: str, folder: Path, make: Callable[[], tuple[np.ndarray, np.ndarray]]
) -> tuple[np.ndarray, np.ndarray]:
    """Map the LR and HR arrays with that identity into memory; `make` computes those not in the cache yet.

    Raises
    ------
    DatasetError
        The system allows too few open files: each mapped array holds one.
    OptionError
        The cache cannot be written to.
    """
    stem = folder / hashlib.sha256(identity.encode()).hexdigest()[:24]
    lr_file, hr_file = stem.with_suffix(".lr.npy"), stem.with_suffix(".hr.npy")
    if not (lr_file.exists() and hr_file.exists()):
        lr, hr = make()
        with storage.writing(folder, option="--cache"):
            folder.mkdir(parents=True, exist_ok=True)
            _save(hr_file, hr)
            _save(lr_file, lr)
    try:
        return np.load(lr_file, mmap_mode="r"), np.load(hr_file, mmap_mode="r")
    except OSError as error:
        if error.errno != errno.EMFILE:
            raise
        raise DatasetError(
            "The system does not let a process open two files for each of so many pictures; raise the limit "
            "(ulimit -n)."
        ) from error


def allow_open_files(more: int) -> None:
    """Raise this process' own limit, which is often 1,024, as far as the system lets it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = soft + more if hard == resource.RLIM_INFINITY else min(soft + more, hard)
    # macOS has a further limit, which then shows when the arrays are mapped.
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _save(file: Path, array: np.ndarray) -> None:
    with tempfile.NamedTemporaryFile(dir=file.parent, suffix=".tmp", delete=False) as temporary:
        try:
            np.save(temporary, array)
            temporary.close()
            os.replace(temporary.name, file)
        except OSError:
            Path(temporary.name).unlink(missing_ok=True)
            raise
