"""Writes docs/results/reliability.md, in which each command has its own section."""

import datetime
import os
import platform
import re
from pathlib import Path

from sr_core.files.storage import write_bytes

PAGE = Path("docs") / "results" / "reliability.md"
_HEADER = """\
# Reliability

Each section is written by the command that it names; do not edit.
"""


def record(title: str, command: str, text: str, page: Path = PAGE) -> None:
    """Write a section, replacing its older version, atomically.

    Parameters
    ----------
    title : str
    command : str
        Repeats the measurement.
    text : str
        Markdown.
    """
    whole = page.read_text(encoding="utf-8") if page.exists() else _HEADER
    head, *sections = re.split(r"(?m)^(?=## )", whole)
    machine = f"{os.cpu_count()} cores of {platform.machine()}, Python {platform.python_version()}"
    new = f"## {title}\n\n`{command}`, {datetime.date.today():%d %B %Y}, {machine}.\n\n{text.strip()}\n"
    kept = [section for section in sections if not section.startswith(f"## {title}\n")]
    sections = sorted([*(section.strip() + "\n" for section in kept), new])
    page.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(page, "\n".join([head.strip() + "\n", *sections]).encode())
