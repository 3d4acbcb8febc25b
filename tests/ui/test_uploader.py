import base64
import io

from PIL import Image
from streamlit.testing.v1 import AppTest

from sr_core import Limits
from ui.components.uploader import SAMPLES

SECONDS = 60


def test_samples_are_small_pictures_with_a_stated_licence():
    readme = (SAMPLES / "README.md").read_text("utf-8")
    samples = sorted(SAMPLES.glob("*.png"))

    assert [sample.stem for sample in samples] == ["city", "dog", "flowers"]
    for sample in samples:
        assert f"`{sample.name}`" in readme
        with Image.open(sample) as image:
            assert image.width * image.height < Limits().max_pixels / 100


def test_samples_are_shown_without_a_request_that_could_come_too_late():
    app = AppTest.from_function(_samples, default_timeout=SECONDS).run()

    addresses = [address for image in app.image for address in image.value]

    assert len(addresses) == 3
    for address in addresses:
        kind, _, data = address.partition(";base64,")
        assert kind == "data:image/webp"
        with Image.open(io.BytesIO(base64.b64decode(data))) as image:
            assert max(image.size) == 192


def _samples() -> None:
    from ui.components.uploader import offer_samples

    offer_samples("upscale", lambda uploads: None)
