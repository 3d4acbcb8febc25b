"""The commands of ``python -m benchmarks``."""

import argparse
from collections.abc import Sequence

from benchmarks import memory, speed


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark, or all of them, and print tables in Markdown."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("which", nargs="?", choices=("speed", "memory", "all"), default="all")
    parser.add_argument("--weights", default="edsr_x4", help="name in the catalogue, or path of a .h5")
    parser.add_argument("--side", type=int, default=1024, help="LR side of the picture for the memory, in px")
    options = parser.parse_args(arguments)
    if options.which in ("speed", "all"):
        speed.report(options.weights)
    if options.which in ("memory", "all"):
        memory.report(options.weights, side=options.side)
    return 0
