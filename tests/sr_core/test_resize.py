"""The bicubic that makes LR pictures, and that every network is compared with."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sr_core import resize
from sr_core.errors import MeasurementError, OptionError, PictureError

DATA = Path(__file__).parent.parent / "data"
SIDES = st.integers(1, 40)


def photo(name: str = "flowers") -> np.ndarray:
    return np.array(Image.open(DATA / f"{name}.png"))


def keys_kernel(x: np.ndarray) -> np.ndarray:
    """R. Keys' cubic with a = -0.5, from its formula."""
    x = np.abs(x)
    near, far = 1.5 * x**3 - 2.5 * x**2 + 1, -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
    return np.where(x <= 1, near, np.where(x < 2, far, 0))


def weights_for(before: int, after: int) -> np.ndarray:
    """The (after, before) matrix of an antialiased resize whose kernel is renormalised at borders."""
    step = before / after
    centres = (np.arange(after)[:, None] + 0.5) * step
    weights = keys_kernel((np.arange(before) + 0.5 - centres) / max(step, 1))
    return weights / weights.sum(axis=1, keepdims=True)


@given(SIDES, SIDES, SIDES, SIDES, st.sampled_from([np.uint8, np.uint16]), st.booleans())
def test_the_result_has_the_size_asked_for_and_the_dtype_it_had(h, w, height, width, dtype, grey):
    picture = np.full((h, w) if grey else (h, w, 3), 7, dtype)
    resized = resize.bicubic(picture, height, width)
    assert resized.shape == ((height, width) if grey else (height, width, 3))
    assert resized.dtype == dtype


@given(SIDES, SIDES, SIDES, SIDES, st.integers(0, 65535))
def test_a_flat_picture_stays_flat(h, w, height, width, level):
    resized = resize.bicubic(np.full((h, w, 3), level, np.uint16), height, width)
    assert (resized == level).all()


@pytest.mark.parametrize("size", [(24, 32), (96 * 3, 128 * 3), (50, 300)])
def test_16_bit_follows_the_formula_of_keys_within_one_level(size):
    plane = photo()[..., 1].astype(np.uint16) * 257
    expected = weights_for(96, size[0]) @ plane @ weights_for(128, size[1]).T
    resized = resize.bicubic(plane, *size)
    assert np.abs(resized - np.clip(expected, 0, 65535)).max() <= 1


@pytest.mark.parametrize("size", [(24, 32), (384, 512)])
def test_8_bit_equals_16_bit_but_for_rounding_between_the_two_passes(size):
    picture = photo("skyline")
    deep = resize.bicubic(picture.astype(np.uint16) * 257, *size)
    assert np.abs(resize.bicubic(picture, *size) - deep / 257).max() <= 1.5


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_each_channel_is_resized_alone(dtype):
    picture = photo().astype(dtype)
    whole = resize.bicubic(picture, 41, 57)
    apart = [resize.bicubic(picture[..., channel], 41, 57) for channel in range(3)]
    np.testing.assert_array_equal(whole, np.stack(apart, axis=-1))


def test_the_same_size_gives_an_equal_copy():
    picture = photo()
    copy = resize.bicubic(picture, 96, 128)
    np.testing.assert_array_equal(copy, picture)
    assert not np.shares_memory(copy, picture)


def test_reducing_is_antialiased():
    stripes = np.zeros((64, 64), np.uint8)
    stripes[:, ::2] = 255
    reduced = resize.downscale(stripes, 4)
    # Without antialiasing, a quarter of the columns would be picked: all white, or all black.
    assert np.abs(reduced[:, 2:-2].astype(int) - 127).max() <= 2


def test_16_bit_ramps_keep_more_than_256_levels():
    ramp = np.tile(np.arange(0, 65536, 64, dtype=np.uint16), (4, 1))
    assert len(np.unique(resize.upscale(ramp, 2))) > 1024


@given(SIDES, SIDES, st.integers(1, 8))
def test_upscale_multiplies_both_sides(height, width, scale):
    assert resize.upscale(np.zeros((height, width, 3), np.uint8), scale).shape[:2] == (
        height * scale,
        width * scale,
    )


@given(SIDES, SIDES, st.integers(1, 8))
def test_a_crop_to_multiples_can_be_downscaled_and_drops_less_than_one_scale(height, width, scale):
    picture = np.zeros((height, width, 3), np.uint8)
    if min(height, width) < scale:
        with pytest.raises(MeasurementError, match=f"received {height} x {width} px"):
            resize.crop_to_multiple(picture, scale)
        return
    cropped = resize.crop_to_multiple(picture, scale)
    assert height - cropped.shape[0] < scale
    assert width - cropped.shape[1] < scale
    assert resize.downscale(cropped, scale).shape[0] * scale == cropped.shape[0]


def test_cropping_keeps_the_top_left_corner():
    picture = photo()
    np.testing.assert_array_equal(resize.crop_to_multiple(picture, 5), picture[:95, :125])


def test_downscale_refuses_sides_that_are_no_multiples_and_says_what_to_do():
    with pytest.raises(MeasurementError, match=r"crop it first; received 10 x 12 px"):
        resize.downscale(np.zeros((10, 12, 3), np.uint8), 4)


@pytest.mark.parametrize("scale", [0, -2, 1.5, "4", None])
def test_a_scale_that_makes_no_sense_is_refused(scale):
    with pytest.raises(OptionError, match="whole number"):
        resize.upscale(np.zeros((4, 4, 3), np.uint8), scale)


def test_an_empty_size_is_refused():
    with pytest.raises(OptionError, match="received 0 x 5"):
        resize.bicubic(np.zeros((4, 4, 3), np.uint8), 0, 5)


@pytest.mark.parametrize("shape", [(4,), (4, 4, 4), (0, 4, 3), (1, 4, 4, 3)])
def test_a_shape_that_is_no_picture_is_refused(shape):
    with pytest.raises(PictureError, match=r"received \("):
        resize.bicubic(np.zeros(shape, np.uint8), 5, 5)


@pytest.mark.parametrize("to", [(1, 1600), (151, 1700), (700, 513), (90, 1030)])
def test_a_picture_resized_by_bands_is_that_resized_at_once(to):
    small = np.random.default_rng(0).integers(0, 256, (100, 333, 3), np.uint8)
    at_once = Image.fromarray(small).resize(to[::-1], Image.Resampling.BICUBIC)
    np.testing.assert_array_equal(resize.bicubic(small, *to), at_once)
