"""``python -m training fit``: train a network from folders of pictures."""

import argparse
import dataclasses
from pathlib import Path

from sr_core.errors import OptionError
from training import settings
from training.commands import runs
from training.fit.recipe import Recipe

# Scales of the recipes where --scale is not given.
DEFAULT_SCALES = {"best": 4, "study": 1, "as-written": 1}

# Options without a value.
_SWITCHES = {
    "all-devices": "divide each batch among all devices (KERAS_BACKEND=jax)",
    "xla": "compile with XLA on a CPU too: faster on processors without AVX-512",
    "resident": "keep the photos on the device, for an accelerator: see docs/training.md",
    "tensorboard": "also write TensorBoard logs (pip install tensorboard)",
}


HELP = "train a network; the same command again resumes a stopped run"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("network", nargs="?", help="srcnn, vdsr, esrgan, autoencoder or edsr")
    parser.add_argument(
        "--recipe", help="best (default), study: what the original study did, as-written: to the letter"
    )
    parser.add_argument(
        "--scale", type=int, help="enlargement: 1, 2, 3 or 4 (default 4, and 1 for the study's recipes)"
    )
    parser.add_argument(
        "--hyperparameters", type=settings.json_object, metavar="JSON", help="""e.g. '{"blocks": 32}'"""
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
    settings.add_options(parser, Recipe)
    for name, text in _SWITCHES.items():
        parser.add_argument(f"--{name}", action="store_true", help=text)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from training.fit import psnr

    chosen, folder = _recipe(options)
    result = psnr.run(
        chosen,
        *runs.pictures(options, chosen.scale),
        folder=folder,
        steps=options.steps,
        start_from=options.start_from,
        trunk=options.branch,
        **runs.arguments(options, command),
        **{name.replace("-", "_"): getattr(options, name.replace("-", "_")) for name in _SWITCHES},
    )
    if chosen.open_ended:
        print(f"stopped at step {result.state.steps}; the same command resumes, --branch {folder} releases")
    else:
        print(f"best weights: {result.folder.best}, validation score {result.state.best_score}")


def _recipe(options: argparse.Namespace) -> tuple[Recipe, Path]:
    """Return the recipe that the options describe, and the folder of the run."""
    from training import recipes
    from training.fit import branch, precision

    given = settings.given(options, Recipe)
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
        given.pop("steps", None)  # they limit this session only
    return dataclasses.replace(chosen, **{"precision": precision.choose(folder), **given}), folder
