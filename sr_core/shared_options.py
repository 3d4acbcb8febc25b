"""The options shared by ``python -m sr_core`` and ``python -m sr_core bulk``."""

import argparse
import sys
from pathlib import Path
from typing import Any

from sr_core import engines, jobs, weights
from sr_core.errors import OptionError
from sr_core.files import OutputFormat
from sr_core.result import Result
from sr_core.sizing import TargetSize
from sr_core.upscaler import CleanUp, Upscaler
from sr_core.weights import WeightsCard


def parser(description: str, name: str = "") -> argparse.ArgumentParser:
    """Return a parser for the command or its subcommand `name`; fills in ``{command}`` in `description`."""
    # Installed from the wheel, the command has its own name.
    program = "superres" if Path(sys.argv[0]).stem == "superres" else "python -m sr_core"
    command = f"{program} {name}".strip()
    return argparse.ArgumentParser(
        prog=command,
        description=description.format(command=command),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )


def add_to(parser: argparse.ArgumentParser) -> None:
    """Add the options that both commands have."""
    add = parser.add_argument
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
        help="side of a tile in LR px, including the overlap; 0 chooses (default)",
    )
    add("--halo", type=int, help="overlap of tiles in LR px (default: what the weights need)")
    add("-g", "--gpu-id", type=int, help="which GPU; -1 is the CPU (default: the first GPU if there is one)")
    add(
        "--engine",
        choices=engines.KINDS,
        default="auto",
        help="what runs the network (default auto: OpenVINO if it is installed and no GPU is used)",
    )
    add("--fp32", action="store_true", help="compute in float32 even where bfloat16 is faster")
    add(
        "-f",
        "--ext",
        choices=("auto", "png", "jpg", "webp"),
        default="auto",
        help="format to write (default: auto)",
    )
    add("-q", "--quality", type=int, default=95, help="of JPEG and WebP, 1 to 100 (default 95)")
    add("--lossless", action="store_true", help="lossless WebP")
    add(
        "--strip",
        action="store_true",
        help="leave out EXIF, XMP, IPTC and texts: camera, author, date, place and the rest",
    )
    add("--no-provenance", action="store_true", help="do not write model, scale and version into the file")
    add("--suffix", help="added to the file name (default _xSCALE, or _wPX, _hPX, _longestPX)")
    add(
        "-x",
        "--self-ensemble",
        action="store_true",
        help="average over eight flips and rotations: better, 8 x slower",
    )
    add(
        "--clean-up",
        type=clean_up,
        default="auto",
        metavar="auto|0..1",
        help="remove JPEG blocks and grain: 0 not at all, 1 fully (default auto: what the picture needs)",
    )
    add("-r", "--recursive", action="store_true", help="search folders with their subfolders")
    add("--debug", action="store_true", help="show a traceback for every error")


def clean_up(text: str) -> CleanUp:
    """Parse the value of ``--clean-up``."""
    if text == "auto":
        return "auto"
    try:
        strength = float(text)
    except ValueError:
        strength = -1.0
    if not 0 <= strength <= 1:
        raise argparse.ArgumentTypeError(f"auto, or a number from 0 to 1, is expected; received {text!r}")
    return strength


def card(options: argparse.Namespace) -> WeightsCard:
    """Return the card of the selected weights.

    Raises
    ------
    WeightsError, OptionError
    """
    found = weights.find(options.model or f"edsr_x{options.scale or 4}")
    if options.scale not in (None, found.scale):
        raise OptionError(
            f"These weights enlarge ×{found.scale}; leave out --scale or choose other weights; "
            f"received {options.scale}."
        )
    return found


def target_size(options: argparse.Namespace) -> TargetSize:
    """Return the requested size."""
    return TargetSize(None, options.width, options.height, options.longest)


def suffix(options: argparse.Namespace) -> str:
    """Return the suffix for file names."""
    reach, size = card(options).scale, target_size(options)
    return size.suffix(reach) if options.suffix is None else options.suffix


def result(options: argparse.Namespace, output: jobs.Format) -> Result:
    """Return the settings of the results."""
    return Result(
        target_size(options),
        OutputFormat(output, options.quality, options.lossless),
        self_ensemble=options.self_ensemble,
        keep_metadata=not options.strip,
        keep_provenance=not options.no_provenance,
    )


def upscaler(options: argparse.Namespace, **overrides: Any) -> Upscaler:
    """Create the upscaler that the options ask for; keyword arguments override them."""
    arguments: dict[str, Any] = {
        "engine": options.engine,
        "precision": "float32" if options.fp32 else "auto",
        "gpu": options.gpu_id,
        "tile": options.tile,
        "halo": options.halo,
        "clean_up": options.clean_up,
    }
    return Upscaler(card(options), **{**arguments, **overrides})
