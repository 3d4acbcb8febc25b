"""What outlives one run of a page: the runner of its session, and what pages keep of the person."""

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

Kept = TypeVar("Kept")

_runners: WeakValueDictionary[str, Runner] = WeakValueDictionary()


@dataclass(frozen=True, slots=True)
class Told:
    """What the browser is told of a page; see ``ui/components/frame``.

    Attributes
    ----------
    status : str
        How far the work is, for a screen reader to say.
    results : tuple of str
        The addresses of files that would be lost with the page.
    shown : str
        Names the picture that is on show.
    """

    status: str = ""
    results: tuple[str, ...] = ()
    shown: str = ""


def tell(told: Told) -> None:
    """Note what is to be told, for the end of this run."""
    st.session_state["told"] = told


def told() -> Told:
    """Return what is to be told."""
    return st.session_state.get("told", Told())


def runner() -> Runner:
    """Return the runner of this session."""
    if "runner" not in st.session_state:
        session, resources = _session_id(), shared_resources()

        def present() -> bool:
            return _reaper().should_continue(session, others_waiting=resources.inference.has_waiting)

        st.session_state["runner"] = _runners[session] = made = Runner(resources, present)
        _reaper().on_leave(session, "runner", made.forget)
    return st.session_state["runner"]


def kept_by(session: str) -> int:
    """Return the bytes that the pages of a session keep."""
    runner = _runners.get(session)
    return 0 if runner is None else runner.kept


def keep(name: str, make: Callable[[Runner], Kept]) -> Kept:
    """Return what is kept of this person under a name, made where there is nothing yet."""
    if name not in st.session_state:
        st.session_state[name] = make(runner())
    return st.session_state[name]


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Show a `SuperResError` as the sentence it is; log anything else and apologise."""
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
    # Where there is no server, as in tests without a browser, nobody can leave.
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(session))


def _close(session: str) -> None:
    """Have Streamlit drop a session, with all widgets, uploads and files, and free their memory."""
    # Of what Runtime lets other threads call, it alone closes a session that has been left.
    runtime.get_instance().clear_user_info_for_session(session)
    time.sleep(_CLOSING)
    free_memory()
