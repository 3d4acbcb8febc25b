"""Options that several commands share."""

import argparse
import json
from pathlib import Path
from typing import Any

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


def json_object(text: str) -> dict[str, Any]:
    """Read an option's value such as ``{"blocks": 16}``."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(
            f"""a JSON object such as '{{"blocks": 16}}' is expected, not {text!r}"""
        )
    return value
