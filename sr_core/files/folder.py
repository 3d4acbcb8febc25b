"""Finds the pictures in a folder, and the files that are skipped."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_core.files.formats import READABLE_EXTENSIONS

_SYSTEM_FILES = {"thumbs.db", "desktop.ini"}
_MAX_NAMED = 20


@dataclass(frozen=True, slots=True)
class Found:
    """The contents of a folder, sorted, without hidden files and folders (such as macOS' ``._a.jpg``).

    Attributes
    ----------
    pictures : tuple of Path
        By their extension. Broken links are included, so that reading them reports the error.
    skipped : tuple of Path
        Other files.
    unreadable : tuple of str
        A message for each folder that cannot be opened.
    """

    pictures: tuple[Path, ...]
    skipped: tuple[Path, ...]
    unreadable: tuple[str, ...]

    def messages(self, folder: Path) -> list[str]:
        """Return a message for each skipped file, relative to the folder; beyond twenty, a count."""
        messages = list(self.unreadable)
        messages += [
            f"{file.relative_to(folder)}: skipped, because its extension is not that of a supported format."
            for file in self.skipped[:_MAX_NAMED]
        ]
        if len(self.skipped) > _MAX_NAMED:
            messages.append(
                f"{len(self.skipped) - _MAX_NAMED:,} more files were skipped for the same reason."
            )
        return messages


def find(folder: Path, *, recursive: bool) -> Found:
    """Find the pictures in a folder and, if `recursive`, its subfolders; do not follow links to folders."""
    pictures: list[Path] = []
    others: list[Path] = []
    unreadable: list[str] = []

    def record_error(error: OSError) -> None:
        unreadable.append(f"The folder {error.filename} cannot be opened: {error.strerror}.")

    for parent, folders, names in os.walk(folder, onerror=record_error):
        folders[:] = [name for name in folders if recursive and not is_hidden(name)]
        for path in (Path(parent, name) for name in names if not is_hidden(name)):
            known = path.suffix.lower() in READABLE_EXTENSIONS
            (pictures if known and not _is_special(path) else others).append(path)
    return Found(_sorted(pictures), _sorted(others), tuple(sorted(unreadable)))


def is_hidden(name: str) -> bool:
    """Return whether a name is hidden or reserved by the operating system."""
    return name.startswith(".") or name.lower() in _SYSTEM_FILES


def _is_special(path: Path) -> bool:
    """Return whether it is a pipe, a socket or a device: reading one may block forever."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False  # Reading it reports the error.


def _sorted(paths: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(sorted(paths))
