"""Numbers that agree with the papers, and never travel without their protocol."""

import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PIL import Image

from sr_core import metrics, resize
from sr_core.errors import MeasurementError, OptionError
from sr_core.metrics import STUDY, Protocol

DATA = Path(__file__).parent.parent / "data"
RGB = Protocol("rgb", 0)
LUMA = Protocol("luma", 0)
PROTOCOLS = (LUMA, RGB, Protocol("luma", 4), Protocol("rgb", 3))


def photo(name: str = "flowers") -> np.ndarray:
    return np.array(Image.open(DATA / f"{name}.png"))


def noisy(picture: np.ndarray, amount: int) -> np.ndarray:
    noise = np.random.default_rng(7).integers(-amount, amount + 1, picture.shape)
    return np.clip(picture + noise, 0, 255).astype(np.uint8)


def wang_ssim(one: np.ndarray, other: np.ndarray) -> float:
    """SSIM of two planes from Wang's formula, by plain sums over every 11 x 11 window."""
    taps = np.exp(-(np.arange(-5, 6) ** 2) / (2 * 1.5**2))
    window = np.outer(taps, taps) / taps.sum() ** 2

    def mean(plane: np.ndarray) -> np.ndarray:
        return np.einsum("hwij,ij->hw", np.lib.stride_tricks.sliding_window_view(plane, (11, 11)), window)

    a, b = mean(one), mean(other)
    covariance = mean(one * other) - a * b
    variances = mean(one**2) - a**2 + mean(other**2) - b**2
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    return float(np.mean((2 * a * b + c1) * (2 * covariance + c2) / ((a**2 + b**2 + c1) * (variances + c2))))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_identical_pictures_score_perfectly(protocol):
    scores = metrics.measure(photo(), photo().copy(), protocol)
    assert (scores.psnr, scores.mse, scores.mae) == (math.inf, 0.0, 0.0)
    assert scores.ssim == pytest.approx(1.0)
    assert scores.protocol == protocol


@given(hnp.arrays(np.uint8, (12, 13, 3)), hnp.arrays(np.uint8, (12, 13, 3)), st.sampled_from((LUMA, RGB)))
def test_metrics_are_symmetric_and_bounded(one, other, protocol):
    there, back = metrics.measure(one, other, protocol), metrics.measure(other, one, protocol)
    assert there.mse == pytest.approx(back.mse)
    assert there.ssim == pytest.approx(back.ssim)
    assert -1 <= there.ssim <= 1 + 1e-12
    assert 0 <= there.mae <= 255
    assert there.mae**2 <= there.mse * (1 + 1e-9)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_more_noise_scores_worse(protocol):
    less, more = (metrics.measure(photo(), noisy(photo(), amount), protocol) for amount in (3, 12))
    assert less.psnr > more.psnr
    assert less.ssim > more.ssim
    assert less.mae < more.mae


def test_an_error_of_one_level_everywhere_is_48_decibels():
    grey = np.full((16, 16, 3), 100, np.uint8)
    scores = metrics.measure(grey, grey + 1, RGB)
    assert (scores.mse, scores.mae) == (1.0, 1.0)
    assert scores.psnr == pytest.approx(20 * math.log10(255))


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_bit_depth_does_not_change_a_score(protocol):
    one, other = photo(), noisy(photo(), 5)
    deep = metrics.measure(one.astype(np.uint16) * 257, other.astype(np.uint16) * 257, protocol)
    mixed = metrics.measure(one, other.astype(np.uint16) * 257, protocol)
    assert deep.psnr == mixed.psnr == pytest.approx(metrics.psnr(one, other, protocol))
    assert deep.ssim == mixed.ssim == pytest.approx(metrics.ssim(one, other, protocol))


def test_ssim_is_the_formula_of_wang_over_every_whole_window():
    one, other = photo(), noisy(photo(), 10)
    channels = [wang_ssim(one[..., c].astype(float), other[..., c].astype(float)) for c in range(3)]
    assert metrics.ssim(one, other, RGB) == pytest.approx(np.mean(channels), abs=1e-9)


