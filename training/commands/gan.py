"""``python -m training gan``: train a generator against a discriminator, the second stage of ESRGAN."""

import argparse
import dataclasses
from pathlib import Path

from training import settings
from training.commands import runs
from training.fit.recipe import GanRecipe

HELP = "train adversarially from PSNR-trained weights; the same command again resumes"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument(
        "--start-from",
        type=Path,
        required=True,
        metavar="PATH",
        help="first weights: a .h5 with a card, or the folder of a run of `fit`",
    )
    parser.add_argument(
        "--vgg", metavar="PATH", help="Keras' .h5 of VGG19; default imagenet, which Keras downloads"
    )
    runs.add_run(parser, folder="runs/NETWORK_gan_xSCALE")
    settings.add_options(parser, GanRecipe)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from sr_core.errors import OptionError
    from training import recipes
    from training.fit import gan, perceptual, precision
    from training.fit.start import read_start

    start = read_start(options.start_from)
    chosen = recipes.gan(start.architecture, start.scale, start.hyperparameters)
    folder = options.run or Path("runs") / f"{chosen.network}_gan_x{chosen.scale}"
    given = {"precision": precision.choose(folder), **settings.given(options, GanRecipe)}
    chosen = dataclasses.replace(chosen, **given)
    if options.vgg and chosen.perceptual != "vgg":
        raise OptionError(
            f"--perceptual {chosen.perceptual} uses no VGG19; leave --vgg out; received {options.vgg}."
        )
    result = gan.run(
        chosen,
        *runs.pictures(options, chosen.scale),
        folder=folder,
        start=start,
        vgg=options.vgg or perceptual.DOWNLOAD,
        **runs.arguments(options, command),
    )
    print(f"weights of step {result.state.kept_steps}: {result.folder.best}")
