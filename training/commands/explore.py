"""``python -m training explore``: what is in a dataset, and what is wrong with it."""

import argparse
import sys
from pathlib import Path

from sr_core.errors import OptionError
from training import settings
from training.commands.options import require_charts
from training.explore.facts import Settings

HELP = "look at a dataset: files, pairs, copies, tones, samples"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Add the options of the command."""
    parser.add_argument("data", type=Path, metavar="DIR", help="folder of the dataset")
    settings.add_options(parser, Settings, show_defaults=True)
    parser.add_argument(
        "--degradation",
        choices=("photo",),
        help="instead, draw a sheet of LR patches before and after degradation, as fit sees them",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to write to (default runs/explore/NAME)"
    )


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    out = options.out or Path("runs/explore") / options.data.resolve().name
    if options.degradation is not None:
        if options.layout not in (None, "photos"):
            raise OptionError(f"Patches are degraded for photos only. Received: --layout {options.layout}")
        from training.explore import degraded

        sheet = out / f"degradation_{options.degradation}.png"
        degraded.draw(options.data, scale=options.scale or 4, seed=options.seed or Settings.seed, file=sheet)
        print(f"sheet: {sheet}")
        return
    require_charts()
    from training.explore import report
    from training.explore.conclusions import conclude
    from training.explore.dataset import explore

    found = explore(options.data, Settings(**settings.given(options, Settings)), log=_progress)
    page = report.write(found, out)
    for conclusion in conclude(found):
        print(f"{conclusion.level:6} {conclusion.text}")
    print(f"page: {page}")


def _progress(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{name}: {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    elif done == total or done % 100 == 0:
        print(f"{name}: {done} of {total}", file=sys.stderr, flush=True)
