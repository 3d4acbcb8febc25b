"""The report shows what the cards and histories say, and nothing else."""

import csv
import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_core import OptionError, Upscaler, catalogue, networks, weights
from sr_core.weights import WeightsCard
from training.data.datasets import whole_pictures
from training.evaluate import evaluate
from training.report import curves, document, gains, grids, page, tables, writing
from training.report.places import Places
from training.study import claims, three_ways

MSE_PHASE = {"begins": 0.5, "patch": 48, "batch": 4, "loss": "mse"}
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


def test_the_study_as_written_stands_beside_what_was_tuned_and_what_is_claimed():
    score = {**card().scores[0], "protocol": "RGB, shave 0"}
    better = {**score, "network": {**score["network"], "psnr": 33.5}}
    history = curves.History("SRCNN", ({"steps": 9, "epoch": 1, "val_psnr": 31.0, "train_psnr": 31.25},))
    cards = [
        card(name=name, title="SRCNN ×1", architecture="srcnn", scale=1, scores=(one,))
        for name, one in (("srcnn_as_written", score), ("srcnn_study", better))
    ]

    table = three_ways.markdown(cards[:1], cards[1:], [curves.Run(history, "val_psnr")], [])

    assert "| SRCNN | 31.00 dB / 0.8800 | +0.25 | 33.50 dB / 0.8800 |  | 30-32 dB / 0.85 |" in table
    assert "| EDSR | not run |  | not run |  | 34-36 dB / 0.92 |" in table
    assert three_ways.markdown([], cards[1:], [], []) == ""


def of_input(state: str, gain: float) -> dict:
    score = card().scores[0]
    network = {**score["network"], "psnr": score["bicubic"]["psnr"] + gain}
    return {**score, "input": state, "network": network, "gmsd_bicubic": 0.2, "gmsd_network": 0.1}


def test_gains_are_shown_by_quality_and_by_noise(tmp_path):
    scores = [
        of_input(state, gain) for state, gain in (("JPEG 40", -0.5), ("noise 8", 0.7), ("JPEG 95", 1.2))
    ]
    of_jpeg = card(
        name="edsr_x4", title="EDSR ×4", architecture="edsr", scores=(of_input("clean", 2.6), *scores)
    )
    rows = tables.rows_of([card(), of_jpeg], {})

    [(group, found)] = gains.groups(rows).items()

    assert group == (4, "Set5", "luma, shave 4")
    table = gains.markdown(found)
    assert "| method | clean | JPEG 95 | JPEG 40 | noise 8 |" in table
    assert "| EDSR | +2.60 | +1.20 | -0.50 | +0.70 |" in table
    assert "| bicubic | 28.40 | 28.40 | 28.40 | 28.40 |" in table
    assert "VDSR" not in table  # which was measured clean only
    assert "| bicubic | 0.2000 | 0.2000 | 0.2000 | 0.2000 |" in table  # not from VDSR's older card
    gains.draw(found, tmp_path / "gains.png")
    assert np.asarray(Image.open(tmp_path / "gains.png")).std() > 5
    # The tables of clean pictures, and the papers beside them, do not know of it.
    assert page.summary(rows, link="x").count("EDSR") == 1
    assert [row.published != "" for row in rows if row.name == "edsr_x4"] == [True, False, False, False]


def test_self_ensemble_is_eight_times_the_work_and_its_time_is_not_guessed():
    score = {**card().scores[0], "self_ensemble": True}

    [_, plain, ensemble] = tables.rows_of([card(scores=(card().scores[0], score))], {"vdsr_x4": 1.5})

    assert ensemble.multiply_adds == 8 * (plain.multiply_adds or 0)
    assert (plain.seconds_per_megapixel, ensemble.seconds_per_megapixel) == (1.5, None)


def test_adversarial_weights_stand_beside_the_paper_s_adversarial_network():
    score = {**card().scores[0], "sharpness_bicubic": 0.5, "sharpness_network": 0.9}
    settings = {"architecture": "esrgan", "scores": (score,)}
    trained = [{"recipe": {"monitor": "psnr"}}, {"recipe": {"perceptual": "vgg"}}, {"interpolation": {}}]
    cards = [card(name=f"n{i}", training=training, **settings) for i, training in enumerate(trained)]

    rows = tables.rows_of(cards, {})

    assert [row.published for row in rows] == ["", "32.73 / 0.9011", "30.33", "30.33"]
    assert [row.sharpness for row in rows] == [0.5, 0.9, 0.9, 0.9]
    assert writing.missing(cards[:1], [])[-1] == "ESRGAN trained against a discriminator"
    assert writing.missing(cards, [])[0] == "SRCNN, VDSR, Autoencoder, EDSR at ×4"


