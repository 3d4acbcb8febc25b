"""What outlives one run of a page: the networks, and the queue in front of them."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Protocol, TypeVar

import streamlit as st
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from service.failures import describe_failure
from service.inference_queue import InferenceQueue
from service.network_pool import NetworkPool
from service.process import free_memory, keep_uploads_in_memory
from service.session_reaper import SessionReaper
from sr_core import Upscaler
from ui.worker import Tools

WEIGHTS = "edsr_x4"

_FIRST_PAGE = 1.5  # s: while TensorFlow starts, drawing a page takes half as long again
_CLOSING = 1.0  # s, far more than Streamlit needs to close a session

# How many may wait behind the one whose turn it is.
MAX_WAITING = 20


class Forgetful(Protocol):
    """What a page keeps of one person."""

    def forget(self) -> None:
        """Forget everything."""


Kept = TypeVar("Kept", bound=Forgetful)


def preload() -> None:
    """Have the network loaded once the first page is there; and keep uploads off the disk."""
    keep_uploads_in_memory()
    _load_soon()


@st.cache_resource(show_spinner=False)
def _load_soon() -> None:
    timer = threading.Timer(_FIRST_PAGE, networks().load, [WEIGHTS])
    timer.daemon = True
    timer.start()


@st.cache_resource(show_spinner=False)
def networks() -> NetworkPool:
    """Return the networks of this process."""
    return NetworkPool()


@st.cache_resource(show_spinner=False)
def _gate() -> InferenceQueue:
    return InferenceQueue(max_waiting=MAX_WAITING)


@st.cache_resource(show_spinner=False)
def _saving() -> threading.Lock:
    return threading.Lock()


def upscaler(waiting: Callable[[], object] = lambda: None, *, name: str = WEIGHTS) -> Upscaler:
    """Return a network of this process, waiting while it loads.

    Parameters
    ----------
    waiting : callable
        Called now and then meanwhile. If it raises, nobody waits any longer.
    name : str
        Of its weights.

    Raises
    ------
    SuperResError
        It cannot be loaded; the next call tries again.
    """
    return networks().get(name, waiting)


def tools() -> Tools:
    """Return what the worker of this session works with."""
    name, reaper, gate = _session_id(), _reaper(), _gate()

    def present() -> bool:
        return reaper.waits_for(name, hurried=gate.others_wait)

    return Tools(networks(), gate, present, describe_failure, _saving())


def keep(name: str, make: Callable[[], Kept]) -> Kept:
    """Return what is kept of this person under a name, made where there is nothing yet."""
    if name not in st.session_state:
        st.session_state[name] = made = make()
        forget_on_leave(name, made.forget)
    return st.session_state[name]


def forget_on_leave(what: str, forget: Callable[[], object]) -> None:
    """Have something of this session forgotten once its person has left; `what` names it."""
    _reaper().on_leave(_session_id(), what, forget)


@st.cache_resource(show_spinner=False)
def _reaper() -> SessionReaper:
    return SessionReaper(_present, finally_=_forget_the_rest)


def _session_id() -> str:
    context = get_script_run_ctx()
    return "" if context is None else context.session_id


def _present(session: str) -> bool:
    # Where there is no server, as in tests without a browser, nobody can leave.
    return not runtime.exists() or bool(runtime.get_instance().is_active_session(session))


def _forget_the_rest(session: str) -> None:
    """Have Streamlit drop a session, with all widgets, uploads and files, and free their memory."""
    # Of what Runtime lets other threads call, it alone closes a session that has been left.
    runtime.get_instance().clear_user_info_for_session(session)
    time.sleep(_CLOSING)
    free_memory()


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Show a `SuperResError` as the sentence it is; log anything else and apologise."""
    try:
        yield
    except Exception as error:
        st.error(describe_failure(error), icon=":material/error:")
