"""What is measured of one file is what the file holds."""

import numpy as np
import pytest
from PIL import Image

from sr_core import UnreadablePictureError, pixels
from training.explore.inspection import inspect, tone
from training.measures import gradient


def noise(*shape: int, dtype: type[np.unsignedinteger] = np.uint8) -> np.ndarray:
    return np.random.default_rng(0).integers(0, np.iinfo(dtype).max + 1, shape, dtype)


@pytest.mark.parametrize(
    ("array", "mode"),
    [
        (noise(12, 20), "grey"),
        (noise(12, 20, 3), "RGB"),
        (noise(12, 20, 4), "RGBA"),
        (noise(12, 20, dtype=np.uint16), "grey, 16 bit"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_mode_and_size_are_told(array, mode, tmp_path):
    Image.fromarray(array).save(tmp_path / "a.png")

    facts, rgb = inspect(tmp_path / "a.png", name="a.png")

    assert facts.mode == mode
    assert (facts.height, facts.width) == (12, 20)
    assert rgb.shape == (12, 20, 3)


def test_format_is_told_by_the_content_and_not_by_the_name(tmp_path):
    Image.fromarray(noise(12, 20, 3)).save(tmp_path / "a.png", "JPEG")

    facts, _ = inspect(tmp_path / "a.png", name="a.png")

    assert facts.file_format == "JPEG"
    assert facts.file_bytes == (tmp_path / "a.png").stat().st_size


def test_share_of_pixels_that_are_not_opaque(tmp_path):
    rgba = noise(10, 10, 4)
    rgba[..., 3] = 255
    rgba[:3, :, 3] = 254
    Image.fromarray(rgba).save(tmp_path / "a.png")

    facts, _ = inspect(tmp_path / "a.png", name="a.png")

    assert facts.see_through == pytest.approx(0.3)


def test_same_pixels_have_one_digest_whatever_the_file(tmp_path):
    grey = noise(12, 20)
    Image.fromarray(grey).save(tmp_path / "grey.png")
    Image.fromarray(np.stack([grey] * 3, axis=2)).save(tmp_path / "rgb.bmp")

    names = ("grey.png", "rgb.bmp")
    digests = {inspect(tmp_path / name, name=name)[0].fingerprint.digest for name in names}

    assert len(digests) == 1


def test_black_is_0_and_white_is_255():
    black, white = (tone(np.full((5, 7, 3), level, np.uint8)) for level in (0, 255))

    assert (black.brightness, white.brightness) == (pytest.approx(0), pytest.approx(255))
    assert white.contrast == white.sharpness == pytest.approx(0, abs=1e-4)


@pytest.mark.parametrize("height", [1, 2, 255, 256, 257, 513])
def test_tone_in_strips_is_that_of_the_whole_picture(height):
    rgb = noise(height, 9, 3)

    found = tone(rgb)

    grey = (pixels.luma(rgb) - 16) * 255 / 219
    assert found.brightness == pytest.approx(grey.mean())
    assert found.contrast == pytest.approx(grey.std())
    assert found.sharpness == pytest.approx(gradient(rgb) if height > 1 else 0)


def test_unreadable_file_is_told(tmp_path):
    (tmp_path / "a.png").write_bytes(b"nothing")

    with pytest.raises(UnreadablePictureError):
        inspect(tmp_path / "a.png", name="a.png")
