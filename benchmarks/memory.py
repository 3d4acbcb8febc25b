"""Measures seconds and peak memory of the command line, in fresh processes."""

import sys
import tempfile
from itertools import product
from pathlib import Path

import numpy as np

from benchmarks import processes
from sr_core import Picture, engines, write

TILES = (0, 160)


def report(name: str, *, side: int) -> str:
    """Return a table in Markdown, with a row per engine, precision and tile, for ``side x side`` LR px."""
    lines = [
        f"\n`python -m sr_core -n {name}`, {side} x {side} LR px, each in a fresh process\n",
        "| engine | precision | tile | seconds | peak RSS MB |",
        "| --- | --- | ---: | ---: | ---: |",
    ]
    with tempfile.TemporaryDirectory() as folder:
        picture = Path(folder) / "picture.png"
        write(picture, Picture(clouds(side)))
        for kind, options, tile in product(engines.installed(), ((), ("--fp32",)), TILES):
            command = [sys.executable, "-m", "sr_core", str(picture), "-o", f"{folder}/big.png"]
            command += ["-n", name, "-t", str(tile), "--engine", kind, *options]
            seconds, peak, _ = processes.measure(command)
            cells = [kind, "float32" if options else "auto", tile or "chosen", f"{seconds:.1f}"]
            lines.append(f"| {' | '.join(map(str, cells))} | {peak / 1e6:,.0f} |")
    return "\n".join(lines)


def clouds(side: int) -> np.ndarray:
    """Make a deterministic picture that is neither flat nor noise."""
    rows, columns = np.mgrid[0:side, 0:side] / 40.0
    waves = [np.sin(rows * (c + 1) + np.cos(columns * (3 - c))) for c in range(3)]
    return ((np.stack(waves, axis=-1) + 1) * 127.5).astype(np.uint8)
