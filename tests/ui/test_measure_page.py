"""The page "Measure" without a browser: real bytes in, numbers or one sentence out."""

import threading
import time
from collections import Counter
from dataclasses import replace
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from service.evaluation import ORIGINAL, Evaluation, Selection
from service.heat_map import heat_map
from service.methods import Method
from service.networks import InferenceQueue, NetworkPool
from sr_core import STUDY, Picture, WeightsError, decode, encode, measure, resize, standard
from tests.conftest import ROOT
from ui.components.measure_results import difference

PHOTO = ROOT / "tests" / "data" / "guitar.png"
SECONDS = 300  # the first run waits for TensorFlow

pytestmark = pytest.mark.usefixtures("tiny_networks")


def measure_page() -> None:
    from ui.pages import measure

    measure.render()


@pytest.fixture
def page() -> AppTest:
    return AppTest.from_function(measure_page, default_timeout=SECONDS)


def upload(app: AppTest, *files: tuple[str, bytes], to: int = 0) -> AppTest:
    uploader = app.file_uploader[to]
    for name, data in files:
        uploader = uploader.upload(name, data, "application/octet-stream")
    return settle(uploader)


def settle(part: Any) -> AppTest:
    """Run the page until nothing is left to do, as a browser would by looking again and again."""
    app, end = part.run(), time.monotonic() + SECONDS
    while evaluation(app).runner.active(evaluation(app)):
        assert time.monotonic() < end
        time.sleep(0.02)
        app.run()
    app.run()
    assert not app.exception
    return app


def evaluation(app: AppTest) -> Evaluation:
    return app.session_state["measure_evaluation"]


def png(pixels: np.ndarray) -> bytes:
    return encode(Picture(pixels))


def noise(height: int = 32, width: int = 40, *, seed: int = 1) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)


def tables(app: AppTest) -> list[str]:
    return [element.proto.body for element in app.get("html") if "<table" in element.proto.body]


def control(app: AppTest, label: str) -> Any:
    return next(one for one in app.get("button_group") if one.proto.label == label)


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def test_photo_is_measured_under_both_protocols_like_the_library(page: AppTest):
    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))

    original = decode(PHOTO.read_bytes()).pixels
    bicubic = resize.upscale(resize.downscale(original, 4), 4)
    for table, protocol in zip(tables(app), (standard(4), STUDY), strict=True):
        scores = measure(original, bicubic, protocol)
        cells = f"<td>{scores.psnr:.2f}</td><td>✗ not passed</td><td>{scores.ssim:.4f}</td>"
        assert f'<th scope="row">Bicubic</th>{cells}' in table
        assert '<th scope="row">EDSR</th>' in table
        assert protocol.describe() in table
    assert app.text[0].value == "guitar.png"
    assert "Shrunk to 32 × 24 px with antialiased bicubic, then enlarged ×4." in app.caption[0].value
    assert "does not pass 30 dB" in app.warning[0].value
    assert len(app.get("bidi_component")) >= 1


def test_bad_file_stops_no_other_and_means_are_over_the_good_ones(page: AppTest):
    files = [("a.png", png(noise())), ("<b>bad</b>.png", b"no picture" * 9), ("c.png", png(noise(seed=2)))]

    app = upload(page.run(), *files)

    refused, luma, _, each, *_ = tables(app)
    assert "&lt;b&gt;bad&lt;/b&gt;.png" in refused
    assert "not a picture that can be read" in refused
    assert "mean of 2 pictures" in luma
    assert "0 of 2" in luma
    assert each.count('<th scope="row">') == 2
    assert "…" not in each


def test_only_picture_that_is_refused_gets_one_sentence_and_a_way_on(page: AppTest):
    app = upload(page.run(), ("tiny.png", png(noise(9, 9))))

    assert [error.value for error in app.error] == [
        "To be measured at ×4, an original must be at least 20 px wide and high; choose a larger one."
    ]
    button(app, "Start over").click().run()
    assert app.get("file_uploader")
    assert not app.error


def test_pair_is_measured_as_it_is(page: AppTest):
    page.query_params["task"] = "A pair"
    original = noise(48, 64)
    small = resize.downscale(original, 4)[:, ::-1].copy()  # no shrinking of the original gives this
    app = upload(page.run(), ("small.png", png(small)))
    assert any(text.value == "small.png" for text in app.text) is False

    app = upload(app, ("original.png", png(original)), to=1)

    scores = measure(original, resize.upscale(small, 4), standard(4))
    assert f"<td>{scores.psnr:.2f}</td>" in tables(app)[0]
    assert "The small picture of 16 × 12 px as uploaded" in app.caption[0].value


