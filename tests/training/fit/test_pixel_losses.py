"""The losses of restored patches say what they are documented to."""

from typing import Any

import keras
import numpy as np
import pytest

from sr_core.pixels import luma
from training.fit import losses
from training.fit.recipe import LOSSES


def pictures() -> tuple[np.ndarray, np.ndarray]:
    original, restored = np.random.default_rng(0).integers(0, 256, (2, 2, 12, 8, 3), np.uint8)
    return original, restored


def value(name: Any, original: np.ndarray, restored: np.ndarray) -> float:
    loss: Any = keras.losses.get(losses.by_name(name))
    return float(np.mean(loss(original / np.float32(255), restored / np.float32(255))))


@pytest.mark.parametrize("name", LOSSES)
def test_loss_is_zero_for_the_original_alone(name):
    original, restored = pictures()

    assert value(name, original, original) == 0 < value(name, original, restored)


def test_luma_mse_is_that_of_the_luma_psnr_is_measured_on():
    original, restored = pictures()

    of_luma = np.mean([(luma(a) / 255 - luma(b) / 255) ** 2 for a, b in zip(original, restored, strict=True)])

    assert value("luma_mse", original, restored) - 0.1 * value("mse", original, restored) == pytest.approx(
        of_luma, rel=1e-5
    )


def test_frequencies_add_a_tenth_of_the_difference_of_orthonormal_coefficients():
    original, restored = pictures()

    coefficients = np.fft.fft2(
        original.astype(np.float64) / 255 - restored.astype(np.float64) / 255, axes=(1, 2), norm="ortho"
    )

    added = value("mae_fft", original, restored) - value("mae", original, restored)
    assert added == pytest.approx(
        0.1 * (np.abs(coefficients.real) + np.abs(coefficients.imag)).mean(), rel=1e-4
    )


@pytest.mark.parametrize("name", ["mae_fft", "luma_mse"])
def test_network_learns_by_it_in_16_bits(name):
    network = keras.Sequential(
        [keras.Input((None, None, 3)), keras.layers.Conv2D(3, 1, dtype="mixed_bfloat16")]
    )
    network.compile("adam", losses.by_name(name))
    lr, hr = (array / np.float32(255) for array in pictures())

    values = [network.train_on_batch(lr, hr) for _ in range(20)]

    assert values[-1] < values[0]
