"""What every network promises, and what EDSR is made of."""

from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from sr_core import networks
from sr_core.errors import OptionError
from sr_core.networks.builder import Outline
from sr_core.networks.layers import BicubicUpscale, PixelShuffle

# Hyper-parameters that make a network small enough to test; one that is not named here is tested as it is.
TINY: dict[str, dict[str, Any]] = {
    "srcnn": {"channels": (8, 6)},
    "vdsr": {"depth": 4, "channels": 8},
    "esrgan": {"blocks": 1, "channels": 8, "growth": 4},
    "autoencoder": {"depth": 2, "channels": 8},
    "edsr": {"blocks": 2, "channels": 8},
}

NO_XLA: Any = False  # Keras types it as a str

every_network = pytest.mark.parametrize("name", networks.NETWORKS)
every_scale = pytest.mark.parametrize("scale", networks.SCALES)


def build(name: str, scale: int, **options: Any) -> keras.Model:
    keras.utils.set_random_seed(1)
    return networks.build(name, scale=scale, **{**TINY.get(name, {}), **options})


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


def randomize(network: keras.Model, gain: float = 1.0) -> keras.Model:
    generator = np.random.default_rng(2)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 1600
        variable.assign(generator.normal(0, gain / np.sqrt(fan_in), variable.shape))
    return network


def run(network: keras.Model, lr: np.ndarray) -> np.ndarray:
    return np.asarray(network(lr, training=False))


@every_network
def test_no_two_layers_begin_with_the_same_weights(name):
    kernels = [w.numpy() for w in networks.build(name, scale=2).weights if len(w.shape) == 4]
    firsts = [kernel.ravel()[:40].tobytes() for kernel in kernels]
    assert len(set(firsts)) == len(firsts)


@every_network
@every_scale
def test_output_is_scale_times_the_input_in_float32(name, scale):
    sr = run(build(name, scale), noise(2, 6, 9, 3))
    assert sr.shape == (2, 6 * scale, 9 * scale, 3)
    assert sr.dtype == np.float32


@every_network
@every_scale
def test_any_size_is_accepted_down_to_one_pixel(name, scale):
    network = build(name, scale)
    assert network.input_shape == (None, None, None, 3)
    assert np.isfinite(run(network, noise(1, 1, 1, 3))).all()


@every_network
@every_scale
def test_saved_weights_restore_the_network(name, scale, tmp_path):
    network = randomize(build(name, scale))
    other = build(name, scale)
    lr = noise(1, 7, 5, 3)
    assert not np.array_equal(run(other, lr), run(network, lr))
    network.save_weights(tmp_path / "saved.weights.h5")
    other.load_weights(tmp_path / "saved.weights.h5")
    np.testing.assert_array_equal(run(other, lr), run(network, lr))


@every_network
@every_scale
def test_no_output_pixel_sees_farther_than_the_receptive_radius(name, scale):
    # Large weights, so that no residual is so small that its farthest pixel is lost in rounding.
    network = randomize(build(name, scale), gain=3)
    radius = networks.architecture(name).receptive_radius(scale=scale, **TINY.get(name, {}))
    reach = reach_of(network, scale, radius)
    assert radius - 1 <= reach <= radius  # -1: a network may promise a little more than it uses


def reach_of(network: keras.Model, scale: int, radius: int) -> int:
    """How far, in LR px, a change of one pixel in a picture's middle is seen in its output."""
    middle = radius + 3
    lr = noise(1, 2 * middle + 1, 2 * middle + 1, 3)
    other = lr.copy()
    other[0, middle, middle] = 1 - other[0, middle, middle]
    changed = (run(network, lr) != run(network, other)).any(axis=-1)[0]
    cells = np.argwhere(changed) // scale
    return int(np.abs(cells - middle).max())


@every_network
@every_scale
def test_every_layer_has_a_name_of_its_own(name, scale):
    # Keras counts on when it names layers itself, so a second network would get other names.
    first, second = (
        [layer.name for layer in networks.build(name, scale=scale, **TINY.get(name, {})).layers]
        for _ in range(2)
    )
    assert first == second


@every_network
@every_scale
def test_no_layer_carries_code(name, scale):
    assert not [layer for layer in build(name, scale).layers if isinstance(layer, keras.layers.Lambda)]


