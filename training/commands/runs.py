"""What the commands `fit` and `gan` share: options, pictures, and the arguments of a run."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_core.errors import DatasetError, OptionError
from training.commands.options import add_layout

if TYPE_CHECKING:
    from training.data.datasets import Pair


def add_run(parser: argparse.ArgumentParser, *, folder: str) -> None:
    """Add the options of every training; `folder` is shown as the default of --run."""
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="DIR", help="folders of pictures to train on"
    )
    parser.add_argument("--val", type=Path, nargs="+", metavar="DIR", help="folders of photos to validate on")
    add_layout(parser)
    parser.add_argument(
        "--exclude", nargs="+", default=[], metavar="PATTERN", help="training file names to leave out"
    )
    length = parser.add_mutually_exclusive_group()
    length.add_argument("--minutes", type=float, help="length of the run in minutes of training")
    length.add_argument("--steps", type=int, help="length of the run in steps")
    parser.add_argument("--run", type=Path, metavar="DIR", help=f"folder of the run (default {folder})")
    parser.add_argument("--workers", type=int, default=2, help="threads that prepare patches (default 2)")


def pictures(options: argparse.Namespace, scale: int) -> tuple[list["Pair"], list["Pair"]]:
    """Return the pairs to train on and those to validate on."""
    from training.data import layouts

    reading = {"scale": scale, "cache": options.cache, "log": _print_line}
    if options.layout == "photos":
        if not options.val:
            raise OptionError("Photos come without a validation part; name other folders with --val DIR.")
        training = layouts.load("photos", options.data, exclude=options.exclude, **reading)
        return training.training, layouts.load("photos", options.val, **reading).training
    if options.val:
        raise OptionError(f"The layout {options.layout} has a validation part of its own; leave --val out.")
    parts = ("training", "validation")
    splits = layouts.load(
        options.layout, options.data, split=options.split, exclude=options.exclude, parts=parts, **reading
    )
    if not (splits.training and splits.validation):
        raise DatasetError(
            "This dataset has too few pictures for a training and a validation part; for kaggle, --split "
            f"shuffled needs ten only. Received: {len(splits.training)} and {len(splits.validation)}"
        )
    return splits.training, splits.validation


def arguments(options: argparse.Namespace, command: str) -> dict[str, Any]:
    """Return the arguments common to both kinds of run; `command` is how it was typed."""
    about = {"command": command, "layout": options.layout}
    if options.layout == "kaggle":
        about["split"] = options.split
    return {"minutes": options.minutes, "workers": options.workers, "about": about, "log": _print_line}


def _print_line(line: str) -> None:
    print(line, flush=True)
