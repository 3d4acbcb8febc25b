"""``python -m training export``: from a run to saved weights with a card."""

import argparse
from pathlib import Path

from training.commands.options import add_layout


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("export", help="write the best weights of a run, with their card")
    parser.add_argument("run", type=Path, help="folder of the run")
    parser.add_argument("--name", help="name in the catalogue (default NETWORK_xSCALE)")
    parser.add_argument("--title", help="for people, without the scale (default: the network's)")
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--to", type=Path, metavar="DIR", help="folder to write to (default weights/)")
    place.add_argument(
        "--no-weights",
        dest="with_weights",
        action="store_false",
        help="write no weights, and the card to --results",
    )
    parser.add_argument(
        "--results",
        type=Path,
        default=Path("docs/results"),
        metavar="DIR",
        help="folder for NAME_history.csv (default docs/results)",
    )
    parser.add_argument(
        "--score", type=Path, nargs="+", default=[], metavar="DIR", help="datasets to score on"
    )
    parser.add_argument(
        "--plain",
        dest="self_ensemble",
        action="store_false",
        help="do not score with self-ensemble too, which takes eight times as long",
    )
    add_layout(parser)
    parser.add_argument("--trained-on", default="", help="for the card: the training pictures")
    parser.add_argument("--licence", default="", help="for the card: the licence of the weights")
    parser.add_argument("--hardware", default="", help="for the card: the machine")
    parser.add_argument(
        "--halo", type=int, help="overlap of tiles in LR px (default: receptive radius, at most 16)"
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from sr_core import weights
    from training.export import ExportOptions, export

    card = export(
        options.run,
        ExportOptions(
            name=options.name,
            title=options.title,
            folder=options.to or weights.FOLDER,
            results=options.results,
            with_weights=options.with_weights,
            scored_on=options.score,
            self_ensemble=options.self_ensemble,
            layout=options.layout,
            split=options.split,
            cache=options.cache,
            data=options.trained_on,
            licence=options.licence,
            hardware=options.hardware,
            halo=options.halo,
        ),
    )
    print(f"{card.name}: {card.parameters:,} parameters, sha256 {card.sha256}, written to {card.folder}")
    for score in card.scores:
        how = "with" if score["self_ensemble"] else "without"
        print(f"{score['dataset']}, {score['protocol']}, {how} self-ensemble: {score['network']}")