def test_pair_that_does_not_fit_gets_one_sentence(page: AppTest):
    page.query_params["task"] = "A pair"
    app = upload(page.run(), ("small.png", png(noise(20, 30))))

    app = upload(app, ("original.png", png(noise(40, 50))), to=1)

    assert [error.value for error in app.error] == [
        "At ×4 the original must be 4 times as wide and high as the small picture; choose the scale or the "
        "files that fit."
    ]


def test_start_over_forgets_a_half_of_a_pair(page: AppTest):
    page.query_params["task"] = "A pair"
    original = noise(48, 64)
    app = upload(page.run(), ("small.png", png(resize.downscale(original, 4))))
    app = upload(app, ("original.png", png(original)), to=1)
    app = upload(app, ("half.png", png(noise())))
    assert any(text.value == "Here: half.png" for text in app.text)

    button(app, "Start over").click().run()

    assert not any("half.png" in text.value for text in app.text)
    assert not evaluation(app).halves


def test_of_several_files_for_a_half_one_is_taken_and_that_is_told(page: AppTest):
    page.query_params["task"] = "A pair"

    app = upload(page.run(), ("a.png", png(noise())), ("b.png", png(noise(seed=2))))

    assert any(text.value == "Here: a.png" for text in app.text)
    assert app.warning[0].value == "Only one picture fits here, so the first was taken; left out: 1."


def test_identical_pictures_have_infinitely_many_decibels(page: AppTest):
    page.query_params["networks"] = ""

    app = upload(page.run(), ("flat.png", png(np.full((32, 40, 3), 90, np.uint8))))

    cells = "<td>∞</td><td>✓ passed</td><td>1.0000</td><td>0.00</td><td>0.000</td>"
    assert all(cells in table for table in tables(app))
    assert app.metric[0].value == "∞ dB"
    assert "passes 30 dB" in app.success[0].value
    control(app, "Compare").set_value("Original and error").run()
    assert any("No pixel is off" in text.value for text in app.markdown)


def test_settings_come_from_the_address_and_nonsense_in_it_is_ignored(page: AppTest):
    page.query_params["scale"] = "×2"
    page.query_params["networks"] = ["SRCNN", "<script>"]
    page.query_params["task"] = "rob"

    app = page.run()

    assert control(app, "Size").value == "×2"
    assert app.multiselect[0].value == ["SRCNN"]
    assert control(app, "What I have").value == "Sharp pictures"
    assert not app.exception


def test_results_stay_while_settings_change(page: AppTest, tiny_networks: list[str]):
    app = upload(page.run(), ("a.png", png(noise())))

    settle(app.multiselect[0].set_value(["EDSR", "SRCNN"]))
    settle(control(app, "Size").set_value("×2"))
    settle(control(app, "Size").set_value("×4"))

    assert app.multiselect[0].value == ["EDSR", "SRCNN"]
    assert all('<th scope="row">SRCNN</th>' in table for table in tables(app))
    # The one that is looked at was run again, because only the pictures on show are kept.
    runs = Counter(tiny_networks)
    assert runs == {"tiny_edsr_x4": 2, "tiny_srcnn_x4": 1, "tiny_srcnn_x2": 1}


def test_errors_are_told_in_colours_and_in_words(page: AppTest):
    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))

    control(app, "Compare").set_value("Errors of both").run()

    [legend] = [e.proto.body for e in app.get("html") if 'class="legend"' in e.proto.body]
    assert "aria-label" in legend
    said = [text.value for text in app.markdown]
    for title in ("Bicubic", "EDSR"):
        assert any(line.startswith(f"**{title}.** Half of the pixels are off by at most") for line in said)


def test_pictures_are_kept_for_the_chosen_one_only(page: AppTest):
    files = [(f"{seed}.png", png(noise(seed=seed))) for seed in range(3)]
    app = upload(page.run(), *files)
    samples = list(evaluation(app).measurements.samples.values())
    baseline = Method.baseline(4)
    assert evaluation(app).shows(Selection(samples[0], baseline, None))

    settle(app.selectbox[0].set_value("3. 2.png"))

    assert evaluation(app).shows(Selection(samples[2], baseline, None))
    assert set(evaluation(app).renderings) == {ORIGINAL, "bicubic_x4", "tiny_edsr_x4"}
    assert not app.exception


def test_full_queue_is_told_and_nothing_is_lost(page: AppTest):
    app = page.run()
    runner = evaluation(app).runner
    resources = runner.resources
    runner.resources = replace(resources, inference=InferenceQueue(max_waiting=-1))
    app = upload(app, ("a.png", png(noise())))
    assert "waiting already" in app.info[0].value
    assert not tables(app)

    runner.resources = resources
    settle(button(app, "Go on").click())

    assert tables(app)
    assert not app.info