@pytest.mark.parametrize("rows", [1, 7, 85, 86, 87, 1000])
def test_strips_change_no_score(rows, monkeypatch):
    one, other = photo("skyline"), noisy(photo("skyline"), 8)
    whole = metrics.measure(one, other, LUMA)
    monkeypatch.setattr(metrics, "_STRIP_ROWS", rows)
    strips = metrics.measure(one, other, LUMA)
    assert strips.ssim == pytest.approx(whole.ssim, abs=1e-12)
    assert strips.psnr == pytest.approx(whole.psnr, abs=1e-9)


def test_shaving_leaves_out_the_border():
    picture, damaged = photo(), photo()
    damaged[:4], damaged[-4:], damaged[:, :4], damaged[:, -4:] = 0, 0, 0, 0
    assert metrics.psnr(picture, damaged, Protocol("rgb", 4)) == math.inf
    assert metrics.psnr(picture, damaged, Protocol("rgb", 3)) < 30


# Golden: bicubic down and up with Pillow 13.0.0, scikit-image 0.26.0 and numpy 2.4.6, 2026-11-23. The same
# code gives 28.43 dB / .8111 on Set5 at x4, where the literature has 28.42 / .8104, and 33.67 / .9303 at x2,
# where it has 33.66 / .9299.
@pytest.mark.parametrize(
    ("name", "scale", "psnr", "ssim"),
    [("flowers", 4, 21.3109, 0.50962), ("skyline", 4, 30.3267, 0.83389), ("guitar", 2, 28.6157, 0.85926)],
)
def test_the_bicubic_baseline_scores_what_it_always_scored(name, scale, psnr, ssim):
    original = resize.crop_to_multiple(photo(name), scale)
    restored = resize.upscale(resize.downscale(original, scale), scale)
    scores = metrics.measure(original, restored, metrics.standard(scale))
    assert scores.psnr == pytest.approx(psnr, abs=0.005)
    assert scores.ssim == pytest.approx(ssim, abs=0.0002)


def test_sizes_that_differ_are_named():
    with pytest.raises(MeasurementError, match=r"\(96, 128, 3\).*\(48, 64, 3\)"):
        metrics.measure(photo(), photo()[::2, ::2], RGB)


@pytest.mark.parametrize("shape", [(12, 12), (12, 12, 4), (2, 12, 12, 3)])
def test_only_rgb_arrays_are_compared(shape):
    with pytest.raises(MeasurementError, match="received"):
        metrics.psnr(np.zeros(shape, np.uint8), np.zeros(shape, np.uint8), RGB)


def test_ssim_needs_its_window_after_shaving_too():
    picture = photo()[:18, :30]
    assert metrics.ssim(picture[:11, :11], picture[:11, :11], RGB) == pytest.approx(1.0)
    with pytest.raises(MeasurementError, match=r"11 x 11 px after shaving 4 px; what is left is 10 x 22 px"):
        metrics.ssim(picture, picture, Protocol("luma", 4))


def test_a_shave_that_leaves_nothing_is_refused():
    with pytest.raises(MeasurementError, match="border of 9 px"):
        metrics.psnr(photo()[:18], photo()[:18], Protocol("luma", 9))


@pytest.mark.parametrize(("channel", "shave"), [("ycbcr", 0), ("RGB", 0), ("luma", -1)])
def test_a_protocol_that_makes_no_sense_is_refused(channel, shave):
    with pytest.raises(OptionError, match="received"):
        Protocol(channel, shave)


def test_protocols_say_in_words_what_they_measure():
    assert metrics.standard(4).short() == "luma, shave 4"
    assert STUDY.short() == "RGB, shave 0"
    assert metrics.standard(4).describe() == (
        "Measured on brightness only (BT.601 luma), as research papers do, leaving out a border of 4 px on "
        "each side."
    )
    assert STUDY.describe() == (
        "Measured on the red, green and blue channels alike, over the whole picture with its border."
    )
