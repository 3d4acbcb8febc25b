"""``python -m training report``: tables, training curves and sample grids, from cards and histories."""

import argparse
from pathlib import Path

from training import settings
from training.commands.options import require_charts
from training.report.places import Places


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("report", help="write docs/results and the tables of the README anew")
    settings.add_options(parser, Places)
    parser.add_argument(
        "--crops",
        type=Path,
        metavar="DIR",
        help="CID22's validation pictures, to draw the sheets of crops at 1:1 anew",
    )
    parser.add_argument("--speed", action="store_true", help="time every network again, in one run")
    parser.add_argument(
        "--study-weights",
        type=Path,
        metavar="DIR",
        help="weights of the study's runs, to draw their grid anew",
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    require_charts()
    from training.report import writing

    writing.write(
        Places(**settings.given(options, Places)),
        measure_speed=options.speed,
        study_weights=options.study_weights,
        crops_of=options.crops,
    )
