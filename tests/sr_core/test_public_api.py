"""What `sr_core` offers, and what importing it costs."""

import inspect
import json
import statistics
import subprocess
import sys
from pathlib import Path

import sr_core

ROOT = Path(__file__).resolve().parent.parent.parent
HEAVY = ("tensorflow", "keras", "cv2", "skimage", "streamlit", "rich")
MEASURE = f"""
import json, sys, time
start = time.process_time()
import sr_core
seconds = time.process_time() - start
print(json.dumps([seconds, [name for name in {HEAVY} if name in sys.modules]]))
"""


def test_everything_offered_exists_and_is_listed_in_order_once():
    assert [name for name in sr_core.__all__ if not hasattr(sr_core, name)] == []
    constants, classes, functions = [], [], []
    for name in sr_core.__all__:
        kind = constants if name.isupper() else classes if name[0].isupper() else functions
        kind.append(name)
    assert sr_core.__all__ == [*sorted(constants), *sorted(classes), *sorted(functions)]
    assert len(set(sr_core.__all__)) == len(sr_core.__all__)


def test_nothing_else_is_offered():
    public = {
        name
        for name, value in vars(sr_core).items()
        if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert public == set(sr_core.__all__)


def test_everything_offered_is_documented():
    offered = [getattr(sr_core, name) for name in sr_core.__all__ if not name.isupper()]
    assert [value for value in offered if callable(value) and not inspect.getdoc(value)] == []


def test_importing_is_fast_and_loads_nothing_heavy():
    seconds = []
    for _ in range(3):
        done = subprocess.run(
            [sys.executable, "-c", MEASURE], cwd=ROOT, capture_output=True, text=True, check=True
        )
        taken, loaded = json.loads(done.stdout)
        assert loaded == []
        seconds.append(taken)
    # Of the processor, so that other work does not count. The aim is 0.3 s, for machines as fast as most.
    assert statistics.median(seconds) < 0.5
