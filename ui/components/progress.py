"""How far the work of a page is, told again and again."""

import streamlit as st

from service.runner import Runner, Store
from service.task import Snapshot

# Seconds between two looks at the runner.
_LOOK_EVERY = 0.5


def duration(seconds: float) -> str:
    """Return seconds as a person says them."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@st.fragment(run_every=_LOOK_EVERY)
def follow(
    runner: Runner, store: Store, drawn: int, *, which: str = "", done: float = 0, total: float = 1
) -> None:
    """Tell how far the task at work is, again and again; draw the page anew when a state has changed.

    Parameters
    ----------
    runner : Runner
    store : Store
        Whose task.
    drawn : int
        The version of the runner that is on the page.
    which : str
        What the text begins with.
    done, total : float
        Of how many tasks so many are done.
    """
    if runner.version != drawn:
        st.rerun()
    # Whatever woke the runner may have been lost: whoever looks wakes it again.
    runner.wake()
    task = runner.running(store)
    snapshot = Snapshot() if task is None else task.snapshot
    share, text = _told(snapshot)
    text = which + text[0].lower() + text[1:] if which else text
    st.progress(min((done + share) / total, 1.0), text=text)


def _told(snapshot: Snapshot) -> tuple[float, str]:
    progress = snapshot.progress
    share = progress.done / progress.total if progress else 0.0
    if snapshot.message or progress is None:
        return share, snapshot.message or "Starting ..."
    left = "" if progress.remaining is None else f", about {duration(progress.remaining)} left"
    return share, f"Enlarging{left} ..."
