"""Pictures in a folder: which there are, and what was passed over."""

import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_core.files.formats import READABLE_EXTENSIONS

_OF_SYSTEMS = {"thumbs.db", "desktop.ini"}
_MOST_NAMED = 20


@dataclass(frozen=True, slots=True)
class Found:
    """What a folder holds, sorted. Hidden files and folders (``._a.jpg`` of macOS) do not count.

    Attributes
    ----------
    pictures : tuple of Path
        By their extension. A link that leads nowhere is one too, so that reading it tells.
    passed_over : tuple of Path
        Other files.
    unreadable : tuple of str
        A sentence for each folder that cannot be opened.
    """

    pictures: tuple[Path, ...]
    passed_over: tuple[Path, ...]
    unreadable: tuple[str, ...]

    def sentences(self, folder: Path) -> list[str]:
        """Tell what was passed over, each file by its name from the folder on, and the rest counted."""
        said = list(self.unreadable)
        said += [
            f"{file.relative_to(folder)}: passed over, since its name is not that of a picture that is read."
            for file in self.passed_over[:_MOST_NAMED]
        ]
        if len(self.passed_over) > _MOST_NAMED:
            said.append(f"{len(self.passed_over) - _MOST_NAMED:,} more files of that kind were passed over.")
        return said


def find(folder: Path, *, recursive: bool) -> Found:
    """Look for pictures in a folder, and with `recursive` in its sub-folders; links to folders are left."""
    pictures: list[Path] = []
    others: list[Path] = []
    unreadable: list[str] = []

    def refused(error: OSError) -> None:
        unreadable.append(f"The folder {error.filename} cannot be opened: {error.strerror}.")

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = [name for name in folders if recursive and not is_hidden(name)]
        for path in (Path(parent, name) for name in names if not is_hidden(name)):
            known = path.suffix.lower() in READABLE_EXTENSIONS
            (pictures if known and not _is_special(path) else others).append(path)
    return Found(_sorted(pictures), _sorted(others), tuple(sorted(unreadable)))


def is_hidden(name: str) -> bool:
    """Whether a name is one that systems keep for themselves."""
    return name.startswith(".") or name.lower() in _OF_SYSTEMS


def _is_special(path: Path) -> bool:
    """Whether it is a pipe, a socket or a device: reading one may take for ever."""
    try:
        return not stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False  # Reading it tells why.


def _sorted(paths: Sequence[Path]) -> tuple[Path, ...]:
    return tuple(sorted(paths))
