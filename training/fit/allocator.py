"""Keep the memory of one step for the next, where TensorFlow would hand it back to the system."""

import ctypes
import platform

import keras

# Of glibc's malloc.h.
_TRIM_THRESHOLD = -1
_MMAP_MAX = -4
_LARGEST = 2**31 - 1


class KeepMemory(keras.callbacks.Callback):
    """Let glibc keep what a step frees.

    A dataset in Python makes TensorFlow set glibc's trim threshold to 128 KiB, and it is its kernel that does
    so, when the first batch is fetched. Every step of a training on a CPU then returns its memory to the
    system and has it zeroed again, page by page: a quarter of the time of EDSR. So this undoes it after the
    first batch. Elsewhere than under TensorFlow and glibc there is nothing to undo.
    """

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0 and keras.backend.backend() == "tensorflow" and platform.libc_ver()[0] == "glibc":
            libc = ctypes.CDLL(None)
            libc.mallopt(_TRIM_THRESHOLD, _LARGEST)
            libc.mallopt(_MMAP_MAX, 0)
