"""``python -m training export``: from a run to saved weights with a card."""

import argparse
from pathlib import Path

from sr_core.errors import OptionError
from training import settings
from training.commands.options import add_score
from training.export import ExportOptions

HELP = "write the best weights of a run, with their card"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("run", type=Path, help="folder of the run")
    settings.add_options(parser, ExportOptions, show_defaults=True)
    add_score(parser)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from training.export import described, export

    if options.folder is not None and options.with_weights is not None:
        raise OptionError(f"Without weights nothing is written --to a folder. Received: {options.folder}")
    print("\n".join(described(export(options.run, ExportOptions.of(options)))))
