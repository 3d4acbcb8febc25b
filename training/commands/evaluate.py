"""``python -m training evaluate``: score saved weights."""

import argparse
import functools
import math
from pathlib import Path
from typing import TYPE_CHECKING

from sr_core.errors import OptionError
from sr_core.shared_options import clean_up
from training.commands.options import add_layout
from training.settings import json_object

if TYPE_CHECKING:
    from sr_core import WeightsCard
    from training.evaluate import Row


HELP = "score weights on whole pictures, beside the baseline without a network"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("--weights", default="edsr_x4", help="name in the catalogue, or path of a .h5")
    parser.add_argument(
        "--data", type=Path, nargs="+", required=True, metavar="DIR", help="datasets to score on"
    )
    add_layout(parser)
    parser.add_argument(
        "--jpeg",
        type=int,
        nargs="+",
        default=[],
        metavar="QUALITY",
        help="also restore LR stored as JPEG of these qualities, 1 to 100 (Pillow, 4:2:0)",
    )
    parser.add_argument(
        "--noise",
        type=float,
        nargs="+",
        default=[],
        metavar="SIGMA",
        help="also restore LR with Gaussian noise of these sigmas, in grey levels of 255",
    )
    foreign = parser.add_argument_group("a .h5 without a card (all that describes its network is given here)")
    foreign.add_argument("--architecture", metavar="NETWORK", help="which network, e.g. edsr")
    foreign.add_argument("--scale", type=int, help="its enlargement")
    foreign.add_argument(
        "--hyperparameters", type=json_object, metavar="JSON", help="""e.g. '{"blocks": 16}'"""
    )
    parser.add_argument(
        "--precision",
        choices=("auto", "float32", "bfloat16"),
        default="float32",
        help="arithmetic (default float32, in which papers score; auto is what the app computes in)",
    )
    parser.add_argument(
        "--self-ensemble", action="store_true", help="average over the eight flips and rotations"
    )
    parser.add_argument(
        "--clean-up",
        type=clean_up,
        default=0.0,
        metavar="auto|0..1",
        help="take out JPEG blocks and grain, where the weights have a counterpart for that (default 0)",
    )
    parser.add_argument(
        "--keep",
        action="store_true",
        help="write the scores into the card, in place of older ones of these pictures",
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from sr_core import ACCEPTABLE_PSNR, Upscaler
    from training.data import layouts
    from training.data.conditions import CLEAN, Condition
    from training.data.folders import listed
    from training.evaluate import PRECISION, baseline, evaluate
    from training.export import with_scores

    if options.keep and options.precision != PRECISION:
        raise OptionError(
            f"Cards --keep scores in {PRECISION} only, so that they can be compared. "
            f"Received: --precision {options.precision}"
        )
    conditions = [CLEAN, *(Condition(quality=quality) for quality in options.jpeg)]
    conditions += [Condition(sigma=sigma) for sigma in options.noise]
    card = _card(options)
    upscaler = Upscaler(card, precision=options.precision, clean_up=options.clean_up)
    without = baseline(card.scale)
    show = functools.partial(_show, title=card.title, without=without)
    for condition in dict.fromkeys(conditions):
        dataset, pairs = layouts.held_out(
            options.layout, options.data, scale=card.scale, cache=options.cache, split=options.split
        )
        print(f"{dataset}, {condition}")
        print(_HEAD)
        result = evaluate(
            upscaler,
            pairs,
            dataset=dataset,
            condition=condition,
            self_ensemble=options.self_ensemble,
            log=show,
        )
        print()
        for protocol in result.protocols:
            mean = result.mean(protocol)
            show(mean)
            print(f"{'':28} gain {mean.network.psnr - mean.bicubic.psnr:+.2f} dB. {protocol.describe()}")
            before, after = result.share_above(protocol)
            shares = f"{before:.0%} {without}, {after:.0%} {card.title}"
            print(f"{'':28} at least {ACCEPTABLE_PSNR:g} dB: {shares}")
            if exact := result.exact(protocol):
                print(f"{'':28} restored exactly, and left out of the mean PSNR: {listed(exact)}")
        print()
        if options.keep:
            card = with_scores(card, result)
            card.save()
    print(f"{upscaler.engine.precision} on {upscaler.engine.device}, self-ensemble {options.self_ensemble}")
    if options.keep:
        print(f"written into the card of {card.name}")


_HEAD = (
    f"{'picture':28} {'protocol':16} {'method':14} {'PSNR dB':>8} {'SSIM':>8} {'MSE':>9} {'MAE':>7} "
    f"{'sharp':>6} {'GMSD':>7}"
)


def _show(row: "Row", *, title: str, without: str) -> None:
    """Print two lines: the baseline's scores and the network's."""
    measured = {
        without: (row.bicubic, row.sharpness_bicubic, row.gmsd_bicubic),
        title: (row.network, row.sharpness_network, row.gmsd_network),
    }
    for method, (scores, sharpness, deviation) in measured.items():
        decibels = "exact" if math.isinf(scores.psnr) else f"{scores.psnr:.2f}"
        numbers = f"{decibels:>8} {scores.ssim:8.4f} {scores.mse:9.2f} {scores.mae:7.3f}"
        print(
            f"{row.picture[:28]:28} {row.protocol.short():16} {method:14} {numbers} {sharpness:6.2f} "
            f"{deviation:7.4f}",
            flush=True,
        )


def _card(options: argparse.Namespace) -> "WeightsCard":
    """Return the card of the weights, or one made from the options."""
    from sr_core import weights

    if options.architecture is not None and options.keep:
        raise OptionError(
            f"Weights without a card have none to --keep scores in. Received: {options.weights}"
        )
    if options.architecture is None:
        if options.scale is not None or options.hyperparameters is not None:
            raise OptionError(
                "--scale and --hyperparameters describe a .h5 without a card; add --architecture, or leave "
                f"them out. Received: {options.weights}"
            )
        return weights.find(options.weights)
    if options.scale is None:
        raise OptionError(f"A .h5 without a card needs its --scale too. Received: {options.weights}")
    return weights.foreign_card(
        Path(options.weights),
        architecture=options.architecture,
        scale=options.scale,
        hyperparameters=options.hyperparameters or {},
    )
