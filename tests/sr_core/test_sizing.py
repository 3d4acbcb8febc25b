"""What a person wants becomes one exact size, never beyond what the network can do."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr_core.errors import OptionError
from sr_core.sizing import TargetSize, check_reach, fit

SIDES = st.integers(1, 5000)
REACH = st.integers(1, 4)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        (TargetSize(), (320, 480)),
        (TargetSize(scale=2), (160, 240)),
        (TargetSize(width=300), (200, 300)),
        (TargetSize(height=100), (100, 150)),
        (TargetSize(longest=300), (200, 300)),
        (TargetSize(width=300, height=300), (200, 300)),
        (TargetSize(width=300, height=100), (100, 150)),
    ],
)
def test_each_target_has_its_size(target, expected):
    assert fit(80, 120, target, reach=4) == expected


def test_the_longest_side_of_an_upright_picture_is_its_height():
    assert fit(120, 80, TargetSize(longest=300), reach=4) == (300, 200)


@pytest.mark.parametrize(("width", "height"), [(10, 6), (11, 7), (13, 8)])
def test_the_other_side_is_rounded_to_nearest_halves_up(width, height):
    # 0.6 times 10, 11 and 13 are 6, 6.6 and 7.8; of 100 x 200, 25 would be 12.5.
    assert fit(60, 100, TargetSize(width=width), reach=4).height == height
    assert fit(100, 200, TargetSize(width=25), reach=4).height == 13


@given(
    SIDES, SIDES, st.integers(1, 4), st.integers(1, 20_000), st.sampled_from(["width", "height", "longest"])
)
def test_the_asked_side_is_exact_and_the_aspect_kept_to_half_a_pixel(height, width, reach, side, name):
    axis = {"width": 1, "height": 0, "longest": int(width >= height)}[name]
    if side > (height, width)[axis] * reach:
        with pytest.raises(OptionError, match="choose a smaller size"):
            fit(height, width, TargetSize(**{name: side}), reach=reach)
        return
    size = fit(height, width, TargetSize(**{name: side}), reach=reach)
    assert size[axis] == side
    exact = side * (height, width)[1 - axis] / (height, width)[axis]
    assert abs(size[1 - axis] - max(exact, 1)) <= 0.5 + 1e-9
    check_reach(height, width, size, reach=reach)


@given(SIDES, SIDES, st.integers(1, 4), SIDES, SIDES)
def test_with_both_sides_given_it_fits_into_them_and_touches_one(
    height, width, reach, into_height, into_width
):
    into_height, into_width = min(into_height, height * reach), min(into_width, width * reach)
    size = fit(height, width, TargetSize(width=into_width, height=into_height), reach=reach)
    assert size.height <= into_height
    assert size.width <= into_width
    assert size.height == into_height or size.width == into_width


@pytest.mark.parametrize(
    "target", [TargetSize(scale=5), TargetSize(width=481), TargetSize(height=321), TargetSize(longest=481)]
)
def test_beyond_the_networks_reach_is_refused_with_what_it_can_do(target):
    with pytest.raises(OptionError, match=r"at most 320 x 480 px \(height x width\).*received .* px\.$"):
        fit(80, 120, target, reach=4)


@pytest.mark.parametrize(
    "sides",
    [
        {"scale": 0},
        {"width": 0},
        {"height": -3},
        {"longest": 0},
        {"scale": 2, "width": 5},
        {"longest": 5, "height": 5},
        {"scale": 2, "longest": 5},
    ],
)
def test_targets_that_make_no_sense_are_refused(sides):
    with pytest.raises(OptionError, match=r"received -?\d+\.$|leave the others out"):
        TargetSize(**sides)


@pytest.mark.parametrize(
    ("target", "suffix"),
    [
        (TargetSize(), "_x4"),
        (TargetSize(scale=2), "_x2"),
        (TargetSize(width=800), "_w800"),
        (TargetSize(height=600), "_h600"),
        (TargetSize(width=800, height=600), "_w800_h600"),
        (TargetSize(longest=2000), "_longest2000"),
    ],
)
def test_each_target_has_its_name(target, suffix):
    assert target.suffix(4) == suffix
