"""The progress of a page's work, updated by polling."""

import streamlit as st

from service.runner import Runner, Store
from service.task import Snapshot

# Seconds between two polls of the runner, and for which a poll waits for a change, so that a result is drawn
# at once. A click waits as long, which is not noticeable.
_POLL_INTERVAL, _WAIT = 0.5, 0.3


def duration(seconds: float) -> str:
    """Return a duration in words, rounded to a suitable unit."""
    if seconds < 90:
        return f"{max(seconds, 1):.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"


@st.fragment(run_every=_POLL_INTERVAL)
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
    """Draw the progress of the running task, and redraw the page when the runner's version changes.

    Parameters
    ----------
    runner : Runner
    store : Store
        The store whose tasks to follow.
    drawn : int
        The version of the runner that the page shows.
    which : str
        Prefix of the text.
    done, total : float
        Number of finished tasks, and of all tasks.
    promptly : bool
        Whether to redraw as soon as something changes; not where many changes follow each other.
    """
    # Wake the runner at every poll, in case a wake-up was lost.
    runner.wake()
    task = runner.running(store)
    if runner.wait_for_change(drawn, 0.0):
        st.rerun()  # without drawing: if the task has just ended, the bar would fall back
    share, text = _describe(Snapshot() if task is None else task.snapshot)
    text = which + text[0].lower() + text[1:] if which else text
    st.progress(min((done + share) / total, 1.0), text=text)
    if promptly and runner.wait_for_change(drawn, _WAIT):
        st.rerun()


def _describe(snapshot: Snapshot) -> tuple[float, str]:
    progress = snapshot.progress
    share = progress.done / progress.total if progress else 0.0
    if snapshot.message or progress is None:
        return share, snapshot.message or "Starting ..."
    left = "" if progress.remaining is None else f", about {duration(progress.remaining)} left"
    return share, f"Enlarging{left} ..."
