"""The page "Models" shows what there is of the report, and says in one sentence what there is not."""

import json
import re
import shutil
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from service import report
from service.advice import advice
from service.report import ReportError, Row
from sr_core import WeightsCard, catalogue
from tests.conftest import ROOT
from training.report import tables
from ui.components import card


def models_page(folder) -> None:  # its text is run alone, where no type is known
    from ui.pages import models

    models.render(folder)


def show(folder: Path, **query: str) -> AppTest:
    app = AppTest.from_function(models_page, kwargs={"folder": folder}, default_timeout=60)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def row(name: str = "edsr_x4", **changes) -> Row:
    method = name.removesuffix("_x4").upper() if name else "bicubic"
    settings = {"pictures": "Set5", "count": 5, "scale": 4, "protocol": "luma, shave 4", "method": method}
    return Row(**{**settings, "name": name, "psnr": 31.0, "ssim": 0.88, "mse": 60.0, "mae": 4.0, **changes})


def trained(name: str, **recipe: object) -> WeightsCard:
    return replace(next(iter(catalogue().values())), name=name, training={"recipe": recipe})


def html(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A report of x4 with everything in it, the table as the training writes it."""
    cards = list(catalogue().values())
    cards = [one for one in cards if one.scale == 4]
    rows = tables.rows_of(cards, {one.name: 1.25 for one in cards})
    (tmp_path / "results.json").write_text(tables.as_json(rows), encoding="utf-8")
    (tmp_path / "speed.json").write_text(json.dumps({"machine": "2 cores, a <b>slow</b> one"}))
    for name in ("curves.json", "grid_x4.json"):
        shutil.copy(report.FOLDER / name, tmp_path / name)
    return tmp_path


def test_without_a_report_there_are_the_cards_and_one_quiet_sentence(tmp_path: Path):
    app = show(tmp_path)

    assert not app.error
    assert app.caption[-1].value == (
        "Not there yet for this choice: the table of scores, the speed, the training curves, the samples."
    )
    assert any(one.label.startswith("EDSR ×4: 1,517,571 parameters") for one in app.expander)


def test_report_of_the_training_is_shown(folder: Path):
    app = show(folder, of="×4")

    scores = catalogue()["edsr_x4"].scores
    luma = next(s for s in scores if (s["dataset"], s["protocol"]) == ("Set5", "luma, shave 4"))
    assert f"<td>{luma['network']['psnr']:.2f}</td>" in html(app)
    assert "Measured on brightness only" in html(app)
    assert "<td>1.25</td>" in html(app)
    kept = [caption.value for caption in app.caption if caption.value.startswith("kept:")]
    assert kept == ["; ".join(curves.said) for curves in report.read(folder).curves(4)]
    assert html(app).count('<div class="sample">') == 3
    assert any("2 cores" in caption.value for caption in app.caption)
    assert not any("Not there yet" in caption.value for caption in app.caption)
    assert any("**EDSR**" in text.value for text in app.markdown)


def test_rows_of_the_training_are_read_whole(folder: Path):
    written = json.loads((folder / "results.json").read_text(encoding="utf-8"))

    for one, content in zip(report.read(folder).rows, written, strict=True):
        title = {"val_cid22": "CID22"}.get(content["pictures"], content["pictures"])
        assert asdict(one).items() <= (content | {"pictures": title}).items()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        *(("results.json", content) for content in ("{", "{}", '[{"pictures": 1}]', "[7]")),
        *(("curves.json", content) for content in ("{", "[]", '{"x4": [{}]}', '{"x4": [7]}', '{"x4": 7}')),
        *(
            ("grid_x4.json", content)
            for content in ("{", "{}", "[7]", "[{}]", '[{"whole": "", "panels": [7]}]')
        ),
    ],
)
def test_damaged_report_gets_one_sentence(tmp_path: Path, name: str, content: str):
    (tmp_path / name).write_text(content)

    with pytest.raises(ReportError, match=re.escape(name)):
        _read_whole(tmp_path)
    assert len(show(tmp_path).error) == 1


def _read_whole(folder: Path) -> None:
    read = report.read(folder)
    read.curves(4)
    read.samples(4)


def test_choice_in_the_address_is_taken_and_nonsense_ignored(folder: Path):
    def chosen(of: str) -> str:
        scale: Any = show(folder, of=of).get("button_group")[0]
        return scale.value

    scales = {f"×{one.scale}" for one in catalogue().values()}
    assert {chosen(scale) for scale in scales} == scales
    assert chosen("<x>") == "×4"


def test_card_says_what_it_knows_and_nothing_else():
    known = catalogue()["edsr_x4"]
    first = {**known.training, "hours": 1.92, "steps": 8000, "best_steps": 8000, "before": []}
    whole = replace(known, training=first)

    said = card.facts(whole)

    assert said["Parameters"] == "1,517,571"
    assert said["SHA-256"] == f"{whole.sha256[:12]}…"
    assert said["Took"] == "1.92 hours, 8,000 steps"
    twice = {**first, "steps": 10, "best_steps": 10, "before": [first]}
    assert card.facts(replace(whole, training=twice))["Took"] == f"{said['Took']}; then 1.92 hours, 10 steps"
    assert said["Trained on"] == whole.training["data"]
    assert "Trained on" not in card.facts(replace(whole, training={}))
    assert None not in said.values()


def test_every_architecture_has_a_sentence():
    from sr_core import networks

    assert card.KINDS.keys() == networks.NETWORKS.keys()


def test_advice_follows_from_the_numbers():
    best = row(psnr=31.5, seconds_per_megapixel=5.0, parameters=900)
    fast = row("srcnn_x4", psnr=30.0, seconds_per_megapixel=0.5, parameters=90)
    looks = row("esrgan_x4", psnr=27.0, parameters=1000)
    poor = row("vdsr_x4", psnr=28.0)
    plain = row("", psnr=28.4)

    with_jpeg = replace(best, input="JPEG 40", psnr=27.0)
    cleaned = [replace(with_jpeg, clean_up="auto", psnr=28.25), replace(best, clean_up="auto", psnr=20.0)]

    said = advice(
        [plain, best, fast, looks, poor, with_jpeg, *cleaned],
        [trained("esrgan_x4", adversarial_weight=0.005)],
    )

    assert said == [
        "For most pictures: **EDSR**, it comes closest to the original (31.50 dB, +3.10 dB compared with "
        "bicubic).",
        "For JPEG files and grainy photos: EDSR **with clean-up**, worth up to 1.25 dB at JPEG 40.",
        "In a hurry: **SRCNN**, the fastest with 0.50 s a megapixel, 10.0 times as fast as EDSR, for 1.50 dB "
        "less.",
        "The smallest network: **SRCNN**, with 90 parameters.",
        "For looks: **ESRGAN** was trained against an adversary that tells restored pictures from real ones. "
        "It invents texture that looks sharp and need not be true (4.50 dB below EDSR).",
        "**VDSR** stays below bicubic here, so there is no reason to choose it for fidelity.",
    ]


def test_advice_on_a_single_network_claims_nothing_of_others():
    said = advice([row(seconds_per_megapixel=5.0), row(self_ensemble=True, psnr=31.25)], [])

    assert said == [
        "For most pictures: **EDSR**, the only network measured so far (31.00 dB).",
        "With time to spare: self-ensemble, the mean over eight turned copies, gives EDSR another 0.25 dB "
        "for eight times the work.",
    ]
    assert advice([], []) == []


def test_protocols_are_told_in_words_and_unknown_ones_as_they_are():
    assert report.describe("RGB, shave 0").startswith("Measured on the red, green and blue channels")
    assert report.describe("anything") == "anything"


def test_image_for_docker_holds_the_report():
    copied = (ROOT / "Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert "COPY docs/results ./docs/results" in copied
    assert "!docs/results" in ignored
    assert report.FOLDER == ROOT / "docs" / "results"
