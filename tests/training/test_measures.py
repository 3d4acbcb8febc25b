"""GMSD behaves as its paper says."""

import cv2
import numpy as np
import pytest

from sr_core import read, resize
from training.data.conditions import Condition
from training.measures import gmsd


@pytest.fixture
def photo(photos) -> np.ndarray:
    return read(photos / "guitar.png").pixels


def grey(values: np.ndarray) -> np.ndarray:
    return np.repeat(values[..., None], 3, axis=2).astype(np.uint8)


def test_equal_pictures_have_none(photo):
    assert gmsd(photo, photo) == 0


def test_what_is_off_everywhere_alike_counts_less_than_what_is_off_in_places():
    ramp = np.tile(np.arange(0, 240, 4), (60, 1))

    even, uneven = grey(ramp // 2), grey(np.minimum(ramp, 120))

    assert gmsd(grey(ramp), even) < 0.5 * gmsd(grey(ramp), uneven)


def test_value_of_a_loss_that_can_be_told_by_hand():
    # In the middle of a black picture a ramp of 4 grey levels a px: 8 a px at half the size, and 16 over the
    # two px of the kernel. The places that it loses have 170 / (16**2 + 170), all others 1.
    ramp = np.zeros((400, 128))
    ramp[:, 32:96] = 4 * np.arange(64)
    ramp[:, 96:] = 4 * 63
    share, lost = 33 / 64, 170 / (16**2 + 170)  # the last column is the border, where the outside is black

    value = gmsd(grey(ramp), np.zeros((400, 128, 3), np.uint8))

    assert value == pytest.approx((1 - lost) * np.sqrt(share * (1 - share)), rel=0.1)


def test_it_grows_with_noise_blur_and_compression(photo):
    noisy = [gmsd(photo, Condition(sigma=sigma).apply(photo)) for sigma in (4, 8, 16, 32)]
    saved = [gmsd(photo, Condition(quality=quality).apply(photo)) for quality in (90, 70, 40, 10)]
    blurred = [gmsd(photo, cv2.GaussianBlur(photo, (0, 0), sigma)) for sigma in (0.5, 1, 2, 4)]

    for values in (noisy, saved, blurred):
        assert values[0] > 0
        assert values == sorted(values)


def test_it_does_not_ask_which_picture_is_the_original_nor_for_even_sides(photo):
    small = resize.upscale(resize.downscale(photo, 4), 4)

    assert gmsd(photo, small) == pytest.approx(gmsd(small, photo))
    assert gmsd(photo[:-1, :-1], small[:-1, :-1]) == pytest.approx(gmsd(photo, small), rel=0.1)
