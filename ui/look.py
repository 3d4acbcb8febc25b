"""Files that give the pages their look."""

from pathlib import Path

ICON = Path(__file__).with_name("icon.svg")
STYLE = Path(__file__).with_name("page.css")
