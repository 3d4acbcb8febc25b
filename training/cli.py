"""The commands of ``python -m training``."""

import argparse
import shlex
import sys
from collections.abc import Sequence

from sr_core.errors import SuperResError
from training.commands import evaluate, explore, export, fit, gan, interpolate, report

# Each has `HELP`, `add_options(parser)` and `run(options, command)`. None imports Keras before it runs, so
# that --help is quick.
COMMANDS = (explore, fit, gan, interpolate, evaluate, export, report)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit status."""
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    options = _parser().parse_args(arguments)
    try:
        options.act(options, "python -m training " + shlex.join(arguments))
    except SuperResError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m training", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        name = command.__name__.rpartition(".")[2]
        options = commands.add_parser(name, help=command.HELP)
        options.set_defaults(act=command.run)
        command.add_options(options)
    return parser
