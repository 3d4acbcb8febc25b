"""``python -m training gan``: train a generator against a discriminator, the second stage of ESRGAN."""

import argparse
import dataclasses
from pathlib import Path

from training.commands import runs


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser(
        "gan", help="train adversarially from PSNR-trained weights; the same command again resumes"
    )
    parser.add_argument(
        "--start-from",
        type=Path,
        required=True,
        metavar="PATH",
        help="first weights: a .h5 with a card, or the folder of a run of `fit`",
    )
    runs.add_run(parser, folder="runs/NETWORK_gan_xSCALE")
    parser.add_argument(
        "--perceptual",
        choices=("vgg", "discriminator"),
        help="compare pictures in VGG19's features (default), or in those of the discriminator",
    )
    parser.add_argument(
        "--vgg", metavar="PATH", help="Keras' .h5 of VGG19; default imagenet, which Keras downloads"
    )
    parser.add_argument("--perceptual-weight", type=float, help="factor on the perceptual loss")
    parser.add_argument("--adversarial-weight", type=float, help="factor on the adversarial loss")
    parser.add_argument("--pixel-weight", type=float, help="factor on the pixel loss")
    parser.add_argument("--discriminator-channels", type=int, help="its size: channels of its first stage")
    parser.add_argument(
        "--patch", type=int, help="side of an LR patch in LR px; scale * patch is 32, 64, ..."
    )
    parser.add_argument("--rate", type=float, help="learning rate of both networks")
    parser.add_argument(
        "--halvings",
        type=float,
        nargs="*",
        metavar="SHARE",
        help="shares of the run after which it is halved",
    )
    parser.add_argument("--ema", type=float, help="momentum of the averaged generator; 0: as it is")
    parser.add_argument("--max-drop", type=float, help="dB of validation PSNR that may be lost")
    parser.add_argument(
        "--won-loss", type=float, help="adversarial loss from which the discriminator has won"
    )
    parser.add_argument(
        "--won-validations", type=int, help="validations in a row it may have won before the run ends"
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from sr_core.errors import OptionError
    from training.fit import gan, perceptual, precision
    from training.fit.gan_recipe import gan as gan_recipe
    from training.fit.gan_start import read_start

    start = read_start(options.start_from)
    chosen = gan_recipe(start.architecture, start.scale, start.hyperparameters)
    fields = {field.name for field in dataclasses.fields(chosen)}
    given = {name: value for name, value in vars(options).items() if name in fields and value is not None}
    folder = options.run or Path("runs") / f"{chosen.network}_gan_x{chosen.scale}"
    chosen = dataclasses.replace(chosen, **{"precision": precision.choose(folder), **given})
    if options.vgg and chosen.perceptual != "vgg":
        raise OptionError(
            f"--perceptual {chosen.perceptual} uses no VGG19; leave --vgg out; received {options.vgg}."
        )
    training, validation = runs.pictures(options, chosen.scale)
    result = gan.run(
        chosen,
        training,
        validation,
        folder=folder,
        start=start,
        vgg=options.vgg or perceptual.DOWNLOAD,
        minutes=options.minutes,
        about=runs.about(options, command),
        workers=options.workers,
        log=lambda line: print(line, flush=True),
    )
    print(f"weights of step {result.state.kept_steps}: {result.folder.best}")
