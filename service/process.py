"""What is done to the process as a whole, all in one place: Keras, the garbage collector, memory, uploads."""

import ctypes
import functools
import gc
import importlib
import platform
import sys

from starlette.formparsers import MultiPartParser

from sr_core import Limits

_M_ARENA_MAX = -8  # of glibc's malloc.h


@functools.cache
def start_tensorflow() -> None:
    """Import Keras and TensorFlow, and keep what Streamlit does after every run of a page from them.

    It clears Keras' session, for all threads: a network that is being built in another one loses its state
    in between. And it collects garbage twice: with the half a million objects of TensorFlow that takes half a
    second, in which nothing else runs, and a page that follows some work runs twice a second.
    """
    importlib.import_module("sr_core.networks.keras_builder")
    sys.modules["keras"].backend.clear_session = _clear_nothing
    # They live as long as the process: no collection needs to look at them again.
    gc.collect()
    gc.freeze()


def keep_uploads_in_memory() -> None:
    """Have the server never park what it receives in a temporary file, which it would from 1 MB on."""
    MultiPartParser.spool_max_size = Limits().max_bytes + 2**20


def share_arenas() -> None:
    """Have all threads take their memory from two heaps, where glibc would give each thread one of its own.

    Every page runs in a thread of its own, and what is freed in a heap stays there: after ten pictures the
    process had 600 MB with heaps of their own, and 390 MB with two.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 2)


def free_memory() -> None:
    """Return to the system what the session that has just been closed took."""
    # A session refers to itself, and it may be among what `start_tensorflow` froze; so for once a collection
    # looks at everything.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    give_back()


def give_back() -> None:
    """Return to the system what is free in this process, where that does not happen by itself.

    glibc keeps what lies below anything that is in use, however much has been forgotten there.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def _clear_nothing(free_memory: bool = True) -> None:
    """Stand in for ``keras.backend.clear_session``."""
