import numpy as np
import pytest

from service.result import most_different, subsample
from sr_core import Picture


@pytest.mark.parametrize("size", [(900, 1300), (3000, 4200)])
def test_window_lies_over_what_differs(size: tuple[int, int]):
    first = np.zeros((*size, 3), np.uint8)
    second = first.copy()
    top, left = size[0] - 350, 420
    second[top - 60 : top + 60, left - 60 : left + 60] = 90
    second[10:14, 10:14] = 255

    spot = most_different(Picture(first), subsample(Picture(second)))

    assert abs(spot[0] - top) < 200
    assert abs(spot[1] - left) < 320


def test_what_is_transparent_counts_for_nothing():
    pixels = np.zeros((500, 2000, 3), np.uint8)
    other = pixels.copy()
    other[:, :300], other[:, -300:] = 200, 60
    alpha = np.full((500, 2000), 255, np.uint8)
    alpha[:, :400] = 0

    assert most_different(Picture(pixels, alpha), subsample(Picture(other, alpha)))[1] > 1500


@pytest.mark.parametrize("size", [(1, 1), (4, 1600), (1600, 4)])
def test_any_shape_has_a_spot_within_it(size: tuple[int, int]):
    picture = Picture(np.zeros((*size, 3), np.uint8))

    top, left = most_different(picture, subsample(picture))

    assert 0 <= top < size[0]
    assert 0 <= left < size[1]
