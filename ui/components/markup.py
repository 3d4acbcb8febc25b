"""HTML tables from plain text, with captions, header cells and aligned figures."""

import html
from collections.abc import Iterable, Sequence


def table(caption: str, heads: Sequence[str], rows: Sequence[Sequence[str]], *, more: str = "") -> str:
    """Return an HTML table for ``st.html``. All text is escaped.

    Parameters
    ----------
    caption : str
        What the table shows, in a few words.
    heads : sequence of str
        One for each column; the first may be empty.
    rows : sequence of sequence of str
        The first cell of each row is its header.
    more : str
        Added to the caption, such as how the numbers were measured.
    """
    text = f"<strong>{html.escape(caption)}</strong> {html.escape(more)}".rstrip()
    first, *others = map(html.escape, heads)
    corner = f'<th scope="col">{first}</th>' if first else "<td></td>"
    head = corner + "".join(f'<th scope="col">{text}</th>' for text in others)
    body = "".join(_row(row) for row in rows)
    label = html.escape(caption)
    return (
        f'<figure class="numbers"><figcaption>{text}</figcaption>'
        # A wide table scrolls on its own, also by keyboard.
        f'<div role="region" tabindex="0" aria-label="{label}"><table aria-label="{label}">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div></figure>"
    )


def facts(caption: str, pairs: Iterable[tuple[str, str]]) -> str:
    """Return an HTML table with one name and value per row. All text is escaped."""
    rows = "".join(_row(pair) for pair in pairs)
    return f'<table class="facts" aria-label="{html.escape(caption)}"><tbody>{rows}</tbody></table>'


def _row(cells: Sequence[str]) -> str:
    first, *others = map(html.escape, cells)
    return f'<tr><th scope="row">{first}</th>{"".join(f"<td>{text}</td>" for text in others)}</tr>'
