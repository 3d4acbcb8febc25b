"""``python -m training export``: from a run to saved weights with a card."""

import argparse
from pathlib import Path

from sr_core.errors import OptionError
from training import settings
from training.commands.options import add_score
from training.export import ExportOptions


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("export", help="write the best weights of a run, with their card")
    parser.add_argument("run", type=Path, help="folder of the run")
    settings.add_options(parser, ExportOptions, show_defaults=True)
    add_score(parser)
    parser.set_defaults(act=run)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    from training.export import described, export

    if options.folder is not None and options.with_weights is not None:
        raise OptionError(f"Without weights nothing is written --to a folder. Received: {options.folder}")
    print("\n".join(described(export(options.run, ExportOptions.of(options)))))
