"""Pictures of the pages for the documentation, taken where SUPERRES_SCREENSHOTS names a folder."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

from playwright.sync_api import Page, expect

FOLDER = os.environ.get("SUPERRES_SCREENSHOTS")
_THEMES: tuple[tuple[Literal["dark", "light"], str], ...] = (
    ("dark", "rgb(17, 23, 26)"),
    ("light", "rgb(255, 255, 255)"),
)


def themes(page: Page) -> Iterator[str]:
    """Show a page in each theme, one after the other; it follows the system's while it is open."""
    for scheme, colour in _THEMES:
        page.emulate_media(color_scheme=scheme)
        expect(page.locator(".stApp")).to_have_css("background-color", colour)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)  # ms: what fades in has done so
        yield scheme


def screenshot(page: Page, name: str) -> None:
    """Take one."""
    if FOLDER:
        folder = Path(FOLDER)
        folder.mkdir(parents=True, exist_ok=True)
        page.mouse.move(0, 0)
        page.wait_for_timeout(500)  # ms: what fades in has done so
        page.screenshot(path=folder / f"{name}.png", scale="css")


def screenshot_both(page: Page, name: str) -> None:
    """Take one in each theme."""
    for scheme in themes(page):
        screenshot(page, f"{name}-{scheme}")
