"""Kills the commands at random moments, and looks at what is left.

After each kill every file under its final name must be whole, old or new; the same command again must do
what is left to do; and what there is in the end must be what one run without kills gives, byte for byte but
for the seconds in it. A third of the kills come by the clock, a third just before a change to a file, a third
in the middle of writing one. Networks and pictures are tiny.

  python -m benchmarks.kill                       # all of it, written into docs/results/reliability.md
  python -m benchmarks.kill export --kills 20     # a part
"""

import argparse
import importlib
import pkgutil
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from benchmarks import killing, reliability, remains
from benchmarks.killing import Moment, Sitting
from benchmarks.memory import clouds
from sr_core import Picture, write

_PHOTOS = ["--data", "photos", "--val", "photos", "--cache", "cache", "--precision", "float32"]
_FIT = ["fit", "edsr", "--scale", "2", "--hyperparameters", '{"blocks": 1, "channels": 4}', "--patch", "8"]
_FIT += ["--batch", "2", "--steps-per-epoch", "4", "--validate-every", "1", *_PHOTOS]
_EXPORT = ["export", "--name", "edsr_x2", "--to", "weights", "--results", "results"]
_EXPORT += ["--score", "photos", "--plain", "--cache", "cache"]
_REPORT = ["report", "--results", "results", "--readme", "README.md"]
_REPORT += ["--weights", "weights", "--samples", "photos"]

# What all commands begin with: an older export and an older report are there, which are to be replaced.
_BEGINNING = [
    [*_FIT, "--steps", "8", "--seed", "2", "--run", "old"],
    [*_FIT, "--steps", "12", "--run", "done"],
    [*_FIT, "--steps", "12", "--schedule", "constant", "--run", "trunk"],
    [*_EXPORT, "old"],
    _REPORT,
]
# Imported once, for all the forks; of what is imported later, each would need its own.
_HEAVY = ("keras", "matplotlib.pyplot", "rich.progress", "sr_core.cli", "sr_core.engines", "training.cli")
_HEAVY += ("training.fit.psnr", "training.export", "training.report.writing")
_HEAD = """\
| command | killed by the clock | before a change to a file | within a file | ends | faults | leftovers |
| --- | --- | --- | --- | --- | --- | --- |"""
_NOTE = """\
A fault is a file under its final name that is neither old nor new nor, of a training, whole; a command that
does not go on; or an end that differs from that of a run without kills, in any byte but for seconds.
Leftovers are files under other names, which nothing reads and which stop nothing."""
_README = """\
# Networks

<!-- scores: begin, written by `python -m training report` -->
<!-- scores: end -->
"""


class Command(NamedTuple):
    """A command that is killed.

    Attributes
    ----------
    package : str
        What follows ``python -m``.
    arguments : sequence of str
    first : sequence of str
        Arguments of what runs before, without a kill.
    in_steps : bool
        Whether it replaces its files while it works, so that they are neither what they were before nor what
        they will be.
    share : int
        Of the kills: those that take long get fewer.
    """

    package: str
    arguments: Sequence[str]
    first: Sequence[str] = ()
    in_steps: bool = False
    share: int = 1


COMMANDS: Mapping[str, Command] = MappingProxyType(
    {
        "enlarge": Command(
            "sr_core", ["pictures", "-o", "large", "-n", "weights/edsr_x2.h5", "--fp32", "--resume"], share=3
        ),
        "fit": Command("training", [*_FIT, "--steps", "24", "--run", "new"], in_steps=True),
        "branch": Command("training", ["fit", "--branch", "trunk", "--steps", "8", *_PHOTOS], in_steps=True),
        "export": Command("training", [*_EXPORT, "done"], share=3),
        "report": Command("training", _REPORT, first=[*_EXPORT, "done"], share=2),
    }
)


