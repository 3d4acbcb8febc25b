"""``bulk``: the same files as the ordinary command, whatever happens to the machines that make them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_core import cli, jobs, shared_options
from sr_core.bulk import command, worker
from sr_core.errors import UnreadablePictureError
from sr_core.files.store import Store


@pytest.fixture
def here(tmp_path, monkeypatch) -> Path:
    """Ten pictures in two folders, a damaged one and a text."""
    monkeypatch.chdir(tmp_path)
    for number in range(10):
        path = Path("in", "sub" if number % 2 else "", f"{number}.{'jpg' if number % 3 else 'png'}")
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (5 + number, 6, 3), np.uint8)
        Image.fromarray(pixels).save(path)
    Path("in/bad.png").write_bytes(b"no picture")
    Path("in/notes.txt").touch()
    return tmp_path


@pytest.fixture
def shared(tiny_x4) -> list[str]:
    return ["-n", str(tiny_x4.file), "-g", "-1", "--fp32", "-r", "-x", "-f", "webp", "--strip"]


def contents(folder: str) -> dict[str, bytes]:
    files = (path for path in Path(folder).rglob("*") if path.is_file() and path.name != command.REPORT)
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def report(folder: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in Path(folder, command.REPORT).read_text().splitlines()]


def planned(source: Store, target: Store) -> list[jobs.Job]:
    found = source.find(recursive=True).pictures
    pairs = [(path, path.relative_to(source.root)) for path in found]
    return jobs.of_folder(pairs, source.root, target=target.root, extension="webp", suffix="_x4")


def started(*cores: int):
    """Nodes of a cluster; skips where the machine is too busy for Ray to start any."""
    from benchmarks import cluster_nodes

    cluster_nodes.repository_on_path()
    try:
        return cluster_nodes.Nodes(*cores)
    except RuntimeError as error:
        pytest.skip(str(error)[-200:])


def without_ray(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ray", None)


def test_it_has_all_options_of_the_ordinary_command_but_those_on_which_pictures():
    def names(parser) -> set[str]:
        return {name for action in parser._actions for name in action.option_strings}

    ordinary, bulk = names(cli._parser()), names(command._parser())
    assert ordinary - bulk == {"-i", "--input", "-o", "--output", "--resume"}
    assert bulk - ordinary == {"--address", "--workers"}
    assert [action.option_strings for action in command._parser()._actions if not action.help] == []


def test_a_worker_makes_the_files_of_the_ordinary_command_leaves_what_exists_and_never_raises(here, shared):
    assert cli.main(["in", "-o", "plain", *shared]) == 1
    options = command._parser().parse_args(["in", "out", *shared])
    source, target = Store("in"), Store("out")
    todo = planned(source, target)
    target.write(todo[0].target, b"kept as it is")
    choices = worker.choose(options, -1, 1)
    one = worker.Worker(options, shared_options.result(options, "webp"), source, target, choices, 1)

    rows = [
        one({"number": i, "source": str(job.source), "target": str(job.target)}) for i, job in enumerate(todo)
    ]

    assert [row["number"] for row in rows] == list(range(11))
    reports = {todo[row["number"]].source.name: json.loads(row["report"]) for row in rows if row["report"]}
    assert set(reports) == {"bad.png"}
    assert reports["bad.png"]["error"].startswith("The file is not a picture that can be read")
    assert contents("out") == {**contents("plain"), "0_x4.webp": b"kept as it is"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nowhere", "out"], "error: There is no folder of that name; received nowhere."),
        (["empty", "out"], "error: There is no picture in that folder; received empty."),
        (["in", "in/bad.png"], "error: The results need a folder, not a file; received in/bad.png."),
        (["in", "in", "--suffix", "", "-f", "png"], "error: The output would replace an original"),
        (["in", "out", "--workers", "0"], "error: The number of workers must be above 0; received 0."),
        (["nonsense://in", "out"], "error: The folder nonsense://in cannot be reached: "),
        (["in", "out"], "error: Ray, which distributes the work, is not installed; run `pip install"),
    ],
)
def test_what_cannot_be_done_is_told_in_a_sentence_and_leaves_nothing(
    here, shared, capsys, monkeypatch, arguments, sentence
):
    without_ray(monkeypatch)
    Path("empty").mkdir()

    assert cli.main(["bulk", *shared, *arguments]) == 2

    assert sentence in capsys.readouterr().err
    assert not Path("out").exists()


def test_where_all_is_done_no_cluster_is_asked_for(here, shared, capsys, monkeypatch):
    Path("in/bad.png").unlink()
    assert cli.main(["in", "-o", "out", *shared]) == 0
    before = contents("out")
    without_ray(monkeypatch)

    assert cli.main(["bulk", "in", "out", *shared]) == 0

    assert "10 of 10 are done already" in capsys.readouterr().err
    assert contents("out") == before


def test_a_url_is_a_folder_too(here):
    pytest.importorskip("fsspec")
    store = Store("memory://bucket/pictures")
    assert Store("memory://bucket/nowhere").find(recursive=True).pictures == ()
    for name in ("a.png", "sub/b.JPG", "sub/notes.txt", ".hidden/c.png"):
        store.write(store.root / name, name.encode())

    names = [path.relative_to(store.root).as_posix() for path in store.find(recursive=True).pictures]

    assert names == ["a.png", "sub/b.JPG"]
    assert [path.name for path in store.find(recursive=False).pictures] == ["a.png"]
    assert store.read(store.root / "a.png", max_bytes=5) == b"a.png"
    paths = [store.root / "a.png", store.root / "z.png"]
    assert store.existing(paths) == {paths[0]}
    assert (store.exists(paths[0]), store.exists(paths[1])) == (True, False)
    with pytest.raises(UnreadablePictureError, match=r"holds no 'z\.png'"):
        store.read(paths[1], max_bytes=5)
    assert Store(f"file://{here}/in").find(recursive=True) == Store("in").find(recursive=True)


@pytest.mark.slow
def test_a_cluster_makes_the_files_of_the_ordinary_command_though_a_worker_and_a_node_are_killed(
    here, shared
):
    pytest.importorskip("ray")
    cli.main(["in", "-o", "plain", *shared])
    with started(1, 1) as nodes:
        arguments = ["bulk", "in", "out", "--address", nodes.address, "--workers", "2", *shared]
        running = subprocess.Popen([sys.executable, "-m", "sr_core", *arguments], stderr=subprocess.PIPE)
        while len(nodes.workers()) < 2:
            assert running.poll() is None
        nodes.workers()[0].kill()
        nodes.lose(1)
        said = running.communicate()[1].decode()

    assert running.returncode == 1, said
    assert "1 of 11 pictures could not be enlarged" in said
    assert contents("out") == contents("plain")
    assert [Path(line["source"]).name for line in report("out")] == ["bad.png"]


class Mortal(worker.Worker):
    """A worker whose process ends at one picture."""

    def __call__(self, row):
        if "poison" in row["source"]:
            os._exit(1)
        return super().__call__(row)


@pytest.mark.slow
@pytest.mark.filterwarnings("default")
def test_a_picture_that_ends_every_worker_is_told_and_takes_no_other_with_it(here, shared, monkeypatch):
    cloudpickle = pytest.importorskip("ray.cloudpickle")
    Path("in/poison.png").write_bytes(Path("in/0.png").read_bytes())
    cloudpickle.register_pickle_by_value(sys.modules[__name__])
    monkeypatch.setattr(worker, "Worker", Mortal)
    with started(2) as nodes:
        assert cli.main(["bulk", "in", "out", "--address", nodes.address, "--workers", "2", *shared]) == 1

    errors = {Path(line["source"]).name: line["error"] for line in report("out")}
    assert set(errors) == {"bad.png", "poison.png"}
    assert errors["poison.png"].startswith("Its worker died at every attempt")
    assert len(contents("out")) == 10
