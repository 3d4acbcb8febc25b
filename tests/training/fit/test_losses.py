"""The losses of adversarial training are those of the papers, and stay finite."""

from typing import Any

import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sr_core import WeightsError
from training.fit import losses, perceptual
from training.measures import gradient, sharpness

NONE: Any = None  # Keras types it as a str, and documents None
logits = st.lists(st.floats(-8, 8, width=32), min_size=2, max_size=5).map(lambda x: np.array(x)[:, None])


def sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def tensors(*arrays: np.ndarray) -> list:
    return [keras.ops.convert_to_tensor(a.astype(np.float32)) for a in arrays]


@settings(max_examples=30)
@given(real=logits, fake=logits)
def test_relativistic_losses_are_the_paper_s_by_hand(real, fake):
    d_real, d_fake = (
        sigmoid(real - fake.mean()),
        sigmoid(fake - real.mean()),
    )  # D_Ra(x_r, x_f), D_Ra(x_f, x_r)
    for_d = -(np.log(d_real).mean() + np.log(1 - d_fake).mean()) / 2
    for_g = -(np.log(1 - d_real).mean() + np.log(d_fake).mean()) / 2

    assert float(losses.discriminator_loss(*tensors(real, fake))) == pytest.approx(for_d, rel=1e-4, abs=1e-5)
    assert float(losses.adversarial_loss(*tensors(real, fake))) == pytest.approx(for_g, rel=1e-4, abs=1e-5)
    found = [float(p) for p in losses.probabilities(*tensors(real, fake))]
    assert found == pytest.approx([d_real.mean(), d_fake.mean()], abs=1e-5)


def test_losses_are_ln_2_at_a_draw_and_finite_when_one_has_won():
    even, won = np.zeros((3, 1)), np.full((3, 1), 1e4)

    assert float(losses.discriminator_loss(*tensors(even, even))) == pytest.approx(np.log(2))
    assert float(losses.discriminator_loss(*tensors(won, -won))) == 0
    assert float(losses.adversarial_loss(*tensors(won, -won))) == pytest.approx(2e4)


def test_feature_distance_counts_each_map_the_same():
    small, large = np.ones((1, 1, 1, 2)), np.ones((1, 8, 8, 2))

    distance = losses.feature_distance(tensors(small, large), tensors(3 * small, 5 * large))

    assert float(distance) == pytest.approx((2 + 4) / 2)


@pytest.fixture(scope="module")
def vgg() -> keras.Model:
    keras.utils.set_random_seed(4)
    network = keras.applications.VGG19(include_top=False, weights=NONE, input_shape=(32, 32, 3))
    for name in ("block1_conv1", "block5_conv4"):  # Keras begins with biases of zero, which would hide a slip
        bias = network.get_layer(name).bias
        bias.assign(np.random.default_rng(5).random(bias.shape, np.float32))
    return network


def write_old_layout(network: keras.Model, file) -> None:
    """As Keras 1 wrote the published file."""
    import h5py

    with h5py.File(file, "w") as h5:
        for layer in network.layers:
            group = h5.create_group(layer.name)
            for suffix, array in zip("Wb", layer.get_weights(), strict=False):
                group[f"{layer.name}_{suffix}_1:0"] = array


@pytest.mark.parametrize("layout", ["old", "new"])
def test_vgg_features_are_those_of_keras_vgg19_before_the_activation(layout, vgg, tmp_path):
    file = tmp_path / "vgg19.weights.h5"
    write_old_layout(vgg, file) if layout == "old" else vgg.save_weights(file)
    pictures = np.random.default_rng(0).random((1, 32, 32, 3), np.float32)

    ours, _ = perceptual.load_vgg19(str(file))
    features = np.asarray(ours(pictures)) / perceptual.FEATURE_SCALE

    prepared = keras.applications.vgg19.preprocess_input(pictures * 255)
    theirs = np.asarray(keras.Model(vgg.input, vgg.get_layer("block5_conv4").output)(prepared))
    assert features.min() < 0
    np.testing.assert_allclose(np.maximum(features, 0), theirs, rtol=1e-3, atol=1e-3 * theirs.max())
    assert not ours.trainable_weights


def test_digest_tells_weights_whatever_file_they_came_in(vgg, tmp_path):
    write_old_layout(vgg, tmp_path / "old.h5")
    vgg.save_weights(tmp_path / "new.weights.h5")

    old, new = (perceptual.load_vgg19(str(tmp_path / name))[1] for name in ("old.h5", "new.weights.h5"))

    assert old == new


def test_vgg_file_that_is_none_is_told_with_the_flags(tmp_path):
    (tmp_path / "other.h5").write_bytes(b"no weights")

    for name in ("other.h5", "nowhere.h5"):
        with pytest.raises(WeightsError, match=r"--vgg .*--perceptual discriminator.*Received: .*\.h5$"):
            perceptual.load_vgg19(str(tmp_path / name))


def test_vgg_file_without_a_layer_is_refused(vgg, tmp_path):
    vgg.save_weights(tmp_path / "whole.weights.h5")
    numbers = perceptual.read_vgg19(tmp_path / "whole.weights.h5")
    assert len(numbers) == 16
    part = keras.Model(vgg.input, vgg.get_layer("block5_conv3").output)
    part.save_weights(tmp_path / "part.weights.h5")

    with pytest.raises(WeightsError, match="block5_conv4"):
        perceptual.read_vgg19(tmp_path / "part.weights.h5")


def test_failed_download_is_told_with_the_flags(monkeypatch):
    def offline(**_):
        raise Exception("URL fetch failure")

    monkeypatch.setattr(keras.applications, "VGG19", offline)

    with pytest.raises(WeightsError, match="--vgg PATH, or choose --perceptual discriminator"):
        perceptual.load_vgg19(perceptual.DOWNLOAD)


def test_gradient_of_a_ramp_is_its_slope():
    ramp = np.tile(np.arange(0, 200, 4, dtype=np.uint8)[:, None, None], (1, 9, 3))

    assert gradient(ramp) == pytest.approx(4 * 219 / 255)  # luma of BT.601 spans 219 levels


def test_sharpness_is_1_for_the_original_less_when_blurred_and_more_with_noise():
    random = np.random.default_rng(0)
    original = random.integers(60, 180, (24, 24, 3)).astype(np.uint8)
    blurred = ((original.astype(float) + np.roll(original, 1, 0) + np.roll(original, 1, 1)) / 3).astype(
        np.uint8
    )
    noisy = (original + random.normal(0, 30, original.shape)).clip(0, 255).astype(np.uint8)

    assert sharpness(original, original) == 1
    assert sharpness(original, blurred) < 0.8
    assert sharpness(original, noisy) > 1.1
