"""The histories of all the runs that made some weights, one after the other in one CSV file."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sr_core.files import write_bytes

# Which of the runs a row is of: 1 is the one that began with noise.
RUN = "run"


def extend(file: Path, history: Path, *, before: Sequence[Mapping[str, Any]]) -> None:
    """Write the history of a run into `file`, behind the rows there of the runs before it.

    Rows of runs that did not lead to it, such as those of weights that it replaces, are left out. The same
    run may be written again.

    Parameters
    ----------
    file : Path
        CSV with the column ``run`` before those of the histories; it need not exist. Epochs, steps and
        minutes are counted from the beginning of each run.
    history : Path
        As ``fit`` and ``gan`` write it.
    before : sequence of mapping
        What the card of the run tells of those before it, oldest first.
    """
    there = read(file) if file.exists() else []
    rows = []
    for number, training in enumerate(before, start=1):
        of_run = [row for row in there if row.get(RUN) == str(number)]
        # A run is known by its length: two different ones of the same length are not to be expected.
        if of_run and int(of_run[-1]["steps"]) == training["steps"]:
            rows += of_run
    rows += [{RUN: str(len(before) + 1), **row} for row in read(history)]
    # Runs of different kinds have different columns.
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, rows, columns)


def write(file: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write a history as CSV; a row leaves empty what it does not have."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(file, text.getvalue().encode())


def read(file: Path) -> list[dict[str, str]]:
    """Return the rows of a history; a number that a row does not have is an empty text."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
