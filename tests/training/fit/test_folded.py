"""Training through the folded tail is training the network: same loss, same gradients, same files."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from sr_core import networks
from training.fit.folded import foldable
from training.study import undo_bilinear


def step(model: keras.Model, lr: np.ndarray, hr: np.ndarray) -> tuple[float, list[np.ndarray]]:
    """Loss and gradients of a training step."""
    with tf.GradientTape() as tape:
        sr: Any = model(lr, training=True)
        loss: Any = model.compute_loss(lr, hr, sr)
    gradients = tape.gradient(loss, [v.value for v in model.trainable_variables])
    return float(loss), [np.asarray(g) for g in gradients]


@pytest.mark.parametrize(("name", "scale"), [("edsr", 2), ("edsr", 3), ("edsr", 4), (undo_bilinear.NAME, 1)])
def test_loss_and_gradients_are_those_of_the_unfolded_network(name, scale):
    network = networks.build(name, scale=scale, blocks=2, channels=8)
    random = np.random.default_rng(0)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 100
        variable.assign(random.normal(0, 0.8 / np.sqrt(fan_in), variable.shape))
    lr = random.random((2, 12, 10, 3), np.float32)
    hr = random.random((2, 12 * scale, 10 * scale, 3), np.float32)
    folded = foldable(network, name)
    assert folded is not network
    for model in (network, folded):
        model.compile(loss="mae")

    loss, gradients = step(network, lr, hr)
    folded_loss, folded_gradients = step(folded, lr, hr)

    assert folded_loss == pytest.approx(loss, rel=1e-4)
    for one, other in zip(gradients, folded_gradients, strict=True):
        assert np.abs(one - other).max() <= 1e-4 * np.abs(one).max()


def test_a_folded_model_saves_the_networks_own_weights(tmp_path):
    network = networks.build("edsr", scale=2, blocks=1, channels=4)
    folded = foldable(network, "edsr")
    folded.compile(loss="mae")
    folded.save_weights(tmp_path / "folded.weights.h5")
    again = networks.build("edsr", scale=2, blocks=1, channels=4)
    again.load_weights(tmp_path / "folded.weights.h5")
    for one, other in zip(network.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


def test_what_has_nothing_to_fold_trains_as_it_is():
    network = networks.build("srcnn", scale=2, channels=(4, 4))
    assert foldable(network, "srcnn") is network
