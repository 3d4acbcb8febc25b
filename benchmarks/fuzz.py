"""Feeds damaged files to everything that reads untrusted input.

Each must be read, or be refused with a `SuperResError`; nothing may crash, hang or take much memory. A case
depends only on the seed and its number, so that a failure can be reproduced:

  python -m benchmarks.fuzz                         # everything; writes to docs/results/reliability.md
  python -m benchmarks.fuzz pictures --cases 500    # only some
  python -m benchmarks.fuzz pictures --show 123 --to bad
"""

import argparse
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from types import MappingProxyType

import numpy as np

from benchmarks import isolation, reliability
from benchmarks.fuzz_kinds import KINDS, Files
from benchmarks.isolation import Outcome
from sr_core.errors import SuperResError

CASES: Mapping[str, int] = MappingProxyType(
    {"pictures": 10_000, "archives": 1_000, "weights": 500, "datasets": 500}
)
SLOWEST = 2.0  # s of CPU time
LARGEST = 500.0  # MB
READ, REFUSED = "read", "refused"


def make(kind: str, seed: int, number: int) -> Files:
    """Return the files of a case."""
    return KINDS[kind].make(np.random.default_rng([seed, number]))


def attempt(kind: str, files: Files) -> str:
    """Read a case; return `READ`, `REFUSED`, or the unexpected exception."""
    try:
        KINDS[kind].read(files)
    except SuperResError:
        return REFUSED
    except BaseException as error:  # a failure that this searches for
        return f"{type(error).__name__}: {error}"[:300]
    return READ


def is_failure(outcome: Outcome) -> bool:
    """Return whether a case was neither read nor refused, or took too long or too much memory."""
    bad = outcome.answer not in (READ, REFUSED)
    return bad or outcome.seconds > SLOWEST or outcome.megabytes > LARGEST


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the cases; return 1 if any failed."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.fuzz",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"{', '.join(CASES)} (default: all)")
    parser.add_argument("--cases", type=int, help="of each kind (default: " + str(dict(CASES)) + ")")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--show", type=int, metavar="NUMBER", help="only write the files of one case")
    parser.add_argument("--to", type=Path, default=Path("cache"), help="folder for them (default cache)")
    options = parser.parse_args(arguments)
    if unknown := set(options.kinds) - CASES.keys():
        parser.error(f"a kind is one of {', '.join(CASES)}; received {', '.join(sorted(unknown))}")
    kinds = options.kinds or list(CASES)
    if options.show is not None:
        for name, data in make(kinds[0], options.seed, options.show).items():
            (options.to / name).parent.mkdir(parents=True, exist_ok=True)
            (options.to / name).write_bytes(data)
        return 0
    rows, failed = [], 0
    for kind in kinds:
        made, tried = partial(make, kind, options.seed), partial(attempt, kind)
        cases = options.cases or CASES[kind]
        outcomes = list(isolation.run(made, tried, cases, workers=options.workers))
        for outcome in filter(is_failure, outcomes):
            failed += 1
            print(kind, *outcome, file=sys.stderr)
        rows.append(_row(kind, outcomes))
        print(rows[-1], flush=True)
    table = "\n".join([_HEAD, *rows])
    command = " ".join(["python -m benchmarks.fuzz", *(arguments if arguments is not None else sys.argv[1:])])
    reliability.record("Damaged files", command, f"{table}\n\n{_NOTE}")
    return 1 if failed else 0


_HEAD = """\
| kind | cases | read | refused with a message | anything else | slowest, s | most memory, MB |
| --- | --- | --- | --- | --- | --- | --- |"""
_NOTE = (
    f"In processes with {isolation.ADDRESS_SPACE // 2**30} GiB of address space. Seconds are CPU time, "
    f"memory is the peak of the whole process; more than {SLOWEST:g} s or {LARGEST:g} MB counts as a failure."
)


def _row(kind: str, outcomes: Sequence[Outcome]) -> str:
    answers = Counter(outcome.answer for outcome in outcomes)
    expected = answers[READ], answers[REFUSED]
    numbers = [len(outcomes), *expected, len(outcomes) - sum(expected)]
    slowest, most = (max(getattr(o, name) for o in outcomes) for name in ("seconds", "megabytes"))
    return "| " + " | ".join([kind, *(f"{n:,}" for n in numbers), f"{slowest:.2f}", f"{most:,.0f}"]) + " |"


if __name__ == "__main__":
    sys.exit(main())
