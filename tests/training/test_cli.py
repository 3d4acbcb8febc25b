"""From a folder of pictures to saved weights with scores, through the commands a person types."""

import json
import shlex
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from sr_core import Picture, Upscaler, weights
from training.cli import main
from training.fit.lineage import portable

TINY = """--hyperparameters '{"blocks": 1, "channels": 4}'"""
SHORT = f"{TINY} --steps-per-epoch 2 --validate-every 1 --patch 8 --batch 1 --precision float32"


def type_in(command: str) -> int:
    return main(shlex.split(command))


@pytest.fixture
def run(photos: Path, tmp_path: Path) -> Path:
    """A run of two steps at x2 on the test photos."""
    folder = tmp_path / "run"
    fit = f"fit edsr --scale 2 --data {photos} --val {photos} --cache {tmp_path / 'cache'}"
    assert type_in(f"{fit} --run {folder} --steps 2 {SHORT}") == 0
    return folder


@pytest.fixture
def study(kaggle: Path, tmp_path: Path) -> Path:
    """A run of two steps on the training part of Kaggle's dataset."""
    folder = tmp_path / "study"
    fit = f"fit edsr --scale 1 --layout kaggle --split shuffled --data {kaggle} --cache {tmp_path / 'cache'}"
    assert type_in(f"{fit} --run {folder} --steps 2 {SHORT}") == 0
    return folder


def test_fit_export_and_evaluate(run, photos, tmp_path, capsys):
    folder, results = tmp_path / "weights", tmp_path / "results"

    assert type_in(f"export {run} --to {folder} --results {results} --licence CC0 --score {photos}") == 0
    assert type_in(f"evaluate --weights {folder / 'edsr_x2.h5'} --data {photos}") == 0

    card = weights.read_card(folder / "edsr_x2.h5")
    assert card.training["steps"] == 2
    assert card.training["best_validation_psnr"] > 0
    assert {score["protocol"] for score in card.scores} == {"luma, shave 2", "RGB, shave 2"}
    assert {score["self_ensemble"] for score in card.scores} == {False, True}
    table = capsys.readouterr().out
    assert "bicubic" in table
    assert f"{card.scores[0]['bicubic']['psnr']:.2f}" in table
    small = Picture(np.zeros((5, 7, 3), np.uint8))
    assert Upscaler(card).upscale(small).pixels.shape == (10, 14, 3)
    assert [file.name for file in results.iterdir()] == ["edsr_x2_history.csv"]
    assert len((results / "edsr_x2_history.csv").read_text().splitlines()) == 1 + 1


def test_scores_of_weights_that_are_saved_are_renewed_in_their_card(run, photos, tmp_path, capsys):
    folder = tmp_path / "weights"
    type_in(f"export {run} --to {folder} --results {tmp_path / 'results'} --plain --score {photos}")
    exported = weights.read_card(folder / "edsr_x2.h5")
    stale = ({**exported.scores[0], "network": {}}, {**exported.scores[0], "dataset": "others"})
    replace(exported, scores=stale).save()

    assert type_in(f"evaluate --weights {folder / 'edsr_x2.h5'} --data {photos} --keep") == 0

    renewed = weights.read_card(folder / "edsr_x2.h5")
    assert renewed.scores == (exported.scores[0], stale[1], exported.scores[1])  # each in its old place
    assert type_in(f"evaluate --weights x.h5 --architecture edsr --scale 2 --data {photos} --keep") == 1
    assert "have none to --keep" in capsys.readouterr().err
    conditions = "--jpeg 40 --noise 8 --keep"
    assert type_in(f"evaluate --weights {folder / 'edsr_x2.h5'} --data {photos} {conditions}") == 0
    kept = [(score["input"], score["protocol"]) for score in weights.read_card(folder / "edsr_x2.h5").scores]
    assert kept[3:] == [("JPEG 40", "luma, shave 2"), ("noise 8", "luma, shave 2")]
    assert "GMSD" in capsys.readouterr().out
    assert type_in(f"evaluate --weights {folder / 'edsr_x2.h5'} --data {photos} --jpeg 101") == 1
    assert "1 to 100" in capsys.readouterr().err
    fast = "--precision bfloat16 --keep"
    assert type_in(f"evaluate --weights {folder / 'edsr_x2.h5'} --data {photos} {fast}") == 1
    assert "scores in float32 only" in capsys.readouterr().err


def test_every_option_of_fit_reaches_its_recipe(photos, tmp_path):
    typed = {"rate": 3e-4, "final_rate": 2e-6, "warmup": 0.25, "schedule": "step", "loss": "mse", "ema": 0.5}
    typed |= {
        "patch": 8,
        "batch": 1,
        "lines": 0.25,
        "monitor": "loss",
        "patience": 7,
        "score_training": 1,
        "seed": 5,
    }
    typed |= {"steps": 2, "steps_per_epoch": 2, "validate_every": 1, "precision": "float32"}
    options = " ".join(f"--{name.replace('_', '-')} {value}" for name, value in typed.items())
    fit = f"fit edsr --scale 2 --data {photos} --val {photos} --cache {tmp_path / 'cache'} {TINY}"

    assert type_in(f"{fit} --run {tmp_path / 'run'} {options} --even --phases 0.5:12:2 0.9:16:1:mse") == 0

    recipe = json.loads((tmp_path / "run" / "run.json").read_text())["recipe"]
    assert {name: recipe[name] for name in typed} == typed
    assert recipe["by_detail"] is False
    assert recipe["phases"] == [
        {"begins": 0.5, "patch": 12, "batch": 2, "loss": "mae"},
        {"begins": 0.9, "patch": 16, "batch": 1, "loss": "mse"},
    ]


