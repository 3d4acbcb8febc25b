"""``python -m training report``: tables, loss curves and sample grids, from cards, histories and weights."""

import argparse
from pathlib import Path


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("report", help="write docs/results and the tables of the README anew")
    parser.add_argument("--results", type=Path, metavar="DIR", help="folder of the report (docs/results)")
    parser.add_argument(
        "--readme", type=Path, metavar="FILE", help="document with the main tables (README.md)"
    )
    parser.add_argument("--shelf", type=Path, metavar="DIR", help="folder of the weights (weights/)")
    parser.add_argument("--samples", type=Path, metavar="DIR", help="pictures for the grids (ui/samples)")
    parser.add_argument(
        "--crops",
        type=Path,
        metavar="DIR",
        help="CID22's validation pictures, to draw the sheets of crops at 1:1 anew",
    )
    parser.add_argument("--speed", action="store_true", help="time every network again, in one run")
    parser.add_argument(
        "--recipes", action="store_true", help="also write what the docstrings of the recipes state"
    )
    parser.add_argument(
        "--study-weights",
        type=Path,
        metavar="DIR",
        help="weights of the study's runs, to draw their grid anew",
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from training import report

    given = {name: getattr(options, name) for name in ("results", "readme", "shelf", "samples")}
    places = report.Places(**{name: path for name, path in given.items() if path is not None})
    report.write(
        places,
        measure_speed=options.speed,
        study_weights=options.study_weights,
        crops_of=options.crops,
        recipes=report.ROOT / "training" if options.recipes else None,
    )
