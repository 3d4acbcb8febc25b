from PIL import Image

from sr_core import Limits
from ui.components.uploader import SAMPLES


def test_samples_are_small_pictures_with_a_stated_licence():
    readme = (SAMPLES / "README.md").read_text("utf-8")
    samples = sorted(SAMPLES.glob("*.png"))

    assert [sample.stem for sample in samples] == ["city", "dog", "flowers"]
    for sample in samples:
        assert f"`{sample.name}`" in readme
        with Image.open(sample) as image:
            assert image.width * image.height < Limits().max_pixels / 100
