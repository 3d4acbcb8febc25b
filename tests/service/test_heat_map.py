"""An error map says in colours, which read in grey too, and in words, where and how far a picture is off."""

from io import BytesIO

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from PIL import Image

from service import heat_map
from service.heat_map import TOP, colours, legend
from sr_core import MeasurementError
from sr_core.pixels import luma


def grey(height: int, width: int, level: int = 100) -> np.ndarray:
    return np.full((height, width, 3), level, np.uint8)


def pixels(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(png)).convert("RGB"))


def test_every_colour_is_lighter_than_the_one_before():
    lightness = luma(colours()[np.newaxis])[0]

    assert (np.diff(lightness) > 0).all()


def test_no_error_is_the_darkest_colour_and_told_as_such():
    drawn = heat_map.heat_map(grey(20, 30), grey(20, 30))

    assert (pixels(drawn.png) == colours()[0]).all()
    assert drawn.describe() == "No pixel is off: the brightness is identical everywhere."


@hypothesis.given(st.integers(0, 255), st.integers(0, 255), st.integers(1, 300), st.integers(1, 9))
def test_colour_tells_the_luma_error_whatever_the_size(one: int, other: int, height: int, width: int):
    drawn = heat_map.heat_map(grey(height, width, one), grey(height, width, other))

    error = abs(one - other) * (235 - 16) / 255  # of studio-range luma
    expected = colours()[min(round(error / TOP * 255), 255)].astype(int)
    shown = pixels(drawn.png)
    assert shown.shape == (height, width, 3)
    assert np.abs(shown - expected).max() <= 4  # at most the next colour
    assert drawn.median == pytest.approx(error, abs=1e-3)


def test_worst_part_is_found_and_told():
    restored = grey(30, 60)
    restored[20:, 40:] = 220

    said = heat_map.heat_map(grey(30, 60), restored).describe()

    assert "The lower right of the picture is restored worst: 103.1 on average." in said
    assert "none by more than 103.1" in said


def test_sixteen_bits_are_measured_in_the_same_units():
    wide = grey(8, 8).astype(np.uint16) * 257

    assert heat_map.heat_map(wide, grey(8, 8)).largest < 1e-6


def test_pictures_of_two_sizes_are_refused():
    with pytest.raises(MeasurementError, match="same size"):
        heat_map.heat_map(grey(8, 8), grey(8, 9))


def test_legend_has_a_text_and_names_its_ends():
    assert 'role="img" aria-label="' in legend()
    assert "<span>0</span>" in legend()
    assert f"<span>{TOP} or more</span>" in legend()
