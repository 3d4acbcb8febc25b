"""Checks the files that commands leave behind: whether they are complete, and whether two are equal."""

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_SECONDS = ("minutes", "seconds", "steps_per_second")  # differ from run to run
_STATE = "state"  # of a checkpoint, as JSON


def files(folder: Path) -> dict[str, Path]:
    """Return all files below `folder` by their relative paths."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def is_temporary(path: Path) -> bool:
    """Return whether a file has a temporary name."""
    return path.name.startswith((".", "writing.")) or path.suffix == ".tmp"


def is_whole(path: Path) -> bool:
    """Return whether a file is complete and readable."""
    try:
        content = comparable(path)
    except (OSError, ValueError, KeyError, RuntimeError):
        return False
    return bool(content) and (path.suffix != ".csv" or path.read_bytes().endswith(b"\n"))


def comparable(path: Path) -> Any:
    """Return the content of a file without the timings in it."""
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines))
            if any(None in row or None in row.values() for row in rows):
                raise ValueError("The length of a row differs from that of the first.")
            return _without_seconds(rows)
        case ".json":
            return _without_seconds(json.loads(path.read_text(encoding="utf-8")))
        case ".h5":
            return _arrays(path)
        case _:
            return path.read_bytes()


def _arrays(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        if isinstance(item, h5py.Dataset):
            data = np.asarray(item[()])
            found[name] = data.dtype.str, data.shape, data.tobytes()

    with h5py.File(path) as file:
        file.visititems(visit)
    if _STATE in found:
        found[_STATE] = _without_seconds(json.loads(found[_STATE][-1]))
    return found


def _without_seconds(content: Any) -> Any:
    if isinstance(content, dict):
        return {key: _without_seconds(value) for key, value in content.items() if key not in _SECONDS}
    return [_without_seconds(one) for one in content] if isinstance(content, list) else content
