"""Kills the commands at random moments and checks the files they leave behind.

After each kill, every file under its final name must be complete, old or new; running the same command again
must do the rest; and the final files must equal those of a run without kills, byte for byte except for
timings. A third of the kills come at a random time, a third just before a change to a file, a third in the
middle of writing one. Networks and pictures are tiny.

  python -m benchmarks.kill                       # everything; writes to docs/results/reliability.md
  python -m benchmarks.kill export --kills 20     # only some
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
from benchmarks.killing import Moment, Outcome
from benchmarks.memory import clouds
from sr_core import Picture, write

_PHOTOS = ["--data", "photos", "--val", "photos", "--cache", "cache", "--precision", "float32"]
_FIT = ["fit", "edsr", "--scale", "2", "--hyperparameters", '{"blocks": 1, "channels": 4}', "--patch", "8"]
_FIT += ["--batch", "2", "--steps-per-epoch", "4", "--validate-every", "1", *_PHOTOS]
_EXPORT = ["export", "--name", "edsr_x2", "--to", "weights", "--results", "results"]
_EXPORT += ["--score", "photos", "--plain", "--cache", "cache"]
_REPORT = ["report", "--results", "results", "--readme", "README.md"]
_REPORT += ["--weights", "weights", "--samples", "photos"]

# The state before all commands includes an older export and an older report, which will be replaced.
_BEGINNING = [
    [*_FIT, "--steps", "8", "--seed", "2", "--run", "old"],
    [*_FIT, "--steps", "12", "--run", "done"],
    [*_FIT, "--steps", "12", "--schedule", "constant", "--run", "trunk"],
    [*_EXPORT, "old"],
    _REPORT,
]
# Imported once before forking, so that the forks need not import them.
_HEAVY = ("keras", "matplotlib.pyplot", "rich.progress", "sr_core.cli", "sr_core.engines", "training.cli")
_HEAVY += ("training.fit.psnr", "training.export", "training.report.writing")
_HEAD = """\
| command | killed at a random time | before a change to a file | within a file | cases | faults | leftovers |
| --- | --- | --- | --- | --- | --- | --- |"""
_NOTE = """\
A case is a command that was killed one to four times and then run to its end. A fault is a file under its
final name that is neither old nor new nor, for training, complete; a command that does not resume; or a final
file that differs from that of a run without kills, other than in timings. Leftovers are files under temporary
names, which are never read and do no harm."""
_README = """\
# Networks

<!-- scores: begin, written by `python -m training report` -->
<!-- scores: end -->
"""


class Command(NamedTuple):
    """A command to kill.

    Attributes
    ----------
    package : str
        What follows ``python -m``.
    arguments : sequence of str
    first : sequence of str
        Arguments of a command that runs before it, without kills.
    in_steps : bool
        Whether it replaces its files while it works, so that they may differ from both the initial and the
        final ones.
    share : int
        Of the kills: slow commands get fewer.
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


