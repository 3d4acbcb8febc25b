"""How far the work of a page is, told again and again."""

import streamlit as st

from service.runner import Runner, Store
from service.task import Snapshot

# Seconds between two polls of the runner; and how long a poll waits for a change, so that a result is drawn
# at once. A click waits as long, which nobody notices.
_POLL_EVERY, _WAIT = 0.5, 0.3


def duration(seconds: float) -> str:
    """Return seconds as a person says them."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@st.fragment(run_every=_POLL_EVERY)
def follow(
    runner: Runner,
    store: Store,
    drawn: int,
    *,
    which: str = "",
    done: float = 0,
    total: float = 1,
    promptly: bool = False,
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
    promptly : bool
        Whether to draw changes as soon as they happen: not where many come one after another.
    """
    # Whatever woke the runner may have been lost: whoever looks wakes it again.
    runner.wake()
    task = runner.running(store)
    snapshot = Snapshot() if task is None else task.snapshot
    share, text = _told(snapshot)
    text = which + text[0].lower() + text[1:] if which else text
    st.progress(min((done + share) / total, 1.0), text=text)
    if runner.wait_for_change(drawn, _WAIT if promptly else 0.0):
        st.rerun()


def _told(snapshot: Snapshot) -> tuple[float, str]:
    progress = snapshot.progress
    share = progress.done / progress.total if progress else 0.0
    if snapshot.message or progress is None:
        return share, snapshot.message or "Starting ..."
    left = "" if progress.remaining is None else f", about {duration(progress.remaining)} left"
    return share, f"Enlarging{left} ..."
