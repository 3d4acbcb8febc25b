"""What commands leave in a folder: whether a file is whole, and what two of them have in common."""

import csv
import json
from pathlib import Path
from typing import Any

import h5py
import numpy as np

_SECONDS = ("minutes", "seconds", "steps_per_second")  # which differ from run to run
_STATE = "state"  # of a checkpoint, as JSON


def files(folder: Path) -> dict[str, Path]:
    """Return all files below `folder` by their names from there on."""
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if path.is_file()}


def is_temporary(path: Path) -> bool:
    """Whether a file has a name under which nobody looks for a result."""
    return path.name.startswith((".", "writing.")) or path.suffix == ".tmp"


def is_whole(path: Path) -> bool:
    """Whether all of a file can be read, to its end."""
    try:
        content = comparable(path)
    except (OSError, ValueError, KeyError, RuntimeError):
        return False
    return bool(content) and (path.suffix != ".csv" or path.read_bytes().endswith(b"\n"))


def comparable(path: Path) -> Any:
    """Return what is the same each time a file is made."""
    match path.suffix:
        case ".csv":
            with path.open(encoding="utf-8", newline="") as lines:
                rows = list(csv.DictReader(lines))
            if any(None in row or None in row.values() for row in rows):
                raise ValueError("A row has another length than the first.")
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
