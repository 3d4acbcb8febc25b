"""The files in the folders of a dataset, and the report of those that cannot be used."""

import fnmatch
import hashlib
import os
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from sr_core.errors import DatasetError
from sr_core.files.folder import Found, find

# Further problems or files are counted, not named.
MOST_NAMED = 20


def picture_files(
    folders: Sequence[Path],
    *,
    exclude: Sequence[str] = (),
    log: Callable[[str], Any] = lambda line: None,
) -> list[Path]:
    """List the pictures under `folders`, sorted, except those whose name matches a pattern in `exclude`.

    `log` receives a line for each folder in which files were skipped.

    Raises
    ------
    DatasetError
        A folder does not exist or cannot be opened, or there is no picture at all.
    """
    files: list[Path] = []
    skipped: list[str] = []
    for folder in folders:
        if not folder.is_dir():
            raise DatasetError(f"There is no folder of pictures at this path. Received: {folder}")
        found = find(folder, recursive=True)
        if found.unreadable:
            raise DatasetError(" ".join(found.unreadable))
        files += [file for file in found.pictures if not matches(file.name, exclude)]
        skipped += passed_over(folder, found)
    if not files:
        sentences = "".join(f" {line}." for line in skipped)
        raise DatasetError(f"No picture was found.{sentences} Received: {', '.join(map(str, folders))}")
    for line in skipped:
        log(line)
    return files


def passed_over(folder: Path, found: Found, *, root: Path | None = None) -> list[str]:
    """Return a sentence about the files of a folder that are skipped, if there are any.

    These are hidden files and folders, such as macOS leaves in archives, and files that are not pictures.

    Parameters
    ----------
    folder : Path
    found : Found
        What `sr_core.files.folder.find` found there.
    root : Path, optional
        What the folder is named relative to, if it was searched without its sub-folders.
    """
    known = {*found.pictures, *found.skipped}
    paths = (path for path in (folder.iterdir() if root else folder.rglob("*")) if not path.is_dir())
    names = [path.relative_to(folder) for path in found.skipped]
    for path in (path.relative_to(folder) for path in paths if path not in known):
        # A hidden folder counts as one, whatever it holds.
        hidden = next((i for i, part in enumerate(path.parts, 1) if part.startswith(".")), len(path.parts))
        names.append(Path(*path.parts[:hidden]))
    unique = sorted({name.as_posix() for name in names})
    if not unique:
        return []
    where = folder.relative_to(root).as_posix() if root else folder.resolve().name
    files, were = ("file", "was") if len(unique) == 1 else ("files", "were")
    return [
        f"{len(unique):,} {files} in {where} {were} passed over, hidden or no picture that is read: "
        f"{listed(unique)}"
    ]


def listed(names: Sequence[str]) -> str:
    """Return names as text: all, or the first ones and the number of the others."""
    more = f" and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def refusal(problems: Iterable[str], *, received: object) -> DatasetError:
    """Return one error that names everything wrong with a dataset's files, in the order of their names."""
    problems = in_order(problems)
    listed = " ".join(problem.rstrip(".") + "." for problem in problems[:MOST_NAMED])
    more = f" And {len(problems) - MOST_NAMED} more." if len(problems) > MOST_NAMED else ""
    return DatasetError(
        f"These pictures cannot be used; repair or remove them. {listed}{more} Received: {received}"
    )


def in_order(problems: Iterable[str]) -> list[str]:
    """Sort sentences that begin with file names, so that 10.png comes after 9.png."""

    def key(problem: str) -> list[tuple[int, str]]:
        pieces = re.split("([0-9]+)", problem)
        return [(int(piece), "") if i % 2 else (-1, piece) for i, piece in enumerate(pieces)]

    return sorted(problems, key=key)


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Return whether a file name matches one of the patterns."""
    return any(fnmatch.fnmatch(name, pattern) for pattern in patterns)


def duplicates(files: Sequence[Path], *, root: Path | None = None) -> list[str]:
    """Name the files that hold the same bytes, relative to `root` or else to their common folder."""
    root = root or Path(os.path.commonpath([file.parent for file in files]))
    of_size: dict[int, list[Path]] = defaultdict(list)
    for file in files:
        of_size[file.stat().st_size].append(file)
    problems = []
    for candidates in of_size.values():
        same: dict[bytes, list[Path]] = defaultdict(list)
        for file in candidates if len(candidates) > 1 else []:
            same[hashlib.sha256(file.read_bytes()).digest()].append(file)
        for first, *others in same.values():
            if others:
                name = first.relative_to(root).as_posix()
                again = [
                    other.name if other.parent == first.parent else other.relative_to(root).as_posix()
                    for other in others
                ]
                problems.append(f"{name}: holds the same bytes as {' and '.join(again)}")
    return problems
