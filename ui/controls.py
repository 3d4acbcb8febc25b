"""What the controls of all pages have in common."""

from collections.abc import Callable, Sequence
from typing import Literal, TypedDict

import streamlit as st


class _Remembered(TypedDict):
    bind: Literal["query-params"]
    persist_state: Literal["session"]


# For every control that a person sets: its value stands in the page's address, so that a link or a reload
# keeps it, and it is still there when they come back from another page.
REMEMBERED: _Remembered = {"bind": "query-params", "persist_state": "session"}

_FIRST_SCALE = 4


def choose_scale(
    label: str,
    scales: Sequence[int],
    *,
    key: str,
    help: str | None = None,  # noqa: A002 -- Streamlit's name
    changed: Callable[[], None] | None = None,
) -> int:
    """Draw the choice of a scale and return what was chosen.

    Parameters
    ----------
    label : str
        Above the choice.
    scales : sequence of int
        At least one, in the order in which they stand. Of these ×4 is chosen at first, or else the largest.
    key : str
        Of the control, and the name of a parameter of the page's address.
    help : str, optional
        What the question mark beside it says.
    changed : callable, optional
        Called when another one is chosen.
    """
    labels = {f"×{scale}" if scale > 1 else "Same size": scale for scale in scales}
    first = _FIRST_SCALE if _FIRST_SCALE in scales else max(scales)
    chosen = st.segmented_control(
        label,
        list(labels),
        default=next(title for title, scale in labels.items() if scale == first),
        required=True,
        key=key,
        on_change=changed,
        help=help,
        **REMEMBERED,
    )
    return labels.get(chosen or "", first)