def test_claims_of_the_study_are_compared_under_its_own_protocol():
    score = {**card().scores[0], "dataset": "kaggle", "protocol": "RGB, shave 0"}
    rows = tables.rows_of([card(scale=1, scores=(score,))], {})

    assert rows[0].method == "LR as it is"
    assert rows[1].claimed == "32-34 dB: not reached; SSIM 0.88: reached"
    assert claims.CLAIMS["VDSR"].verdict(33) == "reached"
    assert claims.CLAIMS["VDSR"].verdict(35) == "exceeded"
    assert not replace(rows[1], protocol="luma, shave 1").claimed


def test_csv_and_json_hold_every_digit():
    rows = tables.rows_of([card()], {})

    [_, from_csv] = csv.DictReader(tables.as_csv(rows).splitlines())
    [_, from_json] = json.loads(tables.as_json(rows))

    assert float(from_csv["psnr"]) == from_json["psnr"] == 31.0
    assert from_csv["published"] == "31.35 / 0.8838"
    exact = tables.as_json([replace(rows[0], psnr=math.inf)])
    assert json.loads(exact, parse_constant=pytest.fail)[0]["psnr"] is None


@pytest.fixture
def catalogue_folder(tmp_path, photos) -> Path:
    """A folder with one small network and its true scores."""
    network = networks.build("edsr", scale=4, blocks=1, channels=4)
    settings = {"name": "edsr_x4", "title": "EDSR ×4", "architecture": "edsr", "folder": tmp_path / "weights"}
    settings |= {"hyperparameters": {"blocks": 1, "channels": 4}, "training": {"recipe": {}}}
    saved = weights.save_network(network, card(**settings))
    scores = evaluate(Upscaler(saved), whole_pictures([photos], scale=4), dataset="photos").summary()
    replace(saved, scores=tuple(scores)).save()
    return saved.folder


HISTORY = """run,epoch,steps,minutes,rate,loss,steps_per_second,val_psnr,val_mae,train_psnr,train_mae
1,1,10,1,0.001,0.02,10,27.0,6.0,27.5,5.8
1,2,20,2,0.001,0.015,10,29.0,5.0,29.75,4.7
1,3,30,3,0.001,0.014,10,28.5,5.2,30.0,4.5
"""


def test_history_tells_the_chosen_epoch_and_the_gap(tmp_path):
    learnt = history(tmp_path, HISTORY)

    for by in ("val_psnr", "val_mae"):
        row = learnt.chosen(by=by)
        assert row is not None
        assert row["steps"] == 20
        assert curves.overfitting_gap(row) == 0.75
    assert curves.overfitting_gap({"val_psnr": 30.0}) is None


GAN_HISTORY = """run,epoch,steps,d_loss,g_loss,pixel,val_psnr,val_mae,kept
1,0,0,,,,29.0,5.0,False
1,1,10,0.69,0.1,0.02,27.0,6.0,True
1,2,20,0.69,0.1,0.03,26.0,6.5,True
1,3,30,0.69,0.1,0.03,12.0,40.0,False
"""


def history(tmp_path: Path, text: str) -> curves.History:
    (tmp_path / "history.csv").write_text(text)
    return curves.History.read(tmp_path / "history.csv", title="ESRGAN")[1]


def test_history_as_a_run_itself_writes_it_is_one_run(tmp_path):
    (tmp_path / "history.csv").write_text("epoch,steps,loss\n1,10,0.02\n2,20,0.01\n")

    [(number, read)] = curves.History.read(tmp_path / "history.csv", title="EDSR").items()

    assert number == 1
    assert read.column("loss") == ([10, 20], [0.02, 0.01])


def test_run_against_a_discriminator_shows_the_weights_that_were_kept_last(tmp_path):
    recipe = {"monitor": "last", "perceptual": "vgg", "steps": 30}

    run = curves.Run.of(history(tmp_path, GAN_HISTORY), {"recipe": recipe})

    assert run.chosen is not None
    assert (run.chosen["steps"], run.loss, run.stopped_early) == (20, "pixel", False)
    assert "| ESRGAN | 0 | 30 | 3 | 20 | 2 | its length | 26.00 | not measured |" in curves.markdown([run])
    curves.draw([run], tmp_path / "curves.png")
    assert np.asarray(Image.open(tmp_path / "curves.png")).std() > 5


