"""The notebooks are stored without results, and run from top to bottom on what the repository holds."""

import base64
import io
import re
from collections.abc import Callable
from pathlib import Path

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from nbformat import NotebookNode
from PIL import Image

from sr_core import catalogue, networks

FOLDER = Path(__file__).resolve().parent.parent / "notebooks"
NAMES = ("explore_data", "compare_networks")
SECONDS_A_CELL = 300
# Two folders deep, from the root of a machine or of a drive.
ABSOLUTE = re.compile(r"(?<![\w.~/)\]}<])/\w+/\w|\b[A-Z]:\\\w")

Run = Callable[..., NotebookNode]


def load(name: str) -> NotebookNode:
    return nbformat.read(FOLDER / f"{name}.ipynb", as_version=nbformat.NO_CONVERT)


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A function that runs a notebook where Jupyter would, up to the cell `last`, and returns it."""
    for name in ("JUPYTER_DATA_DIR", "JUPYTER_CONFIG_DIR", "JUPYTER_RUNTIME_DIR", "IPYTHONDIR"):
        monkeypatch.setenv(name, str(tmp_path / name))  # so that nobody's own kernels and settings count
    monkeypatch.delenv("MPLBACKEND", raising=False)  # which Streamlit sets, so that charts are not shown
    monkeypatch.delenv("SUPERRES_DATA", raising=False)
    monkeypatch.setenv("SUPERRES_WORK", str(tmp_path / "work"))

    def execute(name: str, *, last: str = "") -> NotebookNode:
        notebook = load(name)
        ids = [cell.id for cell in notebook.cells]
        notebook.cells = notebook.cells[: ids.index(last) + 1 if last else None]
        resources = {"metadata": {"path": str(FOLDER)}}
        client = NotebookClient(notebook, kernel_name="python3", timeout=SECONDS_A_CELL, resources=resources)
        client.iopub_timeout = SECONDS_A_CELL  # after 4 s, by default, a busy machine loses charts
        client.execute()
        return notebook

    return execute


def outputs(notebook: NotebookNode, mime: str) -> list[str]:
    """Everything of one kind that the cells showed."""
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return [output.data[mime] for output in shown if mime in output.get("data", {})]


def printed(notebook: NotebookNode) -> str:
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    return "".join(output.text for output in shown if output.get("name") == "stdout")


def charts(notebook: NotebookNode) -> list[np.ndarray]:
    files = [io.BytesIO(base64.b64decode(data)) for data in outputs(notebook, "image/png")]
    return [np.asarray(Image.open(file).convert("RGB")) for file in files]


def test_every_notebook_is_tested() -> None:
    assert {file.stem for file in FOLDER.glob("*.ipynb")} == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_valid_and_every_cell_has_its_own_id(name: str) -> None:
    notebook = load(name)

    nbformat.validate(notebook)
    ids = [cell.id for cell in notebook.cells]

    assert (notebook.nbformat, notebook.nbformat_minor) >= (4, 5)
    assert len(set(ids)) == len(ids)
    assert notebook.metadata.kernelspec.name == "python3"


@pytest.mark.parametrize("name", NAMES)
def test_notebook_is_stored_without_results(name: str) -> None:
    cells = [cell for cell in load(name).cells if cell.cell_type == "code"]

    assert cells
    assert [c.id for c in cells if c.outputs or c.execution_count or c.metadata] == [], "clear its outputs"


@pytest.mark.parametrize("name", NAMES)
def test_notebook_names_no_folder_of_some_machine(name: str) -> None:
    assert [cell.id for cell in load(name).cells if ABSOLUTE.search(cell.source)] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_step_is_explained_before_it_is_done(name: str) -> None:
    kinds = [cell.cell_type for cell in load(name).cells]

    assert kinds[0] == kinds[-1] == "markdown"
    assert sum(kind == "markdown" for kind in kinds) >= sum(kind == "code" for kind in kinds)


def test_explore_data_runs_and_shows_its_findings(run: Run, tmp_path: Path) -> None:
    notebook = run("explore_data")

    [conclusions] = [text for text in outputs(notebook, "text/markdown") if text.startswith("* **")]
    assert "alarm" not in conclusions
    assert "48 pictures" in printed(notebook)
    assert len(charts(notebook)) >= 6
    assert min(chart.std() for chart in charts(notebook)) > 5
    assert (tmp_path / "work" / "explore" / "index.html").is_file()


def test_compare_networks_runs_and_shows_its_table(run: Run) -> None:
    notebook = run("compare_networks")

    tables = outputs(notebook, "text/markdown")
    titles = [architecture.title for architecture in networks.NETWORKS.values()]
    [study] = [table for table in tables if "the study claims" in table]
    assert all(re.search(rf"\| {title} .*reached|\| {title} .*exceeded", study) for title in titles)
    assert any("published" in table for table in tables)
    assert len(charts(notebook)) == 6
    assert min(chart.std() for chart in charts(notebook)) > 5
    # A hundred and twenty steps are few, but these two begin near LR, VDSR nearest.
    scores = {line.split("|")[1].strip(): float(line.split("|")[2]) for line in study.splitlines()[4:]}
    assert scores["VDSR"] > scores["LR as it is"]
    assert scores["Autoencoder"] > scores["LR as it is"] - 1
    assert any(card.scale == 4 for card in catalogue().values())


def test_both_notebooks_take_the_dataset_that_is_named(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("explore_data", last="small")  # makes a dataset in the study's layout
    monkeypatch.setenv("SUPERRES_DATA", str(tmp_path / "work" / "small"))

    found = printed(run("explore_data", last="explore"))
    read = printed(run("compare_networks", last="data"))

    assert "layout: kaggle" in found
    assert "validation: 4 pictures" in found
    assert "training: 48," in read
    assert "test: 2," in read
