"""``python -m training interpolate``: weights between those trained for PSNR and a GAN's."""

import argparse
from pathlib import Path

from training.commands.options import add_score

HELP = "write weights between two: network interpolation"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("psnr", metavar="PSNR", help="weights trained for PSNR: a name, or a .h5 with a card")
    parser.add_argument("gan", metavar="GAN", help="weights that `gan` made from these, in the same form")
    parser.add_argument(
        "--alpha", type=float, default=0.8, help="share of the GAN's weights, in [0, 1] (default 0.8)"
    )
    parser.add_argument("--name", required=True, help="name in the catalogue, e.g. esrgan_x4")
    parser.add_argument(
        "--to", dest="folder", type=Path, metavar="DIR", help="folder to write to (default weights/)"
    )
    parser.add_argument("--licence", default="", help="for the card, where the two have different ones")
    add_score(parser)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from dataclasses import replace

    from sr_core import weights
    from training.export import ExportOptions, described, scored
    from training.fit.lineage import portable
    from training.interpolate import between

    card = between(
        weights.find(options.psnr),
        weights.find(options.gan),
        options.alpha,
        name=options.name,
        folder=options.folder or weights.FOLDER,
        licence=options.licence,
    )
    card = replace(card, training={"command": portable(command), **card.training})
    card = scored(card, ExportOptions.of(options))
    card.save()
    print("\n".join(described(card)))
