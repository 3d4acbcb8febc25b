"""The page "Compare" without a browser: real bytes in, results of several networks or one sentence out."""

import time
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from service.comparing import Outcome
from service.comparison import Comparison
from service.networks import NetworkPool
from sr_core import Upscaler, WeightsCard, decode, measure, resize, standard
from tests.conftest import ROOT
from tests.ui.conftest import downloads

PHOTO = ROOT / "tests" / "data" / "guitar.png"
SECONDS = 300  # the first run waits for TensorFlow


def script() -> None:
    from ui.pages import compare

    compare.render()


@pytest.fixture
def page(
    tiny_networks: list[str], tiny_cards: dict[str, WeightsCard], monkeypatch: pytest.MonkeyPatch
) -> AppTest:
    """The page with the tiny networks only."""
    monkeypatch.setattr("ui.pages.compare.catalogue", lambda: tiny_cards)
    return AppTest.from_function(script, default_timeout=SECONDS)


def comparison(app: AppTest) -> Comparison:
    return app.session_state["compare_visit"].comparison


def upload(app: AppTest, *files: tuple[str, bytes]) -> AppTest:
    uploader = app.file_uploader[0]
    for name, data in files:
        uploader = uploader.upload(name, data, "application/octet-stream")
    uploader.run()
    return settle(app)


def settle(app: AppTest) -> AppTest:
    """Wait until nothing is left to do, as a browser would by looking again and again."""
    end = time.monotonic() + SECONDS
    kept = comparison(app)
    while kept.runner.active(kept) or (kept.missing and not kept.error):
        assert time.monotonic() < end, kept.missing
        time.sleep(0.02)
        app.run()
    app.run()
    assert not app.exception
    return app


def tables(app: AppTest) -> str:
    return "\n".join(element.proto.body for element in app.get("html") if "<table" in element.proto.body)


def file_of(outcome: Outcome) -> bytes:
    return b"".join(outcome.download.content())


def toggle(app: AppTest, label: str) -> None:
    next(one for one in app.toggle if one.label == label).set_value(True).run()


def test_every_network_enlarges_the_picture_and_can_be_downloaded(page: AppTest, tiny_networks: list[str]):
    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))

    assert sorted(set(tiny_networks)) == ["tiny_edsr_x4", "tiny_srcnn_x4"]
    assert downloads(app) == ["Download Bicubic", "Download EDSR", "Download SRCNN"]
    made = {outcome.title: decode(file_of(outcome)) for outcome in comparison(app).outcomes}
    assert {title: (one.height, one.width) for title, one in made.items()} == {
        "EDSR": (384, 512),
        "SRCNN": (384, 512),
    }
    assert "PSNR" not in tables(app)
    assert app.get("bidi_component")


def test_original_gives_each_result_its_numbers_under_a_named_protocol(page: AppTest):
    page.run()
    toggle(page, "I have the original: shrink it first and measure")

    app = upload(page, ("guitar.png", PHOTO.read_bytes()))

    original = decode(PHOTO.read_bytes()).pixels
    bicubic = resize.upscale(resize.downscale(original, 4), 4)
    assert f"<td>{measure(original, bicubic, standard(4)).psnr:.2f}</td>" in tables(app)
    assert "luma, shave 4" in tables(app)
    assert all(outcome.scores is not None for outcome in comparison(app).outcomes)


def test_of_several_pictures_one_is_taken_and_that_is_told(page: AppTest):
    app = upload(page.run(), *((name, PHOTO.read_bytes()) for name in ("a.png", "b.png", "c.png")))

    assert comparison(app).subject.name == "a.png"
    assert [warning.value for warning in app.warning] == [
        "Only one picture fits here, so the first was taken; left out: 2."
    ]
    next(button for button in app.button if button.label == "Start over").click().run()
    assert not app.warning


def test_self_ensemble_says_what_it_costs_and_is_made(page: AppTest, tiny_cards: dict[str, WeightsCard]):
    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))
    assert any("best quality takes about" in caption.value for caption in app.caption)

    toggle(app, "Best quality, 8 times slower")
    settle(app)

    upscaler = Upscaler(tiny_cards["tiny_edsr_x4"])
    expected = upscaler.upscale(decode(PHOTO.read_bytes()), self_ensemble=True).pixels.astype(int)
    best = next(outcome for outcome in comparison(app).outcomes if outcome.title == "EDSR")
    assert np.abs(decode(file_of(best)).pixels - expected).max() <= 1


def test_results_are_forgotten_with_the_picture(page: AppTest):
    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))
    kept = comparison(app)
    assert kept.nbytes > 0

    app.session_state["compare_visit"].forget()

    assert kept.nbytes == 0


def test_what_is_no_picture_gets_one_sentence_and_a_way_on(page: AppTest):
    app = upload(page.run(), ("notes.png", b"Dear diary, today was fine."))

    assert [error.value for error in app.error] == [comparison(app).error]
    assert "The file is not a picture" in app.error[0].value
    next(button for button in app.button if button.label == "Start over").click().run()
    assert len(app.file_uploader) == 1
    assert comparison(app) is None


def test_what_was_refused_can_be_tried_again(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    with monkeypatch.context() as broken:
        broken.setattr("service.comparing.decode", fail)
        app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))
    assert "Something went wrong on our side" in app.error[0].value

    next(button for button in app.button if button.label == "Try again").click().run()
    settle(app)

    assert downloads(app) == ["Download Bicubic", "Download EDSR", "Download SRCNN"]


def test_too_large_a_picture_is_refused(page: AppTest):
    buffer = BytesIO()
    Image.new("L", (1001, 1000)).save(buffer, "png")

    app = upload(page.run(), ("large.png", buffer.getvalue()))

    assert "megapixels" in app.error[0].value


@pytest.mark.parametrize(("bad", "good"), [("SRCNN", "EDSR"), ("EDSR", "SRCNN")])
def test_network_that_fails_leaves_the_others_their_results(
    page: AppTest, monkeypatch: pytest.MonkeyPatch, bad: str, good: str
):
    from service import networks

    load = networks._load

    def broken(name: str):
        if name == f"tiny_{bad.lower()}_x4":
            raise RuntimeError("secret detail")
        return load(name)

    monkeypatch.setattr("service.networks._load", broken)

    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))

    assert [outcome.title for outcome in comparison(app).outcomes] == [good]
    assert app.error[0].value.startswith(f"{bad}: Something went wrong on our side")


def test_bicubic_needs_no_network(page: AppTest, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(NetworkPool, "get", lambda *_, **__: pytest.fail("a network was loaded"))
    page.query_params["models_x4"] = ""

    app = upload(page.run(), ("guitar.png", PHOTO.read_bytes()))

    assert downloads(app) == ["Download Bicubic"]
