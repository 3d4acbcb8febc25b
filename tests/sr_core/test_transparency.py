"""Transparent pictures keep clean edges: no halo of what nobody was meant to see."""

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sr_core import bicubic, resize, transparency
from sr_core.picture import Picture
from sr_core.upscaler import Upscaler

SCALE = 4
COLOUR = (217, 64, 38)
BACKGROUNDS = {"white": (255, 255, 255), "black": (0, 0, 0), "green": (0, 255, 0)}


def noise(height: int, width: int, channels: int = 3, dtype: npt.DTypeLike = np.uint8) -> np.ndarray:
    generator = np.random.default_rng(height * 100 + width)
    return generator.integers(0, np.iinfo(dtype).max, (height, width, channels), dtype, endpoint=True)


# --- bleeding ----------------------------------------------------------------------------------------------


@given(st.integers(2, 30), st.integers(2, 30), st.integers(0, 99), st.sampled_from([np.uint8, np.uint16]))
def test_hidden_pixels_take_the_colour_of_the_nearest_visible_one(height, width, seed, dtype):
    alpha = (np.random.default_rng(seed).random((height, width)) < 0.1).astype(dtype)
    alpha[height // 2, width // 3] = 1
    rows, columns = np.mgrid[:height, :width]
    place = np.dstack([rows, columns, rows]).astype(dtype)  # each pixel's colour says where it is
    bled = transparency.bleed(place, alpha).astype(int)
    apart = np.hypot(bled[..., 0] - rows, bled[..., 1] - columns)
    nearest = np.min([np.hypot(rows - r, columns - c) for r, c in np.argwhere(alpha)], axis=0)
    assert (alpha[bled[..., 0], bled[..., 1]] == 1).all()
    assert (apart <= 1.05 * nearest).all()  # so visible pixels keep their own


@pytest.mark.parametrize("alpha", [None, np.full((5, 6), 255, np.uint8), np.zeros((5, 6), np.uint8)])
def test_where_nothing_or_everything_is_hidden_colours_stay(alpha):
    pixels = noise(5, 6)
    assert transparency.bleed(pixels, alpha) is pixels


def test_the_original_is_left_alone():
    pixels, alpha = noise(5, 6), np.eye(5, 6, dtype=np.uint8)
    transparency.bleed(pixels, alpha)
    np.testing.assert_array_equal(pixels, noise(5, 6))


# --- even areas --------------------------------------------------------------------------------------------


def test_even_areas_of_a_noisy_alpha_become_exactly_even_and_edges_stay():
    small = np.zeros((9, 12), np.uint8)
    small[:, 6:] = 255
    alpha, pixels = np.full((18, 24), 7, np.uint8), np.full((18, 24, 3), 9, np.uint8)
    transparency.keep_even_areas(pixels, alpha, small)
    assert (alpha[:, :8] == 0).all()
    assert (alpha[:, 8:16] == 7).all()
    assert (alpha[:, 16:] == 255).all()
    assert (pixels[:, :8] == 0).all()  # nothing to see
    assert (pixels[:, 8:] == 9).all()


def test_a_picture_of_which_nothing_is_visible_keeps_its_colours():
    alpha, pixels = np.full((8, 8), 3, np.uint8), noise(8, 8)
    transparency.keep_even_areas(pixels, alpha, np.zeros((4, 4), np.uint8))
    assert (alpha == 0).all()
    np.testing.assert_array_equal(pixels, noise(8, 8))


# --- resizing ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_an_opaque_picture_is_resized_as_any_other(dtype):
    pixels, white = noise(20, 30, dtype=dtype), np.full((20, 30), np.iinfo(dtype).max, dtype)
    colour, alpha = transparency.reduce(pixels, white, 7, 9)
    np.testing.assert_array_equal(colour, resize.bicubic(pixels, 7, 9))
    np.testing.assert_array_equal(np.asarray(alpha), white[:7, :9])
    np.testing.assert_array_equal(transparency.reduce(pixels, None, 7, 9)[0], colour)


def test_a_weak_neighbour_gives_little_of_its_colour():
    pixels = np.zeros((40, 40, 3), np.uint16)
    alpha = np.full((40, 40), 65535, np.uint16)
    pixels[::2], alpha[::2] = 65535, 6554  # white at a tenth of the opacity between black rows
    colour, small = transparency.reduce(pixels, alpha, 10, 10)
    np.testing.assert_allclose(colour[3:7, 3:7] / 65535, 0.1 / 1.1, atol=0.002)
    np.testing.assert_allclose(np.asarray(small)[3:7, 3:7] / 65535, 0.55, atol=0.005)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_is_hidden_never_shows_in_a_reduction(dtype):
    white = np.iinfo(dtype).max
    alpha = np.where(np.indices((40, 40)).sum(axis=0) < 40, white, 0).astype(dtype)
    reduced = []
    for hidden in (0, white):
        pixels = np.where(alpha[..., np.newaxis] > 0, noise(40, 40, dtype=dtype), hidden).astype(dtype)
        colour, small = transparency.reduce(pixels, alpha, 13, 11)
        reduced.append(np.where(np.asarray(small)[..., np.newaxis] > 0, colour, 0))
    np.testing.assert_array_equal(*reduced)


def test_16_bits_of_colour_and_alpha_stay_16_bits():
    ramp = np.linspace(0, 65535, 80 * 80).reshape(80, 80).astype(np.uint16)
    colour, alpha = transparency.reduce(np.dstack([ramp] * 3), ramp, 40, 40)
    assert len(np.unique(colour)) > 1000
    assert len(np.unique(np.asarray(alpha))) > 1000


# --- against a truth, with the weights of the project ------------------------------------------------------


@pytest.fixture(scope="module")
def edsr() -> Upscaler:
    return Upscaler.from_weights("edsr_x4", gpu=-1)


def disc(side: int) -> np.ndarray:
    """Opacity in [0, 1] of an antialiased disc that lies on no pixel's centre."""
    rows, columns = np.mgrid[: 8 * side, : 8 * side] / 8
    inside = np.hypot(rows - side / 2 + 1.3, columns - side / 2 - 0.7) < 0.33 * side
    return inside.reshape(side, 8, side, 8).mean(axis=(1, 3))


def small_disc(side: int, hidden: tuple[int, int, int]) -> Picture:
    """`disc` in one colour, reduced: opacity as light is averaged, and another colour where nothing shows."""
    small = Image.fromarray(disc(side).astype(np.float32))
    opacity = np.array(small.resize((side // SCALE, side // SCALE), Image.Resampling.BICUBIC)).clip(0, 1)
    alpha = (opacity * 255 + 0.5).astype(np.uint8)
    pixels = np.where(alpha[..., np.newaxis] > 0, COLOUR, hidden).astype(np.uint8)
    return Picture(pixels, alpha)


def laid_on(background: tuple[int, ...], picture: Picture) -> np.ndarray:
    assert picture.alpha is not None
    opacity = picture.alpha[..., np.newaxis] / 255
    return picture.pixels * opacity + np.array(background) * (1 - opacity)


def plainly(small: Picture) -> Picture:
    """What ordinary programs do: colour and alpha bicubic, whatever lies under transparency."""
    assert small.alpha is not None
    return Picture(resize.upscale(small.pixels, SCALE), resize.upscale(small.alpha, SCALE))


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (0, 255, 0)])
def test_a_disc_on_its_own_colour_leaves_no_ring(edsr, hidden):
    small = small_disc(128, hidden)

    def ring(large: Picture) -> float:
        return float(np.abs(laid_on(COLOUR, large) - COLOUR).max())

    assert ring(edsr.upscale(small)) <= 2  # grey levels
    assert ring(bicubic(small, size=(SCALE * small.height, SCALE * small.width))) <= 1
    assert ring(plainly(small)) > 30


@pytest.mark.parametrize("hidden", [(0, 0, 0), (255, 255, 255), (0, 255, 0)])
@pytest.mark.parametrize("background", BACKGROUNDS.values(), ids=BACKGROUNDS)
def test_the_edge_of_a_disc_is_nearer_to_the_truth_than_bicubics(edsr, hidden, background):
    small, plain = small_disc(128, hidden), plainly(small_disc(128, hidden))
    opacity = disc(128)[..., np.newaxis]
    truth = np.array(COLOUR) * opacity + np.array(background) * (1 - opacity)
    assert plain.alpha is not None
    edge = (plain.alpha > 0) & (plain.alpha < 255)

    def error(large: Picture) -> float:
        return float(np.abs(laid_on(background, large) - truth)[edge].mean())

    assert error(edsr.upscale(small)) < 9  # grey levels, on average over the edge
    assert error(edsr.upscale(small)) < 0.6 * error(plain)


def test_what_is_wholly_transparent_is_black_and_what_is_opaque_has_no_faint_holes(edsr):
    large = edsr.upscale(small_disc(128, (255, 255, 255)))
    assert large.alpha is not None
    assert (large.pixels[:8] == 0).all()
    assert (large.alpha[:8] == 0).all()
    assert (large.alpha[52:76, 52:76] == 255).all()
