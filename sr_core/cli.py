"""``python -m sr_core``: enlarge pictures from the command line."""

import argparse
import sys
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sr_core import engines, files, jobs, sizing, weights
from sr_core.errors import OptionError, SuperResError
from sr_core.estimate import Progress
from sr_core.files import OutputFormat, Provenance
from sr_core.jobs import Job
from sr_core.picture import Picture
from sr_core.sizing import TargetSize
from sr_core.upscaler import CleanUp, Upscaler

if TYPE_CHECKING:
    from rich.console import Console

DESCRIPTION = """\
Enlarge pictures with a super-resolution network.

  {command} photo.jpg -o big.png
  {command} photo.jpg --longest 2000 -f jpg
  {command} holiday/ -o holiday-x4/ --recursive --resume
"""


@dataclass(frozen=True, slots=True)
class Result:
    """What every picture of one run becomes."""

    target_size: TargetSize
    output: OutputFormat
    debug: bool
    self_ensemble: bool
    keep_metadata: bool
    keep_provenance: bool


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; return 0 when every picture was enlarged, 1 when any was not, 2 for bad options."""
    from rich.console import Console

    options = _parser().parse_intermixed_args(arguments)
    console = Console(stderr=True)
    try:
        return _enlarge(options, console)
    except Exception as error:
        _tell(console, "error", error, debug=options.debug)
        return 2 if isinstance(error, SuperResError) else 1


def _enlarge(options: argparse.Namespace, console: "Console") -> int:
    card, target_size = _card(options), TargetSize(None, options.width, options.height, options.longest)
    plan = jobs.plan(
        [*options.pictures, *options.input],
        target=options.output,
        extension=options.ext,
        suffix=target_size.suffix(card.scale) if options.suffix is None else options.suffix,
        recursive=options.recursive,
    )
    everything = plan.jobs
    for sentence in plan.passed_over:
        _say(console, sentence)
    # All of one run are written in one format.
    written = OutputFormat(everything[0].format, options.quality, options.lossless)
    todo = [job for job in everything if not (options.resume and jobs.is_done(job))]
    if len(todo) < len(everything):
        _say(console, f"{len(everything) - len(todo)} of {len(everything)} are done already")
    if not todo:
        return 1 if plan.unreadable else 0
    machine = Upscaler(
        card,
        engine=options.engine,
        precision="float32" if options.fp32 else "auto",
        gpu=options.gpu_id,
        tile=options.tile,
        halo=options.halo,
        clean_up=options.clean_up,
    )
    result = Result(
        target_size,
        written,
        debug=options.debug,
        self_ensemble=options.self_ensemble,
        keep_metadata=not options.strip,
        keep_provenance=not options.no_provenance,
    )
    return _run(todo, machine, result, console) or (1 if plan.unreadable else 0)


def _parser() -> argparse.ArgumentParser:
    # Installed from the wheel, the command has a name of its own.
    command = "superres" if Path(sys.argv[0]).stem == "superres" else "python -m sr_core"
    parser = argparse.ArgumentParser(
        prog=command,
        description=DESCRIPTION.format(command=command),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("pictures", nargs="*", type=Path, metavar="PICTURE", help="pictures or folders; - is standard input")
    add("-i", "--input", nargs="+", type=Path, default=[], metavar="PICTURE", help="the same, as an option")
    add(
        "-o",
        "--output",
        type=Path,
        help="a file for one picture (- is standard output), else a folder (default: beside the original)",
    )
    add(
        "-s",
        "--scale",
        type=int,
        help="enlargement (default: that of the weights; alone, it chooses edsr_xSCALE)",
    )
    add("--width", type=int, metavar="PX", help="exact width of the result; the height follows")
    add("--height", type=int, metavar="PX", help="exact height; with --width, as large as fits into both")
    add("--longest", type=int, metavar="PX", help="exact length of the longer side")
    add("-n", "--model", help="name of the weights, or path of a .h5 with its card (default edsr_x4)")
    add(
        "-t",
        "--tile",
        type=int,
        default=0,
        help="side of a tile in LR px, overlap included; 0 chooses (default)",
    )
    add("--halo", type=int, help="overlap of a tile in LR px (default: what the weights need)")
    add("-g", "--gpu-id", type=int, help="which GPU; -1 is the CPU (default: the first GPU if there is one)")
    add(
        "--engine",
        choices=engines.KINDS,
        default="auto",
        help="what runs the network (default auto: OpenVINO where it is installed and no GPU is used)",
    )
    add("--fp32", action="store_true", help="compute in float32 also where bfloat16 is faster")
    add(
        "-f",
        "--ext",
        choices=("auto", "png", "jpg", "webp"),
        default="auto",
        help="format to write (default: auto)",
    )
    add("-q", "--quality", type=int, default=95, help="of JPEG and WebP, 1 to 100 (default 95)")
    add("--lossless", action="store_true", help="exact WebP")
    add(
        "--strip",
        action="store_true",
        help="leave EXIF, XMP, IPTC and texts out: camera, author, date, place and all",
    )
    add("--no-provenance", action="store_true", help="do not write into the file how it was made")
    add("--suffix", help="what is added to the file name (default _xSCALE, or _wPX, _hPX, _longestPX)")
    add(
        "-x",
        "--self-ensemble",
        action="store_true",
        help="average eight flips and rotations: better, 8 x slower",
    )
    add(
        "--clean-up",
        type=clean_up,
        default="auto",
        metavar="auto|0..1",
        help="take out JPEG blocks and grain: 0 not at all, 1 fully (default auto: what the picture needs)",
    )
    add("-r", "--recursive", action="store_true", help="search folders with their sub-folders")
    add("--resume", action="store_true", help="skip pictures whose output exists")
    add("--debug", action="store_true", help="show of every error where in the program it arose")
    return parser


def clean_up(text: str) -> CleanUp:
    """Read the value of ``--clean-up``."""
    if text == "auto":
        return "auto"
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise argparse.ArgumentTypeError(f"auto, or a number from 0 to 1, is expected; received {text!r}")
    return strength


def _card(options: argparse.Namespace) -> weights.WeightsCard:
    card = weights.find(options.model or f"edsr_x{options.scale or 4}")
    if options.scale not in (None, card.scale):
        raise OptionError(
            f"These weights enlarge ×{card.scale}; leave --scale out or choose other weights; "
            f"received {options.scale}."
        )
    return card


def _run(todo: Sequence[Job], machine: Upscaler, result: Result, console: "Console") -> int:
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
                size = sizing.fit(small.height, small.width, result.target_size, reach=machine.scale)
                for sentence in _check(small, size, result):
                    _say(bars.console, f"{job.source}: {sentence}")
                choice = machine.choose_clean_up(small)
                large = machine.upscale(
                    small,
                    size=size,
                    clean_up=choice.strength,
                    self_ensemble=result.self_ensemble,
                    progress=show,
                )
                _write(job, large, machine.provenance_of(choice.strength), result)
            except Exception as error:
                # Also a bug, or no memory left, is no reason to leave the others undone.
                failed += 1
                _tell(bars.console, str(job.source), error, debug=result.debug)
            else:
                how = f"; {choice}" if str(choice) else ""
                _say(bars.console, f"{job.source} -> {job.target} ({size.height} x {size.width} px{how})")
            bars.remove_task(bar)
    if failed:
        _say(console, f"{failed} of {len(todo)} pictures could not be enlarged")
    return 1 if failed else 0


def _say(console: "Console", text: str) -> None:
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def _tell(console: "Console", subject: str, error: Exception, *, debug: bool) -> None:
    """Say what went wrong, and where it arose if that is asked for."""
    if isinstance(error, SuperResError):
        _say(console, f"{subject}: {error}")
    else:
        hint = "" if debug else "; --debug shows where it arose"
        _say(console, f"{subject}: unexpected {type(error).__name__}: {error}{hint}")
    if debug:
        _say(console, "".join(traceback.format_exception(error)))


def _check(small: Picture, size: sizing.Size, result: Result) -> tuple[str, ...]:
    """Return what the picture will lose; fail now rather than after the work if it cannot be written."""
    kept = small.exif if result.keep_metadata else None
    files.check_encodable(*size, result.output.format, exif_bytes=len(kept or b""))
    return files.losses(small, result.output, keep_metadata=result.keep_metadata)


def _read(source: Path) -> Picture:
    if source != jobs.STREAM:
        return files.read(source)
    return files.decode(sys.stdin.buffer.read(files.DEFAULT_LIMITS.max_bytes + 1))


def _write(job: Job, large: Picture, provenance: Provenance, result: Result) -> None:
    made = provenance if result.keep_provenance else None
    if job.target == jobs.STREAM:
        data = files.encode(large, result.output, keep_metadata=result.keep_metadata, provenance=made)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return
    try:
        job.target.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"The folder {job.target.parent} cannot be made: {error.strerror}.") from error
    files.write(job.target, large, result.output, keep_metadata=result.keep_metadata, provenance=made)
