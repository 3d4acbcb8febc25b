"""Degradations for photos: aligned, clean for some, the same again for the same seed and index."""

import cv2
import numpy as np
import pytest

from sr_core import OptionError, resize
from training.data import photo
from training.data.conditions import CLEAN, MIX, Condition, mixed
from training.data.datasets import Pair
from training.data.degradations import jpeg
from training.data.patches import PatchDataset
from training.data.photo import Degradation, Noise, Saving


@pytest.fixture
def texture() -> Pair:
    """A picture of soft blobs, larger than all windows."""
    noise = np.random.default_rng(0).standard_normal((480, 480, 3)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 8)
    hr = (128 + 40 * soft / soft.std()).clip(0, 255).astype(np.uint8)
    return Pair("texture", resize.downscale(hr, 4), hr)


def dataset(pairs, **changes) -> PatchDataset:
    settings = {"scale": 4, "patch": 8, "batch": 60, "seed": 1, "degradation": "photo"}
    return PatchDataset(pairs, **{**settings, **changes})


def test_three_patches_in_ten_stay_exactly_as_they_are_and_none_moves(pairs):
    degraded, clean = dataset(pairs), dataset(pairs, degradation="bicubic")
    kept = []
    for i in range(8):
        (made, hr), (lr, same_hr) = degraded[i], clean[i]
        np.testing.assert_array_equal(hr, same_hr)
        kept += [np.array_equal(a, b) for a, b in zip(made, lr, strict=True)]

    assert 0.25 < np.mean(kept) < 0.4  # and noise of less than half a grey level leaves some


def test_draws_depend_on_seed_and_index_alone(pairs):
    one, many, other = dataset(pairs, workers=1), dataset(pairs, workers=4), dataset(pairs, seed=2)
    resumed = dataset(pairs, first=3)

    in_turn = [one[i][0] for i in range(4)]
    np.testing.assert_array_equal(many[3][0], in_turn[3])
    np.testing.assert_array_equal(resumed[0][0], in_turn[3])
    assert not np.array_equal(other[3][0], in_turn[3])


@pytest.mark.parametrize("scale", [1, 2, 3, 4])
def test_pictures_as_small_as_a_patch_give_patches(scale):
    hr = np.random.default_rng(0).integers(0, 256, (8 * scale, 8 * scale, 3)).astype(np.uint8)
    pair = Pair("small", resize.downscale(hr, scale), hr)

    lr, _ = dataset([pair], scale=scale, batch=100)[0]

    assert lr.shape == (100, 8, 8, 3)


@pytest.mark.parametrize("reduction", ["bicubic", "area", "bilinear", "Lanczos"])
@pytest.mark.parametrize("size", [0.8, 1.0, 1.25])
def test_degraded_pictures_stay_aligned(texture, reduction, size):
    saved = Saving(95, "4:2:0")
    drawn = Degradation(reduction, blur=0.5, noise=Noise(2), first=saved, size=size, last=saved)

    made = drawn.apply(texture.lr, texture.hr, np.random.default_rng(0), scale=4)

    before, after = (pixels[..., 1].astype(float) for pixels in (texture.lr, made))
    for slope in np.gradient(before):  # down, across: what a small shift changes is the shift times the slope
        assert abs(np.sum(slope * (after - before)) / np.sum(slope**2)) < 0.02  # px


def test_blocks_of_a_jpeg_begin_anywhere_in_a_patch(texture):
    begins = set()
    saved = Degradation(last=Saving(30, "4:2:0"))
    for seed in range(60):
        random = np.random.default_rng(seed)
        made = photo.patch(texture, 40, 40, side=32, scale=4, degradation=saved, random=random)
        error = made[..., 1].astype(int) - texture.lr[40:72, 40:72, 1]
        jumps = np.abs(np.diff(error, axis=1)).mean(axis=0)  # a block's error ends at its edge
        begins.add(int(np.argmax([jumps[phase::8].mean() for phase in range(8)])))

    assert begins == set(range(8))


@pytest.mark.parametrize(
    "noise", [Noise(6), Noise(6, signal=0.8), Noise(6, grey=True), Noise(6, grain=0.5), Noise(6, grain=1.2)]
)
def test_noise_has_the_strength_it_says_at_mid_grey(noise):
    grey = np.full((200, 200, 3), 128, np.uint8)

    added = noise.add(grey, np.random.default_rng(0)).astype(float) - 128

    assert added.std() == pytest.approx(6, rel=0.03)
    neighbours = np.corrcoef(added[:, 1:, 0].ravel(), added[:, :-1, 0].ravel())[0, 1]
    assert (neighbours > 0.2) == (noise.grain > 0)
    assert np.array_equal(added[..., 0], added[..., 1]) == noise.grey


def test_noise_of_photons_grows_with_brightness():
    dark, bright = (np.full((100, 100, 3), level, np.uint8) for level in (40, 160))
    noise = Noise(6, signal=1.0)

    spread = [noise.add(grey, np.random.default_rng(0)).std() for grey in (dark, bright)]

    assert spread[1] / spread[0] == pytest.approx(2, rel=0.05)


def test_a_condition_is_the_same_each_time(texture):
    noisy = Condition(sigma=15).apply(texture.lr)

    np.testing.assert_array_equal(noisy, Condition(sigma=15).apply(texture.lr))
    assert (noisy.astype(float) - texture.lr).std() == pytest.approx(15, rel=0.05)
    np.testing.assert_array_equal(Condition(quality=40).apply(texture.lr), jpeg(texture.lr, 40))
    assert CLEAN.apply(texture.lr) is texture.lr
    assert [str(c) for c in (CLEAN, Condition(quality=40), Condition(sigma=7.5))] == [
        "clean",
        "JPEG 40",
        "noise 7.5",
    ]


@pytest.mark.parametrize("name", ["clean", "JPEG 60", "noise 8", "noise 7.5"])
def test_a_condition_is_found_by_its_name(name):
    assert str(Condition.named(name)) == name


@pytest.mark.parametrize("name", ["", "JPEG", "JPEG x", "JPEG 0", "noise -1", "noise nan", "WebP 60"])
def test_no_condition_is_made_of_another_name(name):
    with pytest.raises(OptionError):
        Condition.named(name)


@pytest.mark.parametrize(
    "wrong",
    [{"quality": 0}, {"quality": 101}, {"sigma": 0}, {"quality": 50, "sigma": 5}],
)
def test_impossible_conditions_are_refused(wrong):
    with pytest.raises(OptionError, match="Received"):
        Condition(**wrong)


def test_validation_takes_the_states_in_turns(texture):
    taken = mixed([texture] * 7)

    for pair, condition in zip(taken, [*MIX, CLEAN], strict=True):
        np.testing.assert_array_equal(pair.lr, condition.apply(texture.lr))
        assert pair.hr is texture.hr
