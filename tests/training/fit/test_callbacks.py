"""Memory that a step frees is there for the next one."""

import platform
import subprocess
import sys

import pytest

from tests.conftest import ROOT

# In a process of its own, because it changes how that process allocates.
SCRIPT = """
import ctypes, resource
from training.fit.callbacks import KeepMemory

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
libc.malloc.argtypes = [ctypes.c_size_t]
libc.memset.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_size_t]
libc.free.argtypes = [ctypes.c_void_p]

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    block = libc.malloc(16 * 2**20)
    libc.memset(block, 1, 16 * 2**20)
    libc.free(block)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

libc.mallopt(-1, 128 * 1024)  # what TensorFlow does
before = [faults() for _ in range(3)]
KeepMemory().on_train_batch_end(0)
faults()
print(min(before), max(faults() for _ in range(3)))
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has this setting")
def test_freed_memory_is_used_again_without_page_faults():
    command = [sys.executable, "-W", "ignore", "-c", SCRIPT]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    before, after = (int(number) for number in done.stdout.split())
    assert before > 1000 > 10 * after
