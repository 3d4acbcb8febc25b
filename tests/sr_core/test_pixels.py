"""Floats become integers in one way, and nothing is lost on the way there and back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sr_core import pixels
from sr_core.errors import EngineError, MeasurementError, PictureError

DTYPES = (np.uint8, np.uint16)


@pytest.mark.parametrize("dtype", DTYPES)
def test_every_level_survives_the_way_to_floats_and_back(dtype):
    levels = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    back = pixels.to_integer(pixels.to_unit(levels), dtype)
    np.testing.assert_array_equal(back, levels)
    assert back.dtype == dtype


@pytest.mark.parametrize("dtype", DTYPES)
def test_unit_values_are_float32_from_zero_to_exactly_one(dtype):
    unit = pixels.to_unit(np.array([0, np.iinfo(dtype).max], dtype))
    assert unit.dtype == np.float32
    assert unit.tolist() == [0.0, 1.0]


@given(hnp.arrays(np.float32, hnp.array_shapes(), elements=st.floats(-(2.0**100), 2.0**100, width=32)))
def test_to_integer_clips_what_a_network_overshoots(unit):
    integers = pixels.to_integer(unit, np.uint8)
    assert (integers[unit <= 0] == 0).all()
    assert (integers[unit >= 1] == 255).all()


@given(hnp.arrays(np.float64, 8, elements=st.floats(0, 1)), st.sampled_from(DTYPES))
def test_to_integer_is_never_further_off_than_half_a_level(unit, dtype):
    white = np.iinfo(dtype).max
    error = pixels.to_integer(unit, dtype) - unit * white
    assert np.abs(error).max() <= 0.5 + 1e-9


def test_halves_are_rounded_up_and_not_to_even():
    halves = np.array([0.5, 1.5, 2.5, 253.5]) / 255
    assert pixels.to_integer(halves, np.uint8).tolist() == [1, 2, 3, 254]


def test_half_precision_reaches_every_16_bit_end():
    assert pixels.to_integer(np.array([0, 1], np.float16), np.uint16).tolist() == [0, 65535]


def test_to_integer_leaves_its_input_alone():
    unit = np.array([-1.0, 0.25, 2.0], np.float32)
    pixels.to_integer(unit, np.uint8)
    assert unit.tolist() == [-1.0, 0.25, 2.0]


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_values_that_are_no_numbers_are_refused_rather_than_clipped(bad):
    unit = np.full((4, 4, 3), 0.5, np.float32)
    unit[2, 1, 0] = bad
    with pytest.raises(EngineError, match=r"NaN or infinity.*try again"):
        pixels.to_integer(unit, np.uint8)


@pytest.mark.parametrize("dtype", [np.float32, np.int16, np.uint32, bool])
def test_other_number_formats_are_refused_by_name(dtype):
    with pytest.raises(PictureError, match=f"received {np.dtype(dtype).name}"):
        pixels.to_unit(np.zeros((2, 2, 3), dtype))


def test_eight_bit_rounds_each_16_bit_level_to_the_nearest():
    levels = np.arange(65536, dtype=np.uint16)
    expected = np.floor(levels / 257 + 0.5)
    np.testing.assert_array_equal(pixels.eight_bit(levels), expected)


def test_eight_bit_returns_an_8_bit_picture_itself():
    picture = np.zeros((2, 2, 3), np.uint8)
    assert pixels.eight_bit(picture) is picture


@pytest.mark.parametrize(
    ("rgb", "expected"),
    # Recommendation ITU-R BT.601-7: black 16, white 235; the coefficients are 219/255 of 0.299, 0.587, 0.114.
    [((0, 0, 0), 16.0), ((255, 255, 255), 235.0), ((255, 0, 0), 81.481), ((0, 255, 0), 144.553)],
)
def test_luma_is_bt601_studio_range(rgb, expected):
    value = pixels.luma(np.full((1, 1, 3), rgb, np.uint8))
    assert value.item() == pytest.approx(expected, abs=1e-9)


@given(hnp.arrays(np.uint8, (3, 2, 3)))
def test_luma_does_not_depend_on_bit_depth(rgb):
    deep = rgb.astype(np.uint16) * 257
    np.testing.assert_allclose(pixels.luma(deep), pixels.luma(rgb), rtol=0, atol=1e-9)


def test_luma_of_a_grey_array_names_the_shape_it_received():
    with pytest.raises(PictureError, match=r"received \(4, 5\)"):
        pixels.luma(np.zeros((4, 5), np.uint8))


@given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 5))
def test_shave_leaves_the_middle_or_refuses(height, width, border):
    array = np.arange(height * width).reshape(height, width)
    if min(height, width) <= 2 * border:
        with pytest.raises(MeasurementError, match=f"{height} x {width} px"):
            pixels.shave(array, border)
        return
    middle = pixels.shave(array, border)
    assert middle.shape == (height - 2 * border, width - 2 * border)
    assert middle[0, 0] == array[border, border]
    assert np.shares_memory(middle, array)


def test_a_negative_border_is_refused():
    with pytest.raises(MeasurementError, match="-1 px"):
        pixels.shave(np.zeros((9, 9)), -1)