@every_network
@every_scale
def test_a_network_is_rebuilt_from_its_own_configuration(name, scale):
    network = randomize(build(name, scale))
    copy = keras.models.clone_model(network)
    copy.set_weights(network.get_weights())
    lr = noise(1, 5, 6, 3)
    np.testing.assert_array_equal(run(copy, lr), run(network, lr))


@every_network
@every_scale
def test_bfloat16_computes_the_same_picture_and_returns_float32(name, scale):
    exact, rounded = randomize(build(name, scale)), randomize(build(name, scale, dtype="mixed_bfloat16"))
    lr = noise(1, 8, 8, 3)
    half = run(rounded, lr)
    assert half.dtype == np.float32
    assert {variable.dtype for variable in rounded.weights} == {"float32"}
    assert 0 < np.abs(half - run(exact, lr)).max() < 0.1


@every_network
@every_scale
def test_an_outline_tells_the_convolutions_of_the_network_in_their_order(name, scale):
    outline = networks.outline(name, scale=scale, **TINY.get(name, {}))
    kernels = [weight for weight in build(name, scale).weights if weight.name == "kernel"]
    built = {kernel.path.split("/")[-2]: kernel.shape for kernel in kernels}
    assert list(outline.kernels.items()) == list(built.items())


def test_work_is_counted_at_the_resolution_of_each_convolution():
    outline = networks.outline("autoencoder", scale=2, depth=1, channels=8)
    inner, reduced, enlarging = 9 * 8 * 8, 9 * 4 * 8, 9 * 8 * 16
    assert outline.multiply_adds == 4 * (9 * 3 * 4 + 9 * 4 * 3) + reduced + 2 * inner + enlarging


def test_edsr_by_default_is_the_baseline_of_the_paper():
    network = networks.build("edsr", scale=4)
    assert network.count_params() == 1_517_571  # Lim et al. 2017, table 1: "1.5 M"
    assert networks.outline("edsr", scale=4).multiply_adds == 1_983_168
    assert networks.architecture("edsr").receptive_radius(scale=4) == 36


@pytest.mark.parametrize(
    ("scale", "parameters"), [(1, 1_222_147), (2, 1_369_859), (3, 1_554_499), (4, 1_517_571)]
)
def test_edsr_has_as_many_weights_as_its_convolutions_add_up_to(scale, parameters):
    def conv(inputs: int, outputs: int) -> int:
        return 9 * inputs * outputs + outputs

    upsampling = {1: 0, 2: conv(64, 256), 3: conv(64, 576), 4: 2 * conv(64, 256)}[scale]
    expected = conv(3, 64) + 33 * conv(64, 64) + upsampling + conv(64, 3)
    assert networks.build("edsr", scale=scale).count_params() == expected == parameters


def test_edsr_uses_all_of_its_receptive_radius():
    for scale in networks.SCALES:
        network = randomize(build("edsr", scale))
        radius = networks.architecture("edsr").receptive_radius(scale=scale, blocks=2)
        assert reach_of(network, scale, radius) == radius


def test_edsr_residual_scaling_scales_each_residual():
    plain, scaled = (randomize(build("edsr", 2, residual_scaling=factor)) for factor in (1.0, 0.5))
    for block in (1, 2):
        layer = plain.get_layer(f"block{block}_conv2")
        layer.set_weights([0.5 * weight for weight in layer.get_weights()])
    lr = noise(1, 6, 6, 3)
    np.testing.assert_allclose(run(plain, lr), run(scaled, lr), atol=1e-5)


def test_edsr_without_weights_returns_the_mean_colour():
    network = build("edsr", 2)
    network.set_weights([np.zeros_like(weight) for weight in network.get_weights()])
    expected = np.broadcast_to(np.array([0.4488, 0.4371, 0.4040], np.float32), (1, 8, 6, 3))
    np.testing.assert_allclose(run(network, noise(1, 4, 3, 3)), expected, atol=1e-6)


@pytest.mark.parametrize("name", ["srcnn", "vdsr", "autoencoder"])
@every_scale
def test_networks_that_repair_an_enlarged_picture_begin_near_bicubic(name, scale):
    lr = noise(1, 12, 10, 3)
    interpolated = lr if scale == 1 else np.asarray(BicubicUpscale(scale)(lr))
    assert np.abs(run(networks.build(name, scale=scale), lr) - interpolated).mean() < 0.1


