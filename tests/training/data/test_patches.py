"""Patches are aligned, augmented, and the same again for the same seed, epoch and index."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sr_core import DatasetError
from training.data.datasets import Pair
from training.data.patches import PatchDataset, WholePictures


def dataset(pairs, **changes) -> PatchDataset:
    settings = {"scale": 4, "patch": 8, "batch": 6, "seed": 1}
    return PatchDataset(pairs, **{**settings, **changes})


def coordinates(height: int, width: int, scale: int) -> Pair:
    """A pair whose every LR pixel, and its cell of HR pixels, has a colour of its own."""
    rows, columns = np.mgrid[0:height, 0:width]
    lr = np.stack([rows, columns, (rows * 7 + columns * 13) % 256], axis=-1).astype(np.uint8)
    return Pair("coordinates", lr, lr.repeat(scale, axis=0).repeat(scale, axis=1))


@pytest.mark.parametrize("by_detail", [True, False])
def test_patches_begin_on_the_grid(by_detail):
    even = dataset([coordinates(31, 30, 1)], scale=1, grid=2, by_detail=by_detail)
    # Turned and mirrored, a corner of the patch still is its smallest row and column.
    starts = [patch[..., :2].min(axis=(0, 1)) * 255 for batch in range(8) for patch in even[batch][0]]
    assert not (np.rint(starts) % 2).any()


def test_batch_has_the_promised_shapes_and_range(pairs):
    lr, hr = dataset(pairs)[0]

    assert (lr.shape, hr.shape) == ((6, 8, 8, 3), (6, 32, 32, 3))
    assert lr.dtype == hr.dtype == np.float32
    assert 0 <= min(lr.min(), hr.min()) < max(lr.max(), hr.max()) <= 1


@given(
    height=st.integers(8, 40),
    width=st.integers(8, 40),
    scale=st.integers(1, 4),
    by_detail=st.booleans(),
    index=st.integers(0, 50),
)
def test_lr_and_hr_show_the_same_place_after_augmentation(height, width, scale, by_detail, index):
    data = dataset([coordinates(height, width, scale)], scale=scale, by_detail=by_detail)

    lr, hr = data[index]

    np.testing.assert_array_equal(lr.repeat(scale, axis=1).repeat(scale, axis=2), hr)


def test_batch_depends_on_seed_and_index_alone(pairs):
    first, again, other = dataset(pairs), dataset(pairs), dataset(pairs, seed=2)

    np.testing.assert_array_equal(first[2][0], again[2][0])
    assert not np.array_equal(first[2][0], first[1][0])
    assert not np.array_equal(first[2][0], other[2][0])


def test_resumed_dataset_goes_on_with_the_next_batch(pairs):
    whole, resumed = dataset(pairs), dataset(pairs, first=5)

    np.testing.assert_array_equal(whole[7][1], resumed[2][1])


def test_all_eight_orientations_occur():
    lr, _ = dataset([coordinates(8, 8, 4)], batch=200)[0]

    assert len({patch.tobytes() for patch in lr}) == 8


def test_detail_is_drawn_more_often_than_sky():
    lr = np.full((64, 64, 3), 100, np.uint8)
    lr[:, 48:] = np.random.default_rng(0).integers(0, 256, (64, 16, 3))
    pair = Pair("sky above a wood", lr, lr.repeat(4, axis=0).repeat(4, axis=1))

    detailed, even = (dataset([pair], batch=300, by_detail=choice)[0][0] for choice in (True, False))

    def flat(patches: np.ndarray) -> float:
        return float(np.mean([np.ptp(patch) == 0 for patch in patches]))

    assert flat(detailed) < 0.3 < 0.6 < flat(even)


def test_lines_draw_more_of_letters_and_windows_and_less_of_leaves():
    rng = np.random.default_rng(0)
    leaves = cv2.GaussianBlur(rng.random((64, 128)).astype(np.float32), (0, 0), 1.2)
    leaves = np.clip(128 + 600 * (leaves - 0.5), 0, 255)
    rows, columns = np.mgrid[0:64, 0:128]
    windows = np.where((rows // 5 + columns // 7) % 2, 200, 60)
    grey = np.where(columns < 64, leaves, windows).astype(np.uint8)
    lr = np.stack([grey, grey, np.where(columns < 64, 0, 255).astype(np.uint8)], axis=-1)
    pair = Pair("a tree before a house", lr, lr.repeat(4, axis=0).repeat(4, axis=1))

    share = [dataset([pair], batch=400, lines=lines)[0][0][..., 2].mean() for lines in (0.0, 0.5, 1.0)]

    assert share[0] + 0.05 < share[1] < share[2] - 0.05


def test_whole_pictures_come_once_an_epoch_as_they_are_and_in_a_new_order():
    squares = [np.full((8, 8, 3), i, np.uint8) for i in range(5)]
    pairs = [Pair("square", square, square) for square in squares]
    pictures = WholePictures(pairs, scale=1, patch=8, batch=2, seed=1)

    epochs = [[pictures[3 * epoch + batch] for batch in range(3)] for epoch in range(2)]

    orders = [np.rint(np.concatenate([hr[:, 0, 0, 0] for _, hr in epoch]) * 255) for epoch in epochs]
    assert [sorted(order) for order in orders] == [[0, 1, 2, 3, 4]] * 2
    assert list(orders[0]) != list(orders[1])
    large = np.zeros((16, 16, 3), np.uint8)
    with pytest.raises(DatasetError, match="whole pictures need pictures of 8 x 8 px"):
        WholePictures([*pairs, Pair("large", large, large)], scale=1, patch=8, batch=2, seed=1)


def test_a_dataset_of_pictures_smaller_than_a_patch_is_refused(pairs):
    with pytest.raises(DatasetError, match="smaller than a patch"):
        dataset(pairs, patch=25)