def test_start_over_and_new_pictures_while_the_old_ones_are_still_measured(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
):
    drawing, go = threading.Event(), threading.Event()

    def slow(*pictures: np.ndarray) -> Any:
        drawing.set()
        go.wait(SECONDS)
        return heat_map(*pictures)

    app = page.run()
    monkeypatch.setattr("service.measuring.heat_map", slow)
    app.file_uploader[0].upload("old.png", png(noise()), "image/png").run()
    assert drawing.wait(SECONDS)

    button(app, "Start over").click().run()
    for name in ("a.png", "b.png"):
        app.file_uploader[0].upload(name, png(noise(seed=ord(name[0]))), "image/png")
    app.run()

    assert not app.error
    go.set()
    settle(app)
    assert tables(app)


def test_bug_is_apologised_for_and_stops_no_other(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    def broken(*_: object) -> None:
        raise RuntimeError("secret detail")

    app = page.run()
    monkeypatch.setattr("service.measuring.heat_map", broken)

    app = upload(app, ("guitar.png", PHOTO.read_bytes()))

    assert "Something went wrong on our side" in app.error[0].value
    assert "secret" not in app.error[0].value
    assert '<th scope="row">Bicubic</th>' in tables(app)[0]


def test_network_that_cannot_be_loaded_leaves_the_others_their_numbers(
    page: AppTest, monkeypatch: pytest.MonkeyPatch
):
    def missing(name: str) -> None:
        raise WeightsError("The weights are damaged.")

    monkeypatch.setattr("service.networks._load", missing)

    app = upload(page.run(), ("a.png", png(noise())))

    assert [error.value for error in app.error] == ["The weights are damaged."]
    assert '<th scope="row">Bicubic</th>' in tables(app)[0]
    assert app.metric[0].label == "PSNR of Bicubic"


@pytest.mark.parametrize("broken", ["service.networks._load", "service.sample.decode"])
def test_what_failed_can_be_tried_again_and_results_stay(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, broken: str
):
    def fail(*_: object, **__: object) -> None:
        raise WeightsError("The weights are damaged.")

    app = upload(page.run(), ("a.png", png(noise())))
    kept = dict(evaluation(app).measurements.results)
    runner = evaluation(app).runner
    runner.resources = replace(runner.resources, networks=NetworkPool())
    with monkeypatch.context() as patch:
        patch.setattr(broken, fail)
        app = upload(app, ("b.png", png(noise(seed=2))))
    assert app.error

    settle(button(app, "Try again").click())

    assert not app.error
    results = evaluation(app).measurements.results
    assert len(results) == 4
    assert results.items() >= kept.items()


@pytest.mark.parametrize("mode", ["RGBA", "CMYK", "I;16"])
def test_picture_of_every_kind_is_measured(page: AppTest, mode: str):
    image = Image.fromarray(noise(37, 43))
    buffer = BytesIO()
    if mode == "I;16":
        Image.fromarray(noise(37, 43)[..., 0].astype(np.uint16) * 257).save(buffer, "png")
    else:
        image.convert(mode).save(buffer, "tiff" if mode == "CMYK" else "png")

    app = upload(page.run(), ("**odd** [name](x) $y$.png", buffer.getvalue()))

    assert not app.error
    assert app.text[0].value == "**odd** [name](x) $y$.png"
    assert "cropped to 40 × 36 px, multiples of 4." in app.caption[0].value
    assert ("transparency was left out" in app.caption[0].value) is (mode == "RGBA")


def test_sample_is_one_click_away(page: AppTest):
    app = page.run()

    settle(button(app, "Dog").click())

    assert app.text[0].value == "dog.png"
    assert tables(app)


def test_too_many_pictures_are_told(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("service.evaluation.MAX_SAMPLES", 1)

    app = upload(page.run(), ("a.png", png(noise())), ("b.png", png(noise(seed=2))))

    assert "left out: 1." in app.warning[0].value
    assert len(evaluation(app).measurements.samples) == 1


@pytest.mark.parametrize(
    ("value", "other", "said"),
    [(31.5, 30.0, "+1.50"), (30.0, 31.5, "-1.50"), (float("inf"), 30.0, "+∞"), (30.0, float("inf"), "-∞")],
)
def test_difference_of_perfect_pictures_is_no_nonsense(value: float, other: float, said: str):
    assert difference(value, other, ".2f") == said
    assert difference(value, value, ".2f") == "+0.00"