def test_a_card_names_no_folder_of_the_machine(run, tmp_path):
    type_in(f"export {run} --to {tmp_path / 'weights'} --results {tmp_path / 'results'}")

    text = (tmp_path / "weights" / "edsr_x2.json").read_text()

    assert str(tmp_path) not in text
    command = json.loads(text)["training"]["command"]
    assert command.startswith(
        "python -m training fit edsr --scale 2 --data photos --val photos --cache cache"
    )


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("--data ../shared/a 'my photos/b' --val /data/c/", "--data a b --val c"),
        ("--data=/srv/me/a --val '/mnt/my photos'", "--data=a --val 'my photos'"),
        ("--run runs/mine --start-from weights/x2.h5", "--run runs/mine --start-from weights/x2.h5"),
        ("--run /tmp/mine --cache ../../cache", "--run mine --cache cache"),
        ("--rate 1e-4 --exclude 'a*' --minutes 5", "--rate 1e-4 --exclude 'a*' --minutes 5"),
    ],
)
def test_data_keeps_its_last_name_and_other_paths_what_lies_in_the_project(typed, kept):
    assert portable(f"python -m training fit edsr {typed}") == f"python -m training fit edsr {kept}"


def test_the_studys_table_comes_from_a_run_whose_weights_are_not_kept(study, kaggle, tmp_path, capsys):
    results, cache = tmp_path / "results", tmp_path / "cache"
    options = f"--layout kaggle --split shuffled --cache {cache}"

    done = type_in(f"export {study} --no-weights --name study --results {results} {options} --score {kaggle}")

    assert done == 0
    assert sorted(file.name for file in results.iterdir()) == ["study.json", "study_history.csv"]
    card = json.loads((results / "study.json").read_text())
    assert (card["training"]["layout"], card["training"]["split"]) == ("kaggle", "shuffled")
    first = card["scores"][0]
    assert (first["dataset"], first["pictures"]) == ("kaggle test, shuffled", 2)
    assert [score["protocol"] for score in card["scores"][:2]] == ["RGB, shave 0", "luma, shave 1"]
    assert 0 <= first["share_above_30_bicubic"] <= 1

    weights_without_card = f"--weights {study / 'best.weights.h5'} --architecture edsr --scale 1 {TINY}"
    assert type_in(f"evaluate {weights_without_card} {options} --data {kaggle}") == 0
    table = capsys.readouterr().out
    assert "as it is" in table
    assert "bicubic " not in table
    assert f"{first['bicubic']['psnr']:.2f}" in table
    assert f"{first['network']['psnr']:.2f}" in table


def test_scores_on_another_split_than_the_one_trained_on_are_refused(study, kaggle, tmp_path, capsys):
    command = f"export {study} --to {tmp_path} --layout kaggle --score {kaggle}"

    assert type_in(command) == 1
    assert "choose --split shuffled. Received: index" in capsys.readouterr().err


def test_errors_are_one_sentence_and_a_status(tmp_path, capsys):
    assert type_in(f"fit edsr --data {tmp_path / 'nowhere'} --val {tmp_path}") == 1
    assert "no folder of pictures" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--layout photos", "name other folders with --val"),
        ("--layout kaggle", "only scale 1 fits; add --scale 1. Received: 4"),
        ("--layout kaggle --scale 1 --val other", "leave --val out"),
        ("--layout kaggle --scale 1", "--split shuffled needs ten only. Received: 12 and 0"),
        ("--layout div2k --scale 1", "choose --scale 2, 3 or 4"),
    ],
)
def test_fit_says_what_a_layout_needs(options, told, kaggle, tmp_path, capsys):
    assert type_in(f"fit edsr --data {kaggle} --cache {tmp_path / 'cache'} {options}") == 1
    assert told in capsys.readouterr().err


def test_div2k_is_trained_on_its_training_part_and_validated_on_the_other(div2k, tmp_path, capsys):
    fit = f"fit edsr --layout div2k --data {div2k} --cache {tmp_path / 'cache'} --run {tmp_path / 'run'}"

    assert type_in(f"{fit} --steps 2 {SHORT}") == 0

    assert "2 training and 1 validation pictures" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ("--scale 4", "add --architecture, or leave them out"),
        ("--architecture edsr", "needs its --scale too"),
        ("--architecture edsr --scale 4", "do not fit the network edsr"),
        ("--architecture edsr --scale 4 --hyperparameters '{\"dtype\": 1}'", "has no such hyper-parameter"),
        ("--architecture lenet --scale 4", "There is no network of that name"),
    ],
)
def test_weights_without_a_card_need_all_that_describes_them(options, told, photos, tmp_path, capsys):
    (tmp_path / "foreign.h5").write_bytes(b"no numbers")

    assert type_in(f"evaluate --weights {tmp_path / 'foreign.h5'} --data {photos} {options}") == 1

    assert told in capsys.readouterr().err


@pytest.mark.parametrize("text", ["blocks", "[1]", "{"])
def test_hyperparameters_that_are_no_json_object_are_refused(text, photos, capsys):
    with pytest.raises(SystemExit):
        type_in(f"evaluate --data {photos} --hyperparameters '{text}'")

    assert "JSON object" in capsys.readouterr().err


def test_export_without_a_run_is_told(tmp_path, capsys):
    assert type_in(f"export {tmp_path}") == 1
    assert "no run" in capsys.readouterr().err
