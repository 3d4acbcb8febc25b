"""``python -m sr_core bulk``."""

import argparse
import json
import os
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_core import jobs, shared_options
from sr_core.bulk.cluster import Cluster, Outcome
from sr_core.errors import OptionError, SuperResError
from sr_core.files.store import Store
from sr_core.jobs import Job
from sr_core.messages import describe_error, print_line
from sr_core.result import Result

if TYPE_CHECKING:
    from rich.console import Console

REPORT = "report.jsonl"

DESCRIPTION = """\
Enlarge very many pictures on this machine or the machines of a Ray cluster.

  {command} photos/ photos-x4/ -r
  {command} s3://bucket/photos s3://bucket/photos-x4 -r --address ray://head:10001

Existing results are skipped, so the same command resumes an earlier one.
Pictures that cannot be enlarged do not stop the others: each gets a line in OUT/report.jsonl.
"""


def main(arguments: Sequence[str]) -> int:
    """Run the command; return 0 when every picture was enlarged, 1 when any was not, 2 for bad options."""
    from rich.console import Console

    options = _parser().parse_intermixed_args(arguments)
    console = Console(stderr=True)
    try:
        return _enlarge(options, console)
    except Exception as error:
        print_line(console, f"error: {describe_error(error, debug=options.debug)}")
        return 2 if isinstance(error, SuperResError) else 1


def _parser() -> argparse.ArgumentParser:
    parser = shared_options.parser(DESCRIPTION, "bulk")
    add = parser.add_argument
    add("source", metavar="IN", help="folder of pictures, or its URL")
    add("target", metavar="OUT", help="folder for the results, or its URL; all machines must see both")
    add(
        "--address",
        default="local",
        help="of a Ray cluster, ray://HOST:10001 or HOST:6379; auto is the one that this machine belongs to "
        "(default local: this machine alone)",
    )
    add(
        "--workers",
        type=int,
        help="networks that run at the same time and share the cores (default: one for every four cores)",
    )
    shared_options.add_to(parser)
    return parser


def _enlarge(options: argparse.Namespace, console: "Console") -> int:
    if options.workers is not None and options.workers < 1:
        raise OptionError(f"The number of workers must be above 0; received {options.workers}.")
    if options.model and Path(options.model).is_file():
        options.model = str(Path(options.model).absolute())  # Workers run in another folder.
    if options.engine == "auto":  # and in another environment
        options.engine = os.environ.get("SUPERRES_ENGINE") or "auto"
    source, target = Store(options.source), Store(options.target)
    if target.is_local and target.root.is_file():
        raise OptionError(f"The results need a folder, not a file; received {options.target}.")
    found = source.find(recursive=options.recursive)
    for message in found.messages(source.root):
        print_line(console, message)
    if not found.pictures:
        raise OptionError(f"There is no picture in that folder; received {options.source}.")
    everything = jobs.of_folder(
        [(path, path.relative_to(source.root)) for path in found.pictures],
        source.root,
        target=target.root,
        extension=options.ext,
        suffix=shared_options.suffix(options),
    )
    result = shared_options.result(options, everything[0].format)
    done = target.existing([job.target for job in everything])
    todo = [job for job in everything if job.target not in done]
    if done:
        print_line(console, f"{len(done)} of {len(everything)} are done already")
    lines = _run(todo, options, result, source, target, console) if todo else []
    failed = sum("error" in line for line in lines)
    if failed:
        print_line(
            console, f"{failed} of {len(todo)} pictures could not be enlarged: see {target.root / REPORT}"
        )
    return 1 if failed or found.unreadable else 0


def _run(
    todo: Sequence[Job],
    options: argparse.Namespace,
    result: Result,
    source: Store,
    target: Store,
    console: "Console",
) -> list[dict[str, Any]]:
    """Enlarge the pictures; return the lines of the report, which is written even after an interruption."""
    lines: list[dict[str, Any]] = []
    with Cluster(options.address, options.workers) as cluster:
        print_line(console, f"workers: {cluster.workers}, threads of each: {cluster.threads}")
        try:
            outcomes = cluster.run(todo, options, result, source, target)
            for job, report in _with_progress(outcomes, len(todo), console):
                if report:
                    lines.append({"source": str(job.source), "target": str(job.target), **report})
        finally:
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
            target.write(target.root / REPORT, text.encode())
    return lines


def _with_progress(outcomes: Iterable[Outcome], total: int, console: "Console") -> Iterator[Outcome]:
    """Yield the outcomes, showing their number, their rate, and the errors."""
    from rich import progress as rich

    columns = (
        rich.BarColumn(),
        rich.MofNCompleteColumn(),
        rich.TextColumn("{task.fields[rate]}"),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=console) as bars:
        bar, began = bars.add_task("", total=total, rate="starting the workers"), time.monotonic()
        for count, outcome in enumerate(outcomes, start=1):
            rate = count / (time.monotonic() - began)
            bars.update(bar, completed=count, rate=f"{rate:.1f} pictures/s")
            if "error" in outcome.report:
                print_line(bars.console, f"{outcome.job.source}: {outcome.report['error']}")
            yield outcome
