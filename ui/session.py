"""State that outlives a script run: the runner of the session, and what pages keep for the person."""

import functools
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from service.failures import describe_failure
from service.process import free_memory
from service.runner import Runner
from service.session_reaper import SessionReaper
from service.task import shared_resources

_CLOSING = 1.0  # s, far more than Streamlit needs to close a session

Value = TypeVar("Value")

_runners: WeakValueDictionary[str, Runner] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class PageState:
    """What the browser needs to know about a page; see ``ui/components/frame``.

    Attributes
    ----------
    status : str
        Progress of the work, for screen readers.
    results : tuple of str
        Addresses of files that would be lost with the page.
    shown : str
        Identifies the picture on display.
    """

    status: str = ""
    results: tuple[str, ...] = ()
    shown: str = ""


def set_page_state(state: PageState) -> None:
    """Set the page state, which is sent to the browser at the end of this run."""
    st.session_state["page_state"] = state


def page_state() -> PageState:
    """Return the page state of this run."""
    return st.session_state.get("page_state", PageState())


def runner() -> Runner:
    """Return the runner of this session."""
    if "runner" not in st.session_state:
        session, resources = _session_id(), shared_resources()

        def present() -> bool:
            return _reaper().should_continue(session, others_waiting=resources.inference.has_waiting)

        st.session_state["runner"] = _runners[session] = new = Runner(resources, present)
        _reaper().on_leave(session, "runner", new.forget)
    return st.session_state["runner"]


def on_leave(session: str, name: str, forget: Callable[[], object]) -> None:
    """Have something forgotten once the person of a session has left; see `SessionReaper.on_leave`."""
    _reaper().on_leave(session, name, forget)


def kept_by(session: str) -> int:
    """Return the bytes that the pages of a session keep."""
    runner = _runners.get(session)
    return 0 if runner is None else runner.kept


def keep(name: str, make: Callable[[Runner], Value]) -> Value:
    """Return what this session keeps under a name, created by `make` the first time."""
    if name not in st.session_state:
        st.session_state[name] = make(runner())
    return st.session_state[name]


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Show the message of a `SuperResError`; log any other exception and apologise."""
    try:
        yield
    except Exception as error:
        st.error(describe_failure(error), icon=":material/error:")


@functools.cache
def _reaper() -> SessionReaper:
    return SessionReaper(_present, on_forgotten=_close)


def _session_id() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def _present(session: str) -> bool:
    # Without a server, as in tests without a browser, nobody can leave.
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(session))


def _close(sessions: list[str]) -> None:
    """Close sessions with all their widgets, uploads and files, and free their memory."""
    for session in sessions:
        # The only thread-safe method of Runtime that closes a disconnected session.
        runtime.get_instance().clear_user_info_for_session(session)
    time.sleep(_CLOSING)
    free_memory()
