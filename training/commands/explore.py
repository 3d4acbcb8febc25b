"""``python -m training explore``: what is in a dataset, and what is wrong with it."""

import argparse
import dataclasses
import importlib.util
import sys
from pathlib import Path

from sr_core.errors import OptionError
from training.data import layouts
from training.explore.facts import Settings

USUAL = Settings()


def add_to(commands: "argparse._SubParsersAction") -> None:
    """Add the command and its options."""
    parser = commands.add_parser("explore", help="look at a dataset: files, pairs, copies, tones, samples")
    parser.add_argument("data", type=Path, metavar="DIR", help="folder of the dataset")
    parser.add_argument("--layout", choices=layouts.LAYOUTS, help="default: told from what DIR holds")
    parser.add_argument("--scale", type=int, help="HR side over LR side (default 1 for kaggle, else 4)")
    parser.add_argument(
        "--split", choices=layouts.SPLITS, default=USUAL.split, help="how the layout kaggle is divided"
    )
    parser.add_argument(
        "--against",
        type=Path,
        nargs="+",
        default=USUAL.against,
        metavar="DIR",
        help="folders whose pictures should not be among these, e.g. a test set",
    )
    parser.add_argument(
        "--near",
        type=int,
        default=USUAL.near,
        metavar="BITS",
        help=f"by how many bits of 64 the hashes of near duplicates may differ (default {USUAL.near})",
    )
    parser.add_argument(
        "--degradation",
        choices=("photo",),
        help="instead of all that: a sheet of LR patches before and after, as fit draws them from photos",
    )
    parser.add_argument("--limit", type=int, metavar="N", help="look at N pictures only, drawn at random")
    parser.add_argument(
        "--samples",
        type=int,
        default=USUAL.samples,
        metavar="N",
        help=f"pictures to show (default {USUAL.samples})",
    )
    parser.add_argument("--seed", type=int, default=USUAL.seed, help="of the draws and the shuffled split")
    parser.add_argument(
        "--workers",
        type=int,
        default=USUAL.workers,
        help=f"pictures decoded at once (default {USUAL.workers})",
    )
    parser.add_argument(
        "--out", type=Path, metavar="DIR", help="folder to write to (default runs/explore/NAME)"
    )
    parser.set_defaults(act=run)


def run(options: argparse.Namespace, command: str) -> None:
    """Run the command that `options` describe; `command` is how it was typed."""
    out = options.out or Path("runs/explore") / options.data.resolve().name
    if options.degradation is not None:
        if options.layout not in (None, "photos"):
            raise OptionError(f"Patches are degraded of photos only. Received: --layout {options.layout}")
        from training.explore import degraded, output

        output.make(out)
        sheet = out / f"degradation_{options.degradation}.png"
        degraded.draw(options.data, scale=options.scale or 4, seed=options.seed, file=sheet)
        print(f"sheet: {sheet}")
        return
    if importlib.util.find_spec("matplotlib") is None:
        raise OptionError(
            "The charts need matplotlib, which the app does without; run pip install -r "
            "requirements-training.txt first."
        )
    from training.explore import report
    from training.explore.conclusions import conclude
    from training.explore.dataset import explore

    names = [field.name for field in dataclasses.fields(Settings)]
    settings = Settings(**{name: getattr(options, name) for name in names})
    found = explore(options.data, settings, log=_progress)
    page = report.write(found, out)
    for conclusion in conclude(found):
        print(f"{conclusion.level:6} {conclusion.text}")
    print(f"page: {page}")


def _progress(name: str, done: int, total: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{name}: {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
    elif done == total or done % 100 == 0:
        print(f"{name}: {done} of {total}", file=sys.stderr, flush=True)