class Killer:
    """Kills one command again and again."""

    def __init__(self, name: str, folder: Path):
        self.name, self.command = name, COMMANDS[name]
        self.kills: Counter[str] = Counter()
        self.faults: list[str] = []
        self.leftovers = self.cases = 0
        self._folder = folder / name

    def run(self, beginning: Path, kills: int, random: np.random.Generator) -> None:
        """Kill it `kills` times, one to four times in each case."""
        before, after, case = (self._folder / name for name in ("before", "after", "case"))
        self._folder.mkdir()
        # All in one folder, because the cache of decoded pictures depends on their paths.
        shutil.copytree(beginning, case)
        if self.command.first:
            self._run(case, self.command.first)
        shutil.copytree(case, before)
        whole = self._run(case, self.command.arguments)
        if whole.status:
            raise RuntimeError(f"{self.name} fails even without kills: {self._log.read_text()}")
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
                if self._run(case, self.command.arguments, moment).status >= 0:
                    break  # it finished before the kill
                self.kills[kind] += 1
                self._check_files(case, known)
            status = self._run(case, self.command.arguments).status
            if status:
                self._add_fault(f"the last run ended with {status}: {self._log.read_text()[-500:]}")
            self._compare(case, expected)
            if len(self.faults) == faults:
                shutil.rmtree(case)
            else:
                case.rename(case.with_name(f"case{self.cases}"))

    @property
    def _log(self) -> Path:
        return self._folder / "log"

    def _run(self, folder: Path, arguments: Sequence[str], moment: Moment | None = None) -> Outcome:
        self._log.unlink(missing_ok=True)
        main = pkgutil.resolve_name(f"{self.command.package}.cli:main")
        return killing.run(main, arguments, folder, self._log, moment)

    def _check_files(self, case: Path, known: Sequence[Mapping[str, bytes]]) -> None:
        """Record files under their final names that are incomplete."""
        for name, path in remains.files(case).items():
            if remains.is_temporary(path) or any(path.read_bytes() == one.get(name) for one in known):
                continue
            if not (self.command.in_steps and remains.is_whole(path)):
                self._add_fault(f"{name} is incomplete")

    def _compare(self, case: Path, expected: Mapping[str, Path]) -> None:
        """Record differences from a run without kills."""
        there = remains.files(case)
        self.leftovers += sum(remains.is_temporary(path) for path in there.values())
        there = {name: path for name, path in there.items() if not remains.is_temporary(path)}
        for name in sorted(expected.keys() | there.keys()):
            if not (name in there and name in expected):
                self._add_fault(f"{name} is {'missing' if name in expected else 'unexpected'}")
            elif remains.comparable(there[name]) != remains.comparable(expected[name]):
                self._add_fault(f"{name} differs from that without kills")

    def _add_fault(self, fault: str) -> None:
        self.faults.append(f"{self.name}, case {self.cases}: {fault}")

    def row(self) -> str:
        """Return the row of the table."""
        numbers = [self.kills[kind] for kind in Moment._fields]
        cells = [self.name, *numbers, self.cases, len(self.faults), self.leftovers]
        return f"| {' | '.join(map(str, cells))} |"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark; return 1 if there were faults."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.kill",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    known = ", ".join(COMMANDS)
    parser.add_argument("commands", nargs="*", metavar="COMMAND", help=f"{known} (default: all)")
    parser.add_argument("--kills", type=int, default=200, help="in total (default 200)")
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
        killer = Killer(name, folder)
        kills = -(-options.kills * COMMANDS[name].share // sum(COMMANDS[one].share for one in names))
        killer.run(folder / "beginning", kills, np.random.default_rng([options.seed, *name.encode()]))
        rows.append(killer.row())
        faults += killer.faults
        print(rows[-1], *killer.faults, sep="\n", flush=True)
    if faults:
        print(f"The files of the faults are in {folder}.", file=sys.stderr)
        return 1
    shutil.rmtree(folder)
    command = " ".join(["python -m benchmarks.kill", *(arguments if arguments is not None else sys.argv[1:])])
    reliability.record("Killed commands", command, "\n".join([*rows, "", _NOTE]))
    return 0


def _begin(folder: Path, log: Path) -> None:
    """Create the state before all commands: pictures, three runs, and an older export and report."""
    sheet = clouds(160)
    for where, count, height, width in (("photos", 3, 48, 64), ("pictures", 12, 24, 20)):
        (folder / where).mkdir(parents=True)
        for number in range(count):
            top, left = 8 * number, 7 * number
            write(folder / where / f"{number}.png", Picture(sheet[top : top + height, left : left + width]))
    (folder / "README.md").write_text(_README, encoding="utf-8")
    for arguments in _BEGINNING:
        outcome = killing.run(pkgutil.resolve_name("training.cli:main"), arguments, folder, log)
        if outcome.status:
            raise RuntimeError(f"{arguments[0]} fails: {log.read_text()}")


def _moment(whole: Outcome, largest: int, random: np.random.Generator) -> tuple[str, Moment]:
    change = int(random.integers(1, whole.changes + 1))
    match kind := Moment._fields[random.integers(3)]:
        case "seconds":
            return kind, Moment(seconds=random.uniform(0, whole.seconds))
        case "change":
            return kind, Moment(change=change)
        case _:  # log-uniform, because files are of all sizes
            return kind, Moment(change=change, byte=int(largest ** random.random()))


if __name__ == "__main__":
    sys.exit(main())
