"""Options that several commands share."""

import argparse
import importlib.util
from pathlib import Path

from sr_core.errors import OptionError
from training.data import layouts

CACHE = Path("runs/cache")


def add_layout(parser: argparse.ArgumentParser) -> None:
    """Add ``--layout``, ``--split`` and ``--cache``: how a dataset's folder is read."""
    parser.add_argument(
        "--layout",
        choices=layouts.LAYOUTS,
        default="photos",
        help="what the folders hold: plain HR photos (default), the study's Kaggle dataset, or DIV2K",
    )
    parser.add_argument(
        "--split",
        choices=layouts.SPLITS,
        default="index",
        help="how the layout kaggle is divided: 700/130/rest by number (default), or 80/10/10 %% at random",
    )
    parser.add_argument(
        "--cache", type=Path, default=CACHE, metavar="DIR", help=f"decoded pictures (default {CACHE})"
    )


def add_score(parser: argparse.ArgumentParser) -> None:
    """Add ``--score``, and how its folders are read."""
    parser.add_argument(
        "--score", type=Path, nargs="+", default=[], metavar="DIR", help="datasets to score on"
    )
    add_layout(parser)


def require_charts() -> None:
    """Check that the packages for charts and pages are installed, which the app does not need.

    Raises
    ------
    OptionError
        One is missing.
    """
    missing = [name for name in ("matplotlib", "jinja2") if importlib.util.find_spec(name) is None]
    if missing:
        raise OptionError(
            f"This needs {' and '.join(missing)}, which the app does without; run pip install -r "
            "requirements-training.txt first."
        )
