"""The histories of the runs that made some weights are kept together."""

import csv

import pytest

from training.fit import histories


@pytest.fixture
def file(tmp_path):
    return tmp_path / "results" / "edsr_x4_history.csv"


@pytest.fixture
def run(tmp_path):
    """Writes the history of a run of so many steps."""

    def write(steps: int, columns: str = "epoch,steps,loss"):
        path = tmp_path / "history.csv"
        path.write_text(f"{columns}\n1,10,0.5\n2,{steps},0.25\n")
        return path

    return write


def steps_of(file) -> list[tuple[str, str]]:
    with file.open() as lines:
        return [(row["run"], row["steps"]) for row in csv.DictReader(lines)]


def test_a_run_is_written_behind_those_that_led_to_it_once(file, run):
    histories.extend(file, run(20), before=[])
    histories.extend(file, run(30), before=[{"steps": 20}])
    written = file.read_bytes()
    histories.extend(file, run(30), before=[{"steps": 20}])

    assert steps_of(file) == [("1", "10"), ("1", "20"), ("2", "10"), ("2", "30")]
    assert file.read_bytes() == written


def test_runs_that_did_not_lead_to_it_are_left_out(file, run):
    histories.extend(file, run(20), before=[])
    histories.extend(file, run(30), before=[{"steps": 20}])

    histories.extend(file, run(40), before=[{"steps": 20}, {"steps": 99}])
    assert steps_of(file) == [("1", "10"), ("1", "20"), ("3", "10"), ("3", "40")]

    histories.extend(file, run(50), before=[])
    assert steps_of(file) == [("1", "10"), ("1", "50")]


def test_runs_of_different_kinds_share_the_file(file, run):
    histories.extend(file, run(20), before=[])
    histories.extend(file, run(30, columns="epoch,steps,pixel"), before=[{"steps": 20}])

    assert file.read_text().splitlines() == [
        "run,epoch,steps,loss,pixel",
        "1,1,10,0.5,",
        "1,2,20,0.25,",
        "2,1,10,,0.5",
        "2,2,30,,0.25",
    ]
