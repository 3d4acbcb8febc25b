"""``python -m training report``: tables, training curves and sample grids, from cards and histories."""

import argparse
from pathlib import Path

from training import settings
from training.commands.options import require_charts
from training.report.places import Places

HELP = "regenerate docs/results and the tables of the README"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    settings.add_options(parser, Places)
    parser.add_argument(
        "--crops",
        type=Path,
        metavar="DIR",
        help="CID22's validation pictures, to redraw the sheets of crops at 1:1",
    )
    parser.add_argument("--speed", action="store_true", help="time every network again, in one run")
    parser.add_argument(
        "--study-weights",
        type=Path,
        metavar="DIR",
        help="weights of the study's runs, to redraw their grid",
    )


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
