"""What is killed leaves nothing half done; `python -m benchmarks.kill` tries that on all commands."""

import os
import subprocess
import sys
from pathlib import Path

import h5py
import pytest

from benchmarks import remains

ROOT = Path(__file__).resolve().parent.parent

# In a process of its own, because a fork needs one without threads.
WRITER = """
import sys
from pathlib import Path
from benchmarks import killing
from benchmarks.killing import Moment
from sr_core.files import write_bytes

def main(arguments):
    write_bytes(Path("file"), b"new" * 1000)
    return 0

def plain(arguments):
    Path("file").write_bytes(b"new" * 1000)
    return 0

folder = Path(sys.argv[1])
for write in (main, plain):
    states, changes = set(), killing.run(write, [], folder, folder / "log").changes
    for change in range(1, changes + 1):
        for byte in (None, 0, 1, 2999, 3000):
            (folder / "file").write_bytes(b"old")
            status = killing.run(write, [], folder, folder / "log", Moment(change=change, byte=byte)).status
            states.add((len((folder / "file").read_bytes()), status))
    print(sorted(states))
"""


def test_file_is_old_or_new_wherever_its_writer_is_killed(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WRITER, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, check=True
    )

    atomic, plain = done.stdout.splitlines()
    assert atomic == "[(3, -25), (3, -9), (3000, -9), (3000, 0)]"
    assert plain == "[(0, -25), (1, -25), (3, -9), (2999, -25), (3000, 0)]"  # what would have been noticed


@pytest.mark.parametrize("name", ["some.csv", "some.json", "some.h5"])
def test_file_that_was_cut_is_not_whole(name: str, tmp_path: Path) -> None:
    file = tmp_path / name
    if file.suffix == ".h5":
        with h5py.File(file, "w") as content:
            content["numbers"] = list(range(2000))
    else:
        file.write_text({".csv": "a,b\n1,2\n", ".json": '{"a": [1]}'}[file.suffix])
    whole = file.read_bytes()

    assert remains.is_whole(file)
    for share in (0, 0.5, 0.99):
        file.write_bytes(whole[: int(share * len(whole))])
        assert not remains.is_whole(file), share


@pytest.mark.slow
def test_killed_commands_go_on_to_the_same_end(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "benchmarks.kill", "--kills", "18", "--seed", "0"]

    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
