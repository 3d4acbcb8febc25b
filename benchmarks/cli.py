"""Measures speed and memory, and writes docs/results/benchmarks.md: ``python -m benchmarks``."""

import argparse
import datetime
import os
import platform
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from benchmarks import growth, memory, peers, speed
from sr_core.engines.processor import cpu_has_bfloat16
from sr_core.files.storage import write_bytes

RESULTS = Path("docs") / "results" / "benchmarks.md"
_LIBRARIES = ("tensorflow", "openvino", "onnxruntime", "torch")
_HEADER = """\
# Speed and memory

Written by `make benchmark`; do not edit. {machine}.

Times vary from machine to machine and from hour to hour: compare only figures of one table.

GFLOP/s refer to the network as published, even if less was computed. The first tables compare enlarging whole
pictures with this project and with the alternatives, using the same weights: the rows of a table were
measured in turns, each in its own processes.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Print the tables of one benchmark, or write all of them to `RESULTS`."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument(
        "which", nargs="?", choices=("peers", "speed", "memory", "growth", "all"), default="all"
    )
    parser.add_argument("--weights", default="edsr_x4", help="name in the catalogue, or path of a .h5")
    parser.add_argument(
        "--side", type=int, default=1024, help="sides of the picture for the memory table, in LR px"
    )
    parser.add_argument("-o", "--output", type=Path, help=f"file to write (default for all: {RESULTS})")
    options = parser.parse_args(arguments)
    output = options.output or (RESULTS if options.which == "all" else None)
    chart = (output or RESULTS).with_name(f"growth_{options.weights}.png")
    parts = {
        "peers": lambda: peers.report(options.weights),
        "speed": lambda: [speed.report(options.weights)],
        "memory": lambda: [memory.report(options.weights, side=options.side)],
        "growth": lambda: [growth.report(options.weights, chart)],
    }
    tables = []
    for name, report in parts.items():
        if options.which in (name, "all"):
            for table in report():
                print(table, flush=True)
                tables.append(table)
    if output is not None:
        text = _HEADER.format(machine=_machine()) + "\n".join(tables) + "\n"
        write_bytes(output, text.encode())
    return 0


def _machine() -> str:
    # The distribution of TensorFlow has other names on some platforms.
    installed = metadata.packages_distributions()
    versions = [
        f"{module} {metadata.version(installed[module][0])}" for module in _LIBRARIES if module in installed
    ]
    cores = f"{os.cpu_count()} cores of {platform.machine()} {'with' if cpu_has_bfloat16() else 'without'}"
    return f"{datetime.date.today():%B %Y}, {cores} bfloat16, {', '.join(versions)}"
