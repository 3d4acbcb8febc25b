"""``python -m sr_core``: enlarge pictures from the command line."""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sr_core import files, jobs, shared_options
from sr_core.errors import SuperResError
from sr_core.estimate import Progress
from sr_core.files import storage
from sr_core.jobs import Job
from sr_core.messages import describe_error, print_line
from sr_core.picture import Picture
from sr_core.result import Result
from sr_core.upscaler import Upscaler

if TYPE_CHECKING:
    from rich.console import Console

DESCRIPTION = """\
Enlarge pictures with a super-resolution network.

  {command} photo.jpg -o big.png
  {command} photo.jpg --longest 2000 -f jpg
  {command} holiday/ -o holiday-x4/ --recursive --resume

Very many pictures, on this machine or a Ray cluster: {command} bulk --help
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when every picture was enlarged, 1 when any was not, 2 for bad options."""
    from rich.console import Console

    arguments = sys.argv[1:] if arguments is None else arguments
    if arguments[:1] == ["bulk"]:
        from sr_core.bulk import command

        return command.main(arguments[1:])
    options = _parser().parse_intermixed_args(arguments)
    console = Console(stderr=True)
    try:
        return _enlarge(options, console)
    except Exception as error:
        print_line(console, f"error: {describe_error(error, debug=options.debug)}")
        return 2 if isinstance(error, SuperResError) else 1


def _enlarge(options: argparse.Namespace, console: "Console") -> int:
    plan = jobs.plan(
        [*options.pictures, *options.input],
        target=options.output,
        extension=options.ext,
        suffix=shared_options.suffix(options),
        recursive=options.recursive,
    )
    everything = plan.jobs
    for message in plan.messages:
        print_line(console, message)
    # All pictures of a run are written in one format.
    result = shared_options.result(options, everything[0].format)
    todo = [job for job in everything if not (options.resume and jobs.is_done(job))]
    if len(todo) < len(everything):
        print_line(console, f"{len(everything) - len(todo)} of {len(everything)} are done already")
    if not todo:
        return 1 if plan.unreadable else 0
    upscaler = shared_options.upscaler(options)
    return _run(todo, upscaler, result, console, options.debug) or (1 if plan.unreadable else 0)


def _parser() -> argparse.ArgumentParser:
    parser = shared_options.parser(DESCRIPTION)
    add = parser.add_argument
    add("pictures", nargs="*", type=Path, metavar="PICTURE", help="pictures or folders; - is standard input")
    add("-i", "--input", nargs="+", type=Path, default=[], metavar="PICTURE", help="the same, as an option")
    add(
        "-o",
        "--output",
        type=Path,
        help="a file for one picture (- is standard output), else a folder (default: beside the original)",
    )
    add("--resume", action="store_true", help="skip pictures whose output exists")
    shared_options.add_to(parser)
    return parser


def _run(todo: Sequence[Job], upscaler: Upscaler, result: Result, console: "Console", debug: bool) -> int:
    from rich import progress as rich

    failed = 0
    columns = (
        rich.TextColumn("{task.description}", markup=False),
        rich.BarColumn(),
        rich.TimeRemainingColumn(),
    )
    with rich.Progress(*columns, console=console) as bars:
        for number, job in enumerate(todo, start=1):
            bar = bars.add_task(f"{number}/{len(todo)} {job.source.name}", total=None)

            def show(progress: Progress, bar=bar) -> None:
                bars.update(bar, completed=progress.done, total=progress.total)

            try:
                jobs.check_name(job.target)
                small = _read(job.source)
                size, losses = result.check(small, reach=upscaler.scale)
                for loss in losses:
                    print_line(bars.console, f"{job.source}: {loss}")
                data, choice = result.make(small, size, upscaler, progress=show)
                _write(job.target, data)
            except Exception as error:
                # Even a bug, or lack of memory, must not stop the others.
                failed += 1
                print_line(bars.console, f"{job.source}: {describe_error(error, debug=debug)}")
            else:
                how = f"; {choice}" if str(choice) else ""
                print_line(
                    bars.console, f"{job.source} -> {job.target} ({size.height} x {size.width} px{how})"
                )
            bars.remove_task(bar)
    if failed:
        print_line(console, f"{failed} of {len(todo)} pictures could not be enlarged")
    return 1 if failed else 0


def _read(source: Path) -> Picture:
    if source != jobs.STREAM:
        return files.read(source)
    return files.decode(sys.stdin.buffer.read(files.DEFAULT_LIMITS.max_bytes + 1))


def _write(target: Path, data: bytes) -> None:
    if target == jobs.STREAM:
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
    else:
        storage.write_new(target, data)