class Trial:
    """One command, killed again and again."""

    def __init__(self, name: str, folder: Path):
        self.name, self.command = name, COMMANDS[name]
        self.kills: Counter[str] = Counter()
        self.faults: list[str] = []
        self.leftovers = self.cases = 0
        self._folder = folder / name

    def run(self, beginning: Path, kills: int, random: np.random.Generator) -> None:
        """Kill it so many times, one to four times on the way to each end."""
        before, after, case = (self._folder / name for name in ("before", "after", "case"))
        self._folder.mkdir()
        # All in one place, because what is decoded is found again by the path of its picture.
        shutil.copytree(beginning, case)
        if self.command.first:
            self._sit(case, self.command.first)
        shutil.copytree(case, before)
        whole = self._sit(case, self.command.arguments)
        if whole.status:
            raise RuntimeError(f"{self.name} fails without a kill, too: {self._log.read_text()}")
        case.rename(after)
        expected = remains.files(after)
        known = [
            {name: path.read_bytes() for name, path in remains.files(one).items()} for one in (before, after)
        ]
        largest = max(len(data) for name, data in known[1].items() if data != known[0].get(name))
        while self.kills.total() < kills:
            self.cases += 1
            shutil.copytree(before, case)
            faults = len(self.faults)
            for _ in range(random.integers(1, 5)):
                kind, moment = _moment(whole, largest, random)
                if self._sit(case, self.command.arguments, moment).status >= 0:
                    break  # it was done before
                self.kills[kind] += 1
                self._look(case, known)
            status = self._sit(case, self.command.arguments).status
            if status:
                self._note(f"the last run ended with {status}: {self._log.read_text()[-500:]}")
            self._compare(case, expected)
            if len(self.faults) == faults:
                shutil.rmtree(case)
            else:
                case.rename(case.with_name(f"case{self.cases}"))

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _sit(self, folder: Path, arguments: Sequence[str], moment: Moment | None = None) -> Sitting:
        self._log.unlink(missing_ok=True)
        main = pkgutil.resolve_name(f"{self.command.package}.cli:main")
        return killing.run(main, arguments, folder, self._log, moment)

    def _look(self, case: Path, known: Sequence[Mapping[str, bytes]]) -> None:
        """Note what is under its final name and is not whole."""
        for name, path in remains.files(case).items():
            if remains.is_temporary(path) or any(path.read_bytes() == one.get(name) for one in known):
                continue
            if not (self.command.in_steps and remains.is_whole(path)):
                self._note(f"{name} is not whole")

    def _compare(self, case: Path, expected: Mapping[str, Path]) -> None:
        """Note what is not as a run without kills leaves it."""
        there = remains.files(case)
        self.leftovers += sum(remains.is_temporary(path) for path in there.values())
        there = {name: path for name, path in there.items() if not remains.is_temporary(path)}
        for name in sorted(expected.keys() | there.keys()):
            if not (name in there and name in expected):
                self._note(f"{name} is {'missing' if name in expected else 'too much'}")
            elif remains.comparable(there[name]) != remains.comparable(expected[name]):
                self._note(f"{name} is another one than without kills")

    def _note(self, fault: str) -> None:
        self.faults.append(f"{self.name}, case {self.cases}: {fault}")

    def row(self) -> str:
        """Return the line of the table."""
        numbers = [self.kills[kind] for kind in Moment._fields]
        cells = [self.name, *numbers, self.cases, len(self.faults), self.leftovers]
        return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Kill the commands; return 1 if something was not as it must be."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = ", ".join(COMMANDS)
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=f"of {known} (default: all)")
    parser.add_argument("--kills", type=int, default=200, help="in all (default 200)")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    if unknown := set(options.commands) - COMMANDS.keys():
        parser.error(f"a command is one of {known}; received {', '.join(sorted(unknown))}")
    names = options.commands or list(COMMANDS)
    for module in _HEAVY:
        importlib.import_module(module)
    folder = Path(tempfile.mkdtemp(prefix="kill_"))
    _begin(folder / "beginning", folder / "log")
    rows, faults = [_HEAD], []
    for name in names:
        trial = Trial(name, folder)
        kills = -(-options.kills * COMMANDS[name].share // sum(COMMANDS[one].share for one in names))
        trial.run(folder / "beginning", kills, np.random.default_rng([options.seed, *name.encode()]))
        rows.append(trial.row())
        faults += trial.faults
        print(rows[-1], *trial.faults, sep="\n", flush=True)
    if faults:
        print(f"What was left is in {folder}.", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    command = " ".join(["python -m benchmarks.kill", *(arguments if arguments is not None else sys.argv[1:])])
    reliability.record("Killed commands", command, "\n".join([*rows, "", _NOTE]))
    return 0


def _begin(folder: Path, log: Path) -> None:
    """Make what all commands begin with: pictures, two runs, and an older export and report."""
    sheet = clouds(160)
    for where, count, height, width in (("photos", 3, 48, 64), ("pictures", 12, 24, 20)):
        (folder / where).mkdir(parents=True)
        for number in range(count):
            top, left = 8 * number, 7 * number
            write(folder / where / f"{number}.png", Picture(sheet[top : top + height, left : left + width]))
    (folder / "README.md").write_text(_README, encoding="utf-8")
    for arguments in _BEGINNING:
        sitting = killing.run(pkgutil.resolve_name("training.cli:main"), arguments, folder, log)
        if sitting.status:
            raise RuntimeError(f"{arguments[0]} fails: {log.read_text()}")


def _moment(whole: Sitting, largest: int, random: np.random.Generator) -> tuple[str, Moment]:
    change = int(random.integers(1, whole.changes + 1))
    match kind := Moment._fields[random.integers(3)]:
        case "seconds":
            return kind, Moment(seconds=random.uniform(0, whole.seconds))
        case "change":
            return kind, Moment(change=change)
        case _:  # small numbers are as likely as large ones, because files are of all sizes
            return kind, Moment(change=change, byte=int(largest ** random.random()))


if __name__ == "__main__":
    sys.exit(main())
