"""Seconds and peak memory of the command line, each in a fresh process."""

import os
import subprocess
import sys
import tempfile
import time
from itertools import product
from pathlib import Path

import numpy as np

from sr_core import Picture, engines, write

TILES = (0, 160, 288)


def report(name: str, *, side: int) -> None:
    """Print one row per tile size for a picture of ``side x side`` LR px."""
    print(f"\n`python -m sr_core`, {side} x {side} LR px, {name}\n")
    print("| engine | precision | tile | seconds | peak RSS MB |")
    print("| --- | --- | ---: | ---: | ---: |")
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        write(picture, Picture(_clouds(side)))
        for kind, options, tile in product(engines.installed(), ((), ("--fp32",)), TILES):
            command = [sys.executable, "-m", "sr_core", str(picture), "-o", f"{folder}/big.png"]
            command += ["-n", name, "-t", str(tile), "--engine", kind, *options]
            seconds, peak = _measure(command)
            cells = [kind, "float32" if options else "auto", tile or "chosen", f"{seconds:.1f}"]
            print(f"| {' | '.join(map(str, cells))} | {peak / 1e6:,.0f} |", flush=True)


def _clouds(side: int) -> np.ndarray:
    """Make a picture that is neither flat nor noise, the same each time."""
    rows, columns = np.mgrid[0:side, 0:side] / 40.0
    waves = [np.sin(rows * (c + 1) + np.cos(columns * (3 - c))) for c in range(3)]
    return ((np.stack(waves, axis=-1) + 1) * 127.5).astype(np.uint8)


def _measure(command: list[str]) -> tuple[float, int]:
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        message = process.stderr.read().decode() if process.stderr else ""
        raise RuntimeError(f"The command failed: {' '.join(command)}\n{message}")
    # Linux counts in KiB, macOS in bytes.
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
