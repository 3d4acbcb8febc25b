"""White stays white and grey stays grey, whatever a network makes of them."""

import functools
from typing import Any

import numpy as np
import pytest

from sr_core import Picture
from sr_core.flat_areas import FlatAreas
from sr_core.upscaler import Upscaler

precisions = pytest.mark.parametrize("precision", ["float32", "bfloat16"])
engines = pytest.mark.parametrize("engine", ["tensorflow", "openvino"])
NETWORKS = ("edsr_x2", "edsr_x4", "esrgan_x4", "srcnn_x4", "vdsr_x4", "autoencoder_x4")


@pytest.fixture(scope="module")
def upscaler():
    @functools.cache
    def get(name: str, precision: Any, engine: Any = "auto") -> Upscaler:
        return Upscaler.from_weights(name, engine=engine, precision=precision, gpu=-1)

    return get


@engines
@precisions
@pytest.mark.parametrize("name", NETWORKS)
def test_a_picture_of_one_colour_comes_back_exactly(upscaler, name, precision, engine):
    for colour in ((255, 255, 255), (0, 0, 0), (255, 0, 0), (3, 200, 117)):
        small = np.broadcast_to(np.array(colour, np.uint8), (5, 7, 3))
        big = upscaler(name, precision, engine).upscale(Picture(small.copy())).pixels
        assert (big == colour).all()


@engines
@precisions
def test_a_grey_page_stored_as_rgb_comes_back_grey(upscaler, precision, engine):
    plane = (np.random.default_rng(0).random((24, 24)) > 0.7).astype(np.uint8) * 255
    page = np.repeat(plane[..., np.newaxis], 3, axis=2)
    big = upscaler("edsr_x4", precision, engine).upscale(Picture(page)).pixels
    assert np.ptp(big, axis=2).max() == 0
    assert big.std() > 50


@precisions
def test_white_far_from_an_object_stays_white_across_tiles(upscaler, precision):
    small = np.full((60, 60, 3), 255, np.uint8)
    small[20:30, 25:38] = np.random.default_rng(0).integers(0, 200, (10, 13, 3))
    big = Upscaler.from_weights("edsr_x2", precision=precision, gpu=-1, tile=40, halo=8)
    white = big.upscale(Picture(small)).pixels
    far = np.ones((120, 120), bool)
    far[2 * 18 : 2 * 32, 2 * 23 : 2 * 40] = False
    assert (white[far] == 255).all()


def test_sixteen_bit_and_alpha_keep_their_flat_values(upscaler):
    small = np.full((9, 9, 3), 40_001, np.uint16)
    alpha = np.full((9, 9), 65_535, np.uint16)
    alpha[:, :3] = 0
    big = upscaler("edsr_x2", "bfloat16").upscale(Picture(small, alpha=alpha))
    assert (big.pixels[:, -8:] == 40_001).all()
    assert big.alpha is not None
    assert (big.alpha[:, -8:] == 65_535).all()


def test_colour_beside_grey_is_left_to_the_network():
    small = np.full((12, 12, 3), 90, np.uint8)
    small[:, 6:] = (200, 30, 60)
    areas = FlatAreas.of(small)
    assert areas.grey is not None
    columns = np.arange(12)
    np.testing.assert_array_equal(areas.grey, np.tile(columns < 4, (12, 1)))
    np.testing.assert_array_equal(areas.flat, np.tile((columns < 4) | (columns >= 8), (12, 1)))
