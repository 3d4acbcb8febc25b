"""The discriminator is the paper's, takes the sizes its strides allow, and shows its features."""

import keras
import numpy as np
import pytest

from sr_core import OptionError
from sr_core.networks.discriminator import STAGES, discriminator, with_features


def noise(n: int, size: int) -> np.ndarray:
    return np.random.default_rng(0).random((n, size, size, 3), np.float32)


def test_full_size_has_as_many_parameters_as_the_authors_code():
    network = discriminator()

    # Discriminator_VGG_128 there: convolutions 13,674,240, normalization 5,760, dense layers 819,401.
    assert sum(int(np.prod(v.shape)) for v in network.trainable_weights) == 14_499_401


@pytest.mark.parametrize("size", [32, 96])
@pytest.mark.parametrize("dtype", ["float32", "mixed_bfloat16"])
def test_one_float32_logit_a_picture(size, dtype):
    network = discriminator(size=size, channels=2, dtype=dtype)

    logits = network(noise(2, size))

    assert logits.shape == (2, 1)
    assert keras.backend.standardize_dtype(logits.dtype) == "float32"


@pytest.mark.parametrize("size", [0, 48, 127])
def test_size_that_its_strides_do_not_divide_is_refused(size):
    with pytest.raises(OptionError, match=rf"multiple of 32 px; received {size} px\.$"):
        discriminator(size=size, channels=2)


def test_features_halve_in_size_and_end_with_the_same_logit():
    network = discriminator(size=64, channels=2)
    pictures = noise(2, 64)

    *features, logit = with_features(network)(pictures)

    assert [f.shape for f in features] == [
        (2, 32, 32, 2),
        (2, 16, 16, 4),
        (2, 8, 8, 8),
        (2, 4, 4, 16),
        (2, 2, 2, 16),
    ]
    assert len(features) == STAGES
    np.testing.assert_allclose(logit, network(pictures), atol=1e-6)


def test_batch_is_normalized_by_its_own_statistics_in_training():
    network = discriminator(size=32, channels=2)
    pictures = noise(4, 32)

    bright, dark = (np.asarray(network(p, training=True)) for p in (pictures, pictures * 0.5))

    # Halving every picture leaves what normalization sees nearly as it was: only the first stage is without.
    assert np.abs(bright - dark).max() < np.abs(bright - np.asarray(network(pictures))).max()