def test_early_stopping_and_the_gap_are_stated(tmp_path):
    recipe = {"monitor": "loss", "loss": "mae", "steps": 100, "patience": 1}

    training = {"recipe": recipe, "command": "fit --minutes 5"}
    run = curves.Run.of(history(tmp_path, HISTORY), training, before=1200)

    assert "| ESRGAN | 1,200 | 30 | 3 | 20 | 2 | early stopping | 29.00 | +0.75 |" in curves.markdown([run])
    for patience in (0, 2):  # none, and more than was needed
        assert not curves.Run.of(run.history, {"recipe": {**recipe, "patience": patience}}).stopped_early


@pytest.mark.parametrize(
    ("recipe", "drawn"),
    [
        ({"loss": "mse", "steps": 40}, []),
        ({"phases": [MSE_PHASE], "steps": 40}, [10]),  # 20 steps, of which the last may reach beyond the half
        ({"phases": [MSE_PHASE]}, [10, 20]),  # of 10 minutes
        ({"steps": 40}, [10, 20, 30, 40]),
    ],
)
def test_loss_is_drawn_as_far_as_it_is_an_absolute_error(tmp_path, recipe, drawn):
    rows = "".join(f"1,{step},{minutes},0.02\n" for step, minutes in ((10, 2), (20, 4), (30, 5), (40, 10)))

    run = curves.Run.of(history(tmp_path, "run,steps,minutes,loss\n" + rows), {"recipe": recipe})

    assert run.curve("training patches")[0] == drawn


def test_runs_that_made_the_weights_stand_one_behind_the_other(tmp_path):
    before = [{"steps": 700, "recipe": {}}, {"steps": 30, "recipe": {"loss": "mse"}}]
    lines = HISTORY.splitlines()
    second, third = ("\n".join(number + line[1:] for line in lines[1:]) for number in "23")
    (tmp_path / "history.csv").write_text("\n".join([lines[0], second, third]))

    histories = curves.History.read(tmp_path / "history.csv", title="EDSR")
    run = curves.Run.last_of(histories, {"steps": 30, "recipe": {}, "before": before})

    assert [part.before for part in (*run.earlier, run)] == [700, 730]  # of the first there is no history
    assert run.curve("validation pictures") == ([740, 750, 760], [6.0, 5.0, 5.2])
    assert run.curve("training patches")[1][0] == 255 * 0.02
    assert run.earlier[0].curve("training patches") == ([], [])
    assert run.earlier[0].curve("validation pictures")[0] == [710, 720, 730]
    assert "| EDSR | 730 | 30 | 3 | 20 |" in curves.markdown([run])
    curves.draw([run], tmp_path / "curves.png")
    assert np.asarray(Image.open(tmp_path / "curves.png")).std() > 5


def test_the_busiest_detail_is_found():
    hr = np.full((60, 80, 3), 90, np.uint8)
    hr[30:40, 50:60] = np.random.default_rng(0).integers(0, 256, (10, 10, 3))

    top, left = grids.busiest(hr, 12)

    assert 28 <= top <= 31
    assert 48 <= left <= 51


def test_whole_report_is_generated(tmp_path, catalogue_folder):
    readme, samples = tmp_path / "README.md", ROOT / "tests" / "data"
    readme.write_text("\n".join(["top", *MARKS, "bottom"]))
    results = tmp_path / "results"
    results.mkdir()
    (results / "edsr_x4_history.csv").write_text(HISTORY)
    places = Places(results=results, readme=readme, weights=catalogue_folder, samples=samples)

    writing.write(places, measure_speed=True, log=lambda part: None)

    text = (results / "README.md").read_text()
    [score] = [s for c in catalogue(catalogue_folder).values() for s in c.scores if "luma" in s["protocol"]]
    assert f"{score['network']['psnr']:.2f}" in text
    assert "s per megapixel" in text
    assert "Not there yet: SRCNN, VDSR, ESRGAN, Autoencoder at ×4" in text
    assert "ended by" in text
    assert readme.read_text().startswith("top\n")
    assert "[results](results/README.md)" in readme.read_text()
    for name in ("curves_x4.png", "grid_x4.webp"):
        assert name in text
        assert np.asarray(Image.open(results / name)).std() > 5
    assert len((results / "results.csv").read_text().splitlines()) == 1 + 4


def test_documents_show_what_the_cards_say():
    before = (ROOT / "README.md").read_text(encoding="utf-8")
    rows = writing.rows(Places())

    assert any(row.method == "bicubic" for row in rows)
    assert document.with_part(before, "scores", writing.front_page(Places())) == before, (
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
