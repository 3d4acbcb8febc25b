"""What outlives one run of a page: the networks, and the queue in front of them."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import streamlit as st
from starlette.formparsers import MultiPartParser
from streamlit import runtime
from streamlit.runtime.scriptrunner import get_script_run_ctx

from sr_core import Limits, Upscaler
from ui.gate import Gate
from ui.networks import Networks
from ui.sentences import sentence
from ui.worker import Tools

WEIGHTS = "edsr_x4"

# How many may wait behind the one whose turn it is.
MAX_WAITING = 20


def preload() -> None:
    """Begin to load the network, if nobody has; and keep uploads off the disk."""
    # The server would park what it receives in a temporary file from 1 MB on.
    MultiPartParser.spool_max_size = Limits().max_bytes + 2**20
    networks().load(WEIGHTS)


@st.cache_resource(show_spinner=False)
def networks() -> Networks:
    """Return the networks of this process."""
    return Networks()


@st.cache_resource(show_spinner=False)
def _gate() -> Gate:
    return Gate(max_waiting=MAX_WAITING)


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
    context = get_script_run_ctx()
    name = "" if context is None else context.session_id

    def present() -> bool:
        # Where there is no server, as in tests without a browser, nobody can leave.
        return not runtime.exists() or bool(runtime.get_instance().is_active_session(name))

    return Tools(networks(), _gate(), present, sentence)


@contextmanager
def friendly_errors() -> Iterator[None]:
    """Show a `SuperResError` as the sentence it is; log anything else and apologise."""
    try:
        yield
    except Exception as error:
        st.error(sentence(error), icon=":material/error:")
