"""The report shows what the cards and histories say, and nothing else."""

import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_core import OptionError, Upscaler, catalogue, networks, weights
from sr_core.weights import WeightsCard
from training import report
from training.datasets import whole_pictures
from training.evaluate import evaluate
from training.report import Places, curves, document, grids, page, published, tables

ROOT = Path(__file__).resolve().parents[2]
MARKS = "<!-- scores: begin, written by `python -m training report` -->", "<!-- scores: end -->"


def card(**changes) -> WeightsCard:
    numbers = {"psnr": 31.0, "ssim": 0.88, "mse": 60.0, "mae": 4.0}
    score = {"dataset": "Set5", "pictures": 5, "protocol": "luma, shave 4", "self_ensemble": False}
    score |= {"precision": "float32", "bicubic": {**numbers, "psnr": 28.4}, "network": numbers}
    settings = {"name": "vdsr_x4", "title": "VDSR ×4", "architecture": "vdsr", "scale": 4}
    settings |= {"hyperparameters": {}, "sha256": "", "parameters": 668_227, "multiply_adds": 10}
    settings |= {"receptive_radius": 7, "halo": 7, "licence": "CC0", "scores": (score,)}
    return WeightsCard(**{**settings, **changes})


def test_table_has_the_baseline_once_and_every_network():
    rows = tables.rows_of(
        [card(), card(name="edsr_x4", title="EDSR ×4", architecture="edsr")], {"vdsr_x4": 1.5}
    )

    table = tables.markdown(rows)

    assert [row.method for row in rows] == ["bicubic", "VDSR", "EDSR"]
    assert table.count("28.40") == 1
    assert "| VDSR | 31.00 | 0.8800 | 60.00 | 4.000 | 668,227 | 10 | 1.50 | 31.35 / 0.8838 |" in table


def test_claims_of_the_study_are_judged_by_its_own_protocol():
    score = {**card().scores[0], "dataset": "kaggle", "protocol": "RGB, shave 0"}
    rows = tables.rows_of([card(scale=1, scores=(score,))], {})

    assert rows[0].method == "LR as it is"
    assert rows[1].claimed == "32-34 dB, 0.88: not reached"
    assert published.CLAIMS["vdsr"].verdict(33) == "reached"
    assert published.CLAIMS["vdsr"].verdict(35) == "exceeded"
    assert not replace(rows[1], protocol="luma, shave 1").claimed


def test_csv_and_json_hold_every_digit():
    rows = tables.rows_of([card()], {})

    [_, from_csv] = csv.DictReader(tables.as_csv(rows).splitlines())
    [_, from_json] = json.loads(tables.as_json(rows))

    assert float(from_csv["psnr"]) == from_json["psnr"] == 31.0
    assert from_csv["published"] == "31.35 / 0.8838"


@pytest.fixture
def shelf(tmp_path, photos) -> Path:
    """A folder with one small network and its true scores."""
    network = networks.build("edsr", scale=4, blocks=1, channels=4)
    settings = {"name": "edsr_x4", "title": "EDSR ×4", "architecture": "edsr", "folder": tmp_path / "shelf"}
    settings |= {"hyperparameters": {"blocks": 1, "channels": 4}, "training": {"recipe": {}}}
    saved = weights.save_network(network, card(**settings))
    scores = evaluate(Upscaler(saved), whole_pictures([photos], scale=4), dataset="photos").summary()
    replace(saved, scores=tuple(scores)).save()
    return saved.folder


HISTORY = """epoch,steps,minutes,rate,loss,steps_per_second,val_psnr,val_mae,train_psnr,train_mae
1,10,1,0.001,0.02,10,27.0,6.0,27.5,5.8
2,20,2,0.001,0.015,10,29.0,5.0,29.75,4.7
3,30,3,0.001,0.014,10,28.5,5.2,30.0,4.5
"""


def test_history_tells_the_chosen_epoch_and_the_gap(tmp_path):
    (tmp_path / "history.csv").write_text(HISTORY)

    history = curves.History.read(tmp_path / "history.csv", title="VDSR")

    for by in ("val_psnr", "val_mae"):
        row = history.chosen(by=by)
        assert row is not None
        assert row["steps"] == 20
        assert curves.overfitting_gap(row) == 0.75
    assert curves.overfitting_gap({"val_psnr": 30.0}) is None


def test_the_busiest_detail_is_found():
    hr = np.full((60, 80, 3), 90, np.uint8)
    hr[30:40, 50:60] = np.random.default_rng(0).integers(0, 256, (10, 10, 3))

    top, left = grids.busiest(hr, 12)

    assert 28 <= top <= 31
    assert 48 <= left <= 51


def test_whole_report_is_generated(tmp_path, shelf):
    readme, samples = tmp_path / "README.md", ROOT / "tests" / "data"
    readme.write_text("\n".join(["top", *MARKS, "bottom"]))
    results = tmp_path / "results"
    results.mkdir()
    (results / "edsr_x4_history.csv").write_text(HISTORY)
    places = Places(results=results, readme=readme, shelf=shelf, samples=samples)

    report.write(places, measure_speed=True, log=lambda part: None)

    text = (results / "README.md").read_text()
    [score] = [s for c in catalogue(shelf).values() for s in c.scores if "luma" in s["protocol"]]
    assert f"{score['network']['psnr']:.2f}" in text
    assert "s per megapixel" in text
    assert readme.read_text().startswith("top\n")
    for name in ("curves_x4.png", "grid_x4.png"):
        assert name in text
        assert np.asarray(Image.open(results / name)).std() > 5
    assert len((results / "results.csv").read_text().splitlines()) == 1 + 4


def test_documents_show_what_the_cards_say():
    before = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = report.rows(Places())

    assert any(row.method == "bicubic" for row in rows)
    assert document.with_part(before, "scores", page.summary(rows)) == before, (
        "run `python -m training report`"
    )
    assert (ROOT / "docs/results/results.csv").read_text(encoding="utf-8") == tables.as_csv(rows)


def test_only_what_is_between_the_marks_changes():
    text = "\n".join(["before", MARKS[0], "old", MARKS[1], "after"])

    assert document.with_part(text, "scores", "new") == "\n".join(
        ["before", MARKS[0], "new", MARKS[1], "after"]
    )


def test_document_without_marks_is_refused():
    with pytest.raises(OptionError, match="no place"):
        document.with_part("nothing here", "scores", "new")
