"""All process-wide effects in one place: Keras, the garbage collector, memory, uploads."""

import ctypes
import functools
import gc
import importlib
import platform
import sys

from starlette.formparsers import MultiPartParser

from sr_core import Limits

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # from glibc's malloc.h
_LARGE_BLOCK = 2**17  # bytes; glibc's default, but constant


@functools.cache
def start_tensorflow() -> None:
    """Import Keras and TensorFlow, and protect them from what Streamlit does after every script run.

    Streamlit clears Keras' session for all threads, so a network that another thread is building loses its
    state. It also collects garbage twice: with TensorFlow's half a million objects that takes half a second,
    during which nothing else runs, and a page that shows progress reruns twice a second.
    """
    importlib.import_module("sr_core.networks.keras_builder")
    sys.modules["keras"].backend.clear_session = _ignore_clear_session
    # These objects live as long as the process: no collection needs to visit them again.
    gc.collect()
    gc.freeze()


def keep_uploads_in_memory() -> None:
    """Keep the server from spooling uploads of 1 MB and more to a temporary file."""
    MultiPartParser.spool_max_size = Limits().max_bytes + 2**20


def configure_malloc() -> None:
    """Make glibc's allocator return freed memory to the system.

    Every page runs in its own thread, and memory freed in a heap stays there: after ten pictures the process
    had 600 MB with one heap per thread, and 390 MB with two. So all threads share two heaps, and pictures
    stay out of them: by default, each large block that is freed raises the size from which others get memory
    of their own, up to 32 MiB.
    """
    if platform.libc_ver()[0] == "glibc":
        libc = ctypes.CDLL(None)
        libc.mallopt(_M_ARENA_MAX, 2)
        libc.mallopt(_M_MMAP_THRESHOLD, _LARGE_BLOCK)


def free_memory() -> None:
    """Return the memory of a session that has just been closed to the system."""
    # A session is part of a reference cycle, and may be among the objects that `start_tensorflow` froze, so
    # this collection has to cover everything.
    gc.unfreeze()
    gc.collect()
    gc.freeze()
    trim_heap()


def trim_heap() -> None:
    """Return free memory of this process to the system, where the allocator does not do so itself.

    glibc keeps everything below the topmost block in use, however much of it is free.
    """
    if platform.libc_ver()[0] == "glibc":
        ctypes.CDLL(None).malloc_trim(0)


def _ignore_clear_session(free_memory: bool = True) -> None:
    """Replace ``keras.backend.clear_session`` by a function that does nothing."""