@pytest.mark.parametrize("scale", [2, 3, 4])
@settings(max_examples=10)
@given(height=st.integers(1, 12), width=st.integers(1, 12))
def test_bicubic_layer_is_pillows(scale, height, width):
    lr = noise(height, width)
    expected = Image.fromarray(lr).resize((width * scale, height * scale), Image.Resampling.BICUBIC)
    enlarged = np.asarray(BicubicUpscale(scale)(lr[None, :, :, None]))[0, :, :, 0]
    np.testing.assert_allclose(enlarged, np.asarray(expected), atol=1e-6)


PARAMETERS = {
    # Dong et al. 2016 count 57,184 weights for 9-5-5 on luma; RGB in and out and biases make the rest.
    ("srcnn", 4): 69_251,
    ("vdsr", 4): 668_227,  # Kim et al. 2016: 665 k on luma
    ("esrgan", 4): 16_697_987,  # Wang et al. 2018: 16.7 M, as their published file counts
    ("autoencoder", 4): 509_635,
}


@pytest.mark.parametrize(("name", "scale"), PARAMETERS)
def test_networks_by_default_have_as_many_weights_as_their_papers_say(name, scale):
    assert networks.build(name, scale=scale).count_params() == PARAMETERS[name, scale]


def test_srcnn_9_1_5_is_the_papers_smallest():
    conv = lambda side, inputs, outputs: side * side * inputs * outputs + outputs  # noqa: E731
    network = networks.build("srcnn", scale=4, kernels=(9, 1, 5))
    assert network.count_params() == conv(9, 3, 64) + conv(1, 64, 32) + conv(5, 32, 3)


@every_network
def test_one_step_lowers_the_loss(name):
    network = build(name, 2)
    network.compile(optimizer=keras.optimizers.Adam(1e-4), loss="mae", jit_compile=NO_XLA)
    lr = noise(2, 8, 8, 3)
    hr = np.repeat(np.repeat(lr, 2, axis=1), 2, axis=2)
    before = network.train_on_batch(lr, hr)
    assert network.test_on_batch(lr, hr) < before


SIZES = st.integers(1, 6)


@settings(max_examples=25)
@given(SIZES, SIZES, SIZES, st.integers(1, 4), st.integers(1, 4))
def test_pixel_shuffle_moves_channels_into_space(n, height, width, channels, scale):
    inputs = noise(n, height, width, channels * scale * scale)
    outputs = np.asarray(PixelShuffle(scale)(inputs))
    assert outputs.shape == PixelShuffle(scale).compute_output_shape(inputs.shape)
    for i in range(scale):
        for j in range(scale):
            first = (i * scale + j) * channels
            np.testing.assert_array_equal(
                outputs[:, i::scale, j::scale], inputs[..., first : first + channels]
            )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_pixel_shuffle_is_tensorflows_depth_to_space(scale):
    inputs = noise(2, 5, 4, 3 * scale * scale)
    expected = tf.nn.depth_to_space(inputs, scale).numpy()
    np.testing.assert_array_equal(np.asarray(PixelShuffle(scale)(inputs)), expected)


@pytest.mark.parametrize("scale", [0, 5, 2.5, "4"])
def test_another_scale_is_refused(scale):
    with pytest.raises(OptionError, match=rf"one of 1, 2, 3 and 4; received {scale!r}\.$"):
        networks.build("edsr", scale=scale)


def test_an_unknown_network_is_answered_with_those_there_are():
    with pytest.raises(OptionError, match=r"choose one of: srcnn, .*edsr; received 'resnet'\.$"):
        networks.build("resnet", scale=4)


def test_an_unknown_hyperparameter_is_named():
    with pytest.raises(OptionError, match=r"edsr has no such hyper-parameter; it has blocks, .*'depth'\.$"):
        networks.build("edsr", scale=4, depth=3)


@every_network
@pytest.mark.parametrize("bug", [TypeError, ValueError])
def test_a_bug_of_a_builder_is_not_taken_for_wrong_settings(name, bug):
    class Broken(Outline):
        def conv(self, *_arguments: Any, **_options: Any) -> Any:
            raise bug("unexpected")

    with pytest.raises(bug, match="unexpected"):
        networks.describe(name, Broken(), Outline.LR, scale=4)
