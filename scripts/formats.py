"""Write docs/formats.md from the table of formats.

python scripts/formats.py
"""

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from sr_core.files.formats import FORMATS, KINDS, Kind  # noqa: E402

PAGE = ROOT / "docs" / "formats.md"
HEAD = """\
# Picture formats

Written by `python scripts/formats.py` from the table in `sr_core/files/formats.py`; do not edit.

The format of a file is recognised by its first bytes. Losses are reported for each picture before it is
enlarged; a dash marks what a format cannot hold. Every picture is turned upright, as its EXIF or its
container says. `--strip`, and the switch in the app, leave out EXIF, XMP, IPTC and texts.
"""


def page() -> str:
    """Return the page."""
    names = [kind.name for kind in FORMATS.values()]
    files = [[kind.name, " ".join(kind.extensions), kind.mime] for kind in FORMATS.values()]
    limits = [
        [
            kind.name,
            f"{kind.max_side:,}" if kind.max_side else "-",
            ", ".join(f"{what} {limit:,}" for what, limit in kind.max_bytes.items()) or "-",
        ]
        for kind in FORMATS.values()
        if kind.writes
    ]
    written = [kind for kind in FORMATS.values() if kind.writes]
    return "\n".join(
        [
            HEAD,
            *_table(["format", "extensions", "MIME type"], files),
            "\n## Read\n",
            *_table(["", *names], _rows([kind.reads for kind in FORMATS.values()], missing="-")),
            "\n## Written\n",
            *_table(
                ["", *(kind.name for kind in written)],
                _rows([kind.writes for kind in written], missing="lost", kinds=KINDS[:-1]),
            ),
            "\n## Limits of written files\n",
            *_table(["format", "longest side, px", "most bytes"], limits),
            "",
        ]
    )


def _rows(
    columns: list[Mapping[Kind, str]], *, missing: str, kinds: tuple[Kind, ...] = KINDS
) -> list[list[str]]:
    return [[what, *(column.get(what, missing) for column in columns)] for what in kinds]


def _table(head: list[str], rows: list[list[str]]) -> list[str]:
    return [f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows)]


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
