"""``python -m training fit``: train a network from folders of pictures."""

import argparse
import dataclasses
from pathlib import Path
from typing import Any, cast

from sr_core.errors import OptionError
from training.commands import runs
from training.commands.options import json_object
from training.recipes import LOSSES, Phase, Recipe

# What a recipe is for, where --scale is not given.
DEFAULT_SCALES = {"best": 4, "study": 1, "as-written": 1}


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("fit", help="train a network; the same command again resumes a stopped run")
    parser.add_argument("network", nargs="?", help="srcnn, vdsr, esrgan, autoencoder or edsr")
    parser.add_argument(
        "--recipe", help="best (default), study: what the original study did, as-written: to the letter"
    )
    parser.add_argument(
        "--scale", type=int, help="enlargement: 1, 2, 3 or 4 (default 4, and 1 for the study's recipes)"
    )
    runs.add_run(parser, folder="runs/NETWORK_xSCALE")
    parser.add_argument(
        "--start-from", type=Path, metavar="FILE", help="weights to begin with, e.g. those of x2"
    )
    parser.add_argument(
        "--branch",
        type=Path,
        metavar="DIR",
        help="the folder of a run with --schedule constant: a copy of it goes on while its rate falls",
    )
    parser.add_argument(
        "--hyperparameters", type=json_object, metavar="JSON", help="""e.g. '{"blocks": 32}'"""
    )
    parser.add_argument("--patch", type=int, help="side of an LR patch in LR px")
    parser.add_argument(
        "--phases",
        type=_phase,
        nargs="+",
        metavar="BEGINS:PATCH:BATCH[:LOSS]",
        help="later parts of the run, e.g. 0.6:48:8 0.9:64:4:mse",
    )
    parser.add_argument(
        "--degradation",
        choices=("bicubic", "photo"),
        help="LR as the pictures come with it (default), or with noise and JPEG drawn for each patch",
    )
    parser.add_argument("--optimizer", choices=("muon", "adam"), help="what turns gradients into steps")
    parser.add_argument("--rate", type=float, help="peak learning rate")
    parser.add_argument("--final-rate", type=float, help="learning rate at the end")
    parser.add_argument("--warmup", type=float, help="share of the run in which the rate rises to its peak")
    parser.add_argument(
        "--warmup-steps", type=int, help="the same for a run with --schedule constant, in steps"
    )
    parser.add_argument(
        "--schedule",
        choices=("cosine", "step", "linear", "1-sqrt", "constant"),
        help="how the learning rate falls; constant: never, and the run has no end",
    )
    parser.add_argument("--loss", choices=LOSSES, help="pixel loss")
    parser.add_argument(
        "--lines",
        type=float,
        metavar="SHARE",
        help="share of patches drawn by straight edges, as of buildings and letters, not by all detail",
    )
    parser.add_argument(
        "--ema", type=float, help="momentum of the averaged weights; 0 validates the weights as they are"
    )
    parser.add_argument(
        "--score-training", type=int, help="training pictures to score whole, for the over-fitting gap"
    )
    parser.add_argument(
        "--monitor", choices=("psnr", "loss"), help="validation score that chooses the best weights"
    )
    parser.add_argument(
        "--patience", type=int, help="validations without improvement before stopping; 0: never"
    )
    parser.add_argument(
        "--all-devices", action="store_true", help="divide each batch among all devices (KERAS_BACKEND=jax)"
    )
    parser.add_argument(
        "--xla",
        action="store_true",
        help="compile with XLA on a CPU too: faster on processors without AVX-512",
    )
    parser.add_argument(
        "--resident",
        action="store_true",
        help="keep the photos on the device, for an accelerator: see docs/training.md",
    )
    parser.add_argument(
        "--tensorboard", action="store_true", help="also write TensorBoard logs (pip install tensorboard)"
    )
    parser.set_defaults(act=run)


def _phase(text: str) -> Phase:
    begins, patch, batch, *loss = text.split(":")
    try:
        return Phase(float(begins), int(patch), int(batch), *cast(Any, loss))  # which checks the loss
    except OptionError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from training.fit import psnr

    chosen, folder = _recipe(options)
    training, validation = runs.pictures(options, chosen.scale)
    result = psnr.run(
        chosen,
        training,
        validation,
        folder=folder,
        minutes=options.minutes,
        steps=options.steps,
        start_from=options.start_from,
        trunk=options.branch,
        about=runs.about(options, command),
        workers=options.workers,
        all_devices=options.all_devices,
        xla=options.xla,
        resident=options.resident,
        tensorboard=options.tensorboard,
        log=lambda line: print(line, flush=True),
    )
    if chosen.open_ended:
        print(f"stopped at step {result.state.steps}; the same command goes on, --branch {folder} releases")
    else:
        print(f"best weights: {result.folder.best}, validation score {result.state.best_score}")


def _recipe(options: argparse.Namespace) -> tuple[Recipe, Path]:
    """Return the recipe that is wanted, and the folder of the run."""
    from training import recipes
    from training.fit import branch, precision

    given = {
        field.name: value
        for field in dataclasses.fields(Recipe)
        if (value := getattr(options, field.name, None)) is not None
    }
    if "phases" in given:
        given["phases"] = tuple(given["phases"])
    if options.branch:
        if options.start_from or options.recipe:
            raise OptionError(
                "A branch begins with its trunk and its recipe; leave --start-from and --recipe out."
            )
        folder = options.run or options.branch.with_name(options.branch.name + "_release")
        return branch.recipe(options.branch, folder, given), folder
    if options.network is None:
        raise OptionError("Name the network to train: srcnn, vdsr, esrgan, autoencoder or edsr.")
    name = options.recipe or "best"
    scale = given.pop("scale", DEFAULT_SCALES.get(name, 4))
    chosen = recipes.recipe(options.network, scale=scale, name=name)
    folder = options.run or Path("runs") / f"{chosen.network}_x{chosen.scale}"
    given["hyperparameters"] = {**chosen.hyperparameters, **given.get("hyperparameters", {})}
    if given.get("schedule") == "constant":
        given.pop("steps", None)  # which are those of this sitting
    return dataclasses.replace(chosen, **{"precision": precision.choose(folder), **given}), folder
