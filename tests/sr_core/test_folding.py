"""EDSR's tail as one convolution gives what its layers give, border included."""

import keras
import numpy as np
import pytest

from sr_core import networks
from sr_core.networks.folded_tail import linear_tail

SHAPES = [(1, 1), (1, 7), (2, 2), (2, 9), (3, 3), (5, 3), (37, 53)]


def make(scale: int, *, blocks: int = 2, channels: int = 8) -> keras.Model:
    """A network whose weights and biases are all random, as those of a trained one are."""
    network = networks.build("edsr", scale=scale, blocks=blocks, channels=channels)
    random = np.random.default_rng(scale)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 100
        variable.assign(random.normal(0, 0.8 / np.sqrt(fan_in), variable.shape))
    return network


def folded(network: keras.Model, **options: bool) -> keras.Model:
    return networks.architecture("edsr").folded(network, **options)


def apart(one: keras.Model, other: keras.Model, lr: np.ndarray) -> float:
    a, b = (np.asarray(network(lr, training=False)) for network in (one, other))
    assert a.shape == b.shape
    return float(np.abs(a - b).max())


@pytest.mark.parametrize("frozen", [True, False])
@pytest.mark.parametrize(("scale", "blocks", "channels"), [(2, 2, 8), (3, 1, 5), (4, 2, 8), (4, 3, 12)])
def test_folded_equals_unfolded_at_every_size(scale, blocks, channels, frozen):
    network = make(scale, blocks=blocks, channels=channels)
    other = folded(network, frozen=frozen)
    for height, width in SHAPES:
        lr = np.random.default_rng(height).random((2, height, width, 3), np.float32)
        assert apart(network, other, lr) <= 1e-5


def test_what_has_nothing_to_fold_stays_as_it_is():
    same_size, other = make(1), networks.build("esrgan", scale=2, blocks=1, channels=4, growth=4)
    assert folded(same_size) is same_size
    assert networks.architecture("esrgan").folded(other) is other


def test_a_folded_baseline_has_one_convolution_of_48_channels_and_two_thirds_of_the_work():
    network = networks.build("edsr", scale=4)
    kernels = [layer.get_weights()[0] for layer, _ in linear_tail(network)]
    assert [kernel.shape for kernel in kernels] == [(3, 3, 64, 256), (3, 3, 64, 256), (3, 3, 64, 3)]
    kernel = folded(network).get_layer("folded_tail")._frozen.kernel
    assert kernel.shape == (5, 5, 64, 48)
    trunk = networks.outline("edsr", scale=4).multiply_adds - (1 + 4) * 9 * 64 * 256 - 16 * 9 * 64 * 3
    assert trunk + kernel.size == 1_295_040
