"""Measures ``python -m sr_core bulk`` on two Ray nodes: its overhead, and the effect of kills.

python -m benchmarks.bulk             # writes to docs/results/reliability.md
"""

import argparse
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import numpy as np
from PIL import Image

from benchmarks import cluster_nodes, reliability
from benchmarks.cluster_nodes import Nodes, Run, results
from sr_core import jobs

SHEET = Path("docs") / "results" / "crops_x4_clean.webp"
_SEED = 0
_MILLIONS, _NODES = 10, 100
_NAMES = 100_000


class Rate(NamedTuple):
    """The rate of a run from its first result to its last, and its cost.

    Attributes
    ----------
    wall : float
        Pictures per second.
    processor : float
        CPU time in s per picture, of the command and all of Ray's processes.
    early, late : float
        Largest RSS in MB of a process with a network, after a fifth of the results and at the end.
    start : float
        s until the first result.
    """

    wall: float
    processor: float
    early: float
    late: float
    start: float


def main() -> int:
    """Measure, print the tables, and write them to docs/results/reliability.md."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.bulk",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--pictures", type=int, default=500, help="enlarged while workers are killed")
    parser.add_argument("--timed", type=int, default=500, help="enlarged in each way to measure its rate")
    parser.add_argument("--rounds", type=int, default=1, help="of each way, alternating")
    parser.add_argument("--weights", default="edsr_x4")
    parser.add_argument("--price", type=float, default=0.10, help="assumed per machine and hour, in $")
    options = parser.parse_args()
    cluster_nodes.repository_on_path()
    with tempfile.TemporaryDirectory(prefix="bulk") as folder:
        source, expected = Path(folder) / "in", Path(folder) / "expected"
        pixels = make_pictures(source, options.pictures)
        make_pictures(Path(folder) / "timed", options.timed)
        # Fixed, because on a busy machine processes may choose different precisions, and files are compared.
        shared = ["-n", options.weights, "--fp32"]
        rates = compare(Path(folder) / "timed", Path(folder) / "expected_timed", shared, options.rounds)
        command = [sys.executable, "-m", "sr_core", str(source), "-o", str(expected), *shared]
        Run(command, expected).wait()
        killed = kill(source, expected, shared)
        sizes = [sum(path.stat().st_size for path in results(where)) for where in (source, expected)]
    table = [
        "| | pictures/s | CPU s per picture | RSS after a fifth, MB | at the end, MB | s to the first |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
        *(f"| {name} | {_cells(rate)} |" for name, rate in rates.items()),
    ]
    plain = rates["ordinary command"]
    ratios = [
        f"{name}: {rate.processor / plain.processor - 1:+.0%} CPU time, "
        f"{plain.wall / rate.wall - 1:+.0%} wall time"
        for name, rate in rates.items()
        if rate is not plain
    ]
    text = "\n".join(
        [
            f"{options.timed} pictures of 32 to 96 px (crops of {SHEET}, on average "
            f"{pixels / options.pictures:,.0f} px), `{options.weights}` in float32; medians, "
            f"where rounds were repeated (here: {options.rounds}).\n",
            *table,
            "\nCompared with the ordinary command: " + "; ".join(ratios) + ".",
            "\n### Kills\n",
            killed,
            f"\n### {_MILLIONS} million such pictures on {_NODES} such machines\n",
            sheet(max(rates.values()), rates, options, sizes),
        ]
    )
    print(text)
    reliability.record("Bulk", "python -m benchmarks.bulk", text)
    return 0


def make_pictures(folder: Path, count: int) -> int:
    """Write crops of one sheet, the same each time; return their total number of pixels."""
    folder.mkdir(parents=True)
    whole = np.asarray(Image.open(SHEET).convert("RGB"))
    random, pixels = np.random.default_rng(_SEED), 0
    for number in range(count):
        height, width = random.integers(32, 97, 2)
        top, left = random.integers(0, whole.shape[0] - height), random.integers(0, whole.shape[1] - width)
        crop = whole[top : top + height, left : left + width]
        Image.fromarray(crop).save(folder / f"picture_{number:05d}.png")
        pixels += crop.shape[0] * crop.shape[1]
    return pixels


def compare(source: Path, expected: Path, options: list[str], rounds: int) -> dict[str, Rate]:
    """Enlarge alternately with the ordinary command, one worker and two; check that the files are equal."""
    total = len(results(source))
    rates: dict[str, list[Rate]] = {}

    def measure(name: str, command: list[str], output: Path, nodes: Nodes | None = None) -> None:
        began = time.time()
        run = Run([sys.executable, "-m", "sr_core", *command, *options], output, nodes)
        run.wait()
        rates.setdefault(name, []).append(_rate(run, began))
        check(output, expected, total)

    with Nodes(2) as one:
        for number in range(rounds):
            output = expected if number == 0 else expected.with_name(f"plain{number}")
            measure("ordinary command", [str(source), "-o", str(output)], output)
            output = expected.with_name(f"one{number}")
            command = ["bulk", str(source), str(output), "--address", one.address, "--workers", "1"]
            measure("bulk, 1 worker of 2 threads", command, output, one)
    with Nodes(1, 1) as two:
        for number in range(rounds):
            output = expected.with_name(f"two{number}")
            command = ["bulk", str(source), str(output), "--address", two.address, "--workers", "2"]
            measure("bulk, 2 workers of 1 thread", command, output, two)
            output = expected.with_name(f"plain_{number}")
            measure("ordinary command", [str(source), "-o", str(output)], output)
    return {name: Rate(*map(median, zip(*several, strict=True))) for name, several in rates.items()}


def kill(source: Path, expected: Path, options: list[str]) -> str:
    """Kill a worker, then a whole node; return a description of the outcome."""
    total, output = len(results(source)), expected.with_name("killed")
    with Nodes(1, 1) as nodes:
        command = ["bulk", str(source), str(output), "--address", nodes.address, "--workers", "2"]
        command = [sys.executable, "-m", "sr_core", *command, *options]
        began = time.time()
        run = Run(command, output, nodes)
        _wait_for(run, total // 8)
        run.kill()
        kept = run.count()
        run = Run(command, output, nodes)
        _wait_for(run, total // 4)
        victim = nodes.workers()[0]
        victim.kill()
        first = run.count()
        _wait_for(run, total // 2)
        second = run.count()
        nodes.lose(1)
        run.wait()
    check(output, expected, total)
    left = [path for path in output.rglob(".*") if path.is_file()]
    return (
        f"`kill -9` of the command after {kept} of {total} results (it was then started again), of a worker "
        f"after {first}, and of all processes of one of the two nodes after {second}: the second one ended "
        f"with 0, {time.time() - began:,.0f} s after the first began; {total} of "
        f"{total} pictures are there, each once, with the bytes of the "
        f"ordinary command; half-written files under a hidden name: {len(left)}; lines in the report: "
        f"{len((output / 'report.jsonl').read_text().splitlines())}."
    )


def check(output: Path, expected: Path, total: int) -> None:
    """Check the number, names and bytes of the results."""
    made = {path.name: path.read_bytes() for path in results(output)}
    if len(made) != total or made != {path.name: path.read_bytes() for path in results(expected)}:
        raise RuntimeError(f"{output} differs from {expected}: {len(made)} of {total} pictures.")


def sheet(best: Rate, rates: dict[str, Rate], options: argparse.Namespace, sizes: list[int]) -> str:
    """Return a table that extrapolates the measurements to very many pictures."""
    name = next(name for name, rate in rates.items() if rate is best)
    many = _MILLIONS * 10**6
    per_node = many / _NODES
    seconds = per_node / best.wall
    read, written = (size / options.pictures for size in sizes)
    planning, memory = _planning()
    hours = seconds / 3600
    rows = {
        f"rate of one machine ({name})": f"{best.wall:.1f} pictures/s",
        f"time for {per_node:,.0f} pictures on each": f"{hours:,.1f} h",
        "read and written by each machine": f"{read * best.wall / 1e3:,.0f} and "
        f"{written * best.wall / 1e3:,.0f} kB/s",
        "read and written by all together": f"{_NODES * read * best.wall / 1e6:,.1f} and "
        f"{_NODES * written * best.wall / 1e6:,.1f} MB/s",
        "read and written in all": f"{many * read / 1e9:,.0f} and {many * written / 1e9:,.0f} GB",
        "requests to a store": f"{_NODES * 3 * best.wall:,.0f} a second (exists, read, write)",
        "from the start to the first result": f"{best.start:,.0f} s, {best.start / seconds:.2%} of the time",
        "memory of a worker": f"{best.late:,.0f} MB",
        "planning all names in one command": f"{planning * many / 60:,.0f} min, "
        f"{memory * many / 1e9:,.0f} GB; of one million {memory * 1e6 / 1e9:,.1f} GB",
        f"cost at ${options.price:.2f} an hour (assumed)": f"${hours * _NODES * options.price:,.0f}, "
        f"${hours * _NODES * options.price / _MILLIONS:,.2f} a million",
    }
    return "\n".join(["| | |", "| --- | ---: |", *(f"| {key} | {value} |" for key, value in rows.items())])


def _planning() -> tuple[float, float]:
    """Return the CPU time in s and the peak memory in bytes of planning, per picture."""
    before, began = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    paths = [(Path(f"/pictures/{i:08d}.png"), Path(f"{i:08d}.png")) for i in range(_NAMES)]
    jobs.of_folder(paths, Path("/pictures"), target=Path("/results"), extension="auto", suffix="_x4")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (time.process_time() - began) / _NAMES, (peak - before) * 1024 / _NAMES


def _rate(run: Run, began: float) -> Rate:
    times = sorted(path.stat().st_mtime for path in results(run.output))
    # The first tenth is left out, because the first picture on each node includes compilation.
    first, last = times[len(times) // 10], times[-1]
    counted = len(times) - 1 - len(times) // 10
    when, used, sizes, _ = np.transpose(run.samples)
    processor = np.interp(last, when, used) - np.interp(first, when, used)
    fifth = sizes[when <= times[len(times) // 5]]
    early = fifth[-1] if len(fifth) else sizes[0]
    late = sizes[when <= last][-3:].max()
    return Rate(counted / (last - first), processor / counted, early / 1e6, late / 1e6, times[0] - began)


def _cells(rate: Rate) -> str:
    return (
        f"{rate.wall:.2f} | {rate.processor:.3f} | {rate.early:,.0f} | {rate.late:,.0f} | {rate.start:,.0f}"
    )


def _wait_for(run: Run, count: int) -> None:
    while run.count() < count:
        time.sleep(0.1)


if __name__ == "__main__":
    sys.exit(main())
