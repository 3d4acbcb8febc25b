"""Finds out whether the processor is faster in bfloat16."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path

# Below this, bfloat16 is not worth the rounding errors.
WORTHWHILE_SPEEDUP = 1.2

_ROUNDS = 8


def cpu_has_bfloat16() -> bool:
    """Return whether this CPU has bfloat16 instructions (x86 on Linux; unknown, so False, elsewhere)."""
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    flags = next((line for line in text.splitlines() if line.startswith("flags")), "").split()
    return "avx512_bf16" in flags or "amx_bf16" in flags


def bfloat16_speedup(calls: Mapping[str, Callable[[], object]]) -> float:
    """Return how many times faster the call named ``"bfloat16"`` is than that named ``"float32"``."""
    seconds = dict.fromkeys(calls, math.inf)
    for _ in range(_ROUNDS):  # in turns, and the best of each, because other work may interfere
        for precision, call in calls.items():
            began = time.perf_counter()
            call()
            seconds[precision] = min(seconds[precision], time.perf_counter() - began)
    return seconds["float32"] / seconds["bfloat16"]
