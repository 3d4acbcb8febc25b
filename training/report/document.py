"""Markdown documents: tables, and generated parts between marks with their names."""

from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from sr_core.errors import OptionError
from sr_core.files import write_bytes


def table(head: Sequence[str], rows: Iterable[Sequence[str]], *, words: Collection[int] = (0,)) -> str:
    """Return a table with right-aligned columns, except those in `words`."""
    marks = ["---" if column in words else "---:" for column in range(len(head))]
    return "\n".join("| " + " | ".join(cells) + " |" for cells in (head, marks, *rows))


def with_part(text: str, name: str, content: str) -> str:
    """Return a document's text with `content` between the marks of the part called `name`.

    Raises
    ------
    OptionError
        The marks are missing.
    """
    begin, end = f"<!-- {name}: begin, written by `python -m training report` -->", f"<!-- {name}: end -->"
    if begin not in text or end not in text:
        raise OptionError(f"The document has no place for this part; it needs the lines {begin} and {end}.")
    before, rest = text.split(begin, 1)
    _, after = rest.split(end, 1)
    return f"{before}{begin}\n{content}\n{end}{after}"


def renew(document: Path, parts: dict[str, str]) -> None:
    """Write each of `parts` between its marks in `document`, atomically."""
    text = document.read_text(encoding="utf-8")
    for name, content in parts.items():
        text = with_part(text, name, content)
    write_bytes(document, text.encode())
