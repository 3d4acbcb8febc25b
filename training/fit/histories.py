"""The histories of all runs that led to some weights, one after the other in a CSV file."""

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sr_core.files import write_bytes

# Column with the number of a row's run: 1 is the one that began with random weights.
RUN = "run"


def extend(file: Path, history: Path, *, before: Sequence[Mapping[str, Any]]) -> None:
    """Append the history of a run to the rows in `file` of the runs before it.

    Rows of runs that did not lead to it, such as those of the weights it replaces, are dropped. A run may be
    written again.

    Parameters
    ----------
    file : Path
        CSV with the column ``run`` before those of the histories; it need not exist. Epochs, steps and
        minutes are counted from the beginning of each run.
    history : Path
        As ``fit`` and ``gan`` write it.
    before : sequence of mapping
        The trainings before it, as in the run's card, oldest first.
    """
    earlier = read(file) if file.exists() else []
    rows = []
    for number, training in enumerate(before, start=1):
        of_run = [row for row in earlier if row.get(RUN) == str(number)]
        # A run is identified by its length: two runs of the same length are unlikely.
        if of_run and int(of_run[-1]["steps"]) == training["steps"]:
            rows += of_run
    rows += [{RUN: str(len(before) + 1), **row} for row in read(history)]
    # Runs of different kinds have different columns.
    columns = list(dict.fromkeys(name for row in rows for name in row))
    file.parent.mkdir(parents=True, exist_ok=True)
    write(file, rows, columns)


def write(file: Path, rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    """Write a history as CSV; values that a row lacks are empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_bytes(file, text.getvalue().encode())


def read(file: Path) -> list[dict[str, str]]:
    """Return the rows of a history; values that a row lacks are empty."""
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
