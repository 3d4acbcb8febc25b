"""The picture that opens the page is a real result."""

import numpy as np
from PIL import Image

from scripts.page_pictures import PROOF, before_and_after, cut
from sr_core import Protocol, measure
from ui.server import ASSETS

EVERY_PIXEL = Protocol("rgb", 0)
LOSSY = 33.0  # dB that the files may be off: they are WebP, and weights are trained on


def stored(name: str) -> np.ndarray:
    with Image.open(ASSETS / f"{name}.webp") as image:
        return np.asarray(image.convert("RGB"))


def test_proof_is_what_the_network_of_the_page_makes_of_a_sample():
    before, after, spot = before_and_after()
    fresh = {
        name: np.asarray(cut(image, *spot, PROOF))
        for name, image in (("original", before), ("superres", after))
    }

    for name, pixels in fresh.items():
        assert measure(pixels, stored(name), EVERY_PIXEL).psnr > LOSSY
    assert measure(fresh["superres"], stored("original"), EVERY_PIXEL).psnr < LOSSY - 5
