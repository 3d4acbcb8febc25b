"""Pieces of HTML. Text is escaped unless it is `Html`, so that a file's name can never become markup."""

import base64
import html
from collections.abc import Iterable, Sequence


class Html(str):
    """Text that is HTML already."""

    __slots__ = ()


def escaped(text: str) -> Html:
    """Return text as HTML, unchanged if it is HTML already."""
    return text if isinstance(text, Html) else Html(html.escape(text))


def joined(parts: Iterable[str]) -> Html:
    """Put pieces one after the other."""
    return Html("\n".join(escaped(part) for part in parts))


def element(tag: str, *content: str, kind: str = "", **attributes: str | int) -> Html:
    """Return such as ``element("p", "a < b", kind="quiet")``; `kind` is the element's class."""
    if kind:
        attributes = {"class": kind, **attributes}
    opened = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    return Html(f"<{tag}{opened}>{''.join(escaped(part) for part in content)}</{tag}>")


def image(data: bytes, alt: str, *, dark: bytes | None = None, **attributes: str | int) -> Html:
    """Return a PNG or JPEG within the page; `dark` is shown instead of it on a dark page."""
    shown = "".join(f' {name}="{html.escape(str(value))}"' for name, value in attributes.items())
    light = f'<img src="{_uri(data)}" alt="{html.escape(alt)}"{shown}>'
    if dark is None:
        return Html(light)
    source = f'<source srcset="{_uri(dark)}" media="(prefers-color-scheme: dark)">'
    return Html(f"<picture>{source}{light}</picture>")


def table(caption: str, header: Sequence[str], rows: Iterable[Sequence[str]], *, text: int = 1) -> Html:
    """Return a table that scrolls on a narrow screen; all columns but the first `text` hold numbers."""

    def row(cells: Sequence[str], scope: str) -> Html:
        # The first cell names its row, as the first row names the columns.
        cells = [
            element("th" if scope == "col" or place == 0 else "td", cell, **_cell(place, text, scope))
            for place, cell in enumerate(cells)
        ]
        return element("tr", *cells)

    head = element("thead", row(header, "col"))
    body = element("tbody", *(row(cells, "row") for cells in rows))
    whole = element("table", element("caption", caption), head, body)
    # Focusable, so that it can be scrolled by keyboard too.
    return element("div", whole, kind="scroll", tabindex=0, role="region", **{"aria-label": caption})


def _cell(place: int, text: int, scope: str) -> dict[str, str]:
    attributes = {"scope": scope} if scope == "col" or place == 0 else {}
    return attributes if place < text else {"kind": "number", **attributes}


def _uri(data: bytes) -> str:
    kind = "png" if data.startswith(b"\x89PNG") else "jpeg"
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"
