"""The study's EDSR: undoes an enlargement exactly, and is then EDSR for ×2."""

from pathlib import Path
from typing import Any

import cv2
import keras
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sr_core import Upscaler, networks, weights
from sr_core.errors import OptionError
from sr_core.networks.folded_tail import FoldedTail
from sr_core.picture import Picture
from sr_core.weights import WeightsCard
from training.study.layers import UndoBilinear
from training.study.undo_bilinear import NAME

TINY: dict[str, Any] = {"blocks": 2, "channels": 8}
SIDES = st.integers(1, 9)


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(sum(shape)).random(shape, np.float32)


def randomized(**options: Any) -> keras.Model:
    network = networks.build(NAME, scale=1, **{**TINY, **options})
    random = np.random.default_rng(2)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 100
        variable.assign(random.normal(0, 0.8 / np.sqrt(fan_in), variable.shape))
    return network


def run(network: keras.Model, lr: np.ndarray) -> np.ndarray:
    return np.asarray(network(lr, training=False))


def enlarged(small: np.ndarray) -> np.ndarray:
    height, width = small.shape[:2]
    return cv2.resize(small, (2 * width, 2 * height), interpolation=cv2.INTER_LINEAR)


@given(height=SIDES, width=SIDES)
@settings(max_examples=10)
def test_bilinear_enlargement_is_undone_exactly(height, width):
    small = noise(height, width, 3)
    undone = np.asarray(UndoBilinear()(enlarged(small)[np.newaxis]))
    np.testing.assert_allclose(undone[0], small, rtol=0, atol=1e-6)


@given(height=SIDES, width=SIDES)
@settings(max_examples=10)
def test_every_size_is_kept_and_computed_alike_with_a_folded_tail(height, width):
    network, lr = randomized(), noise(1, height, width, 3)
    folded = networks.architecture(NAME).folded(network)
    assert isinstance(folded.get_layer("folded_tail"), FoldedTail)
    assert run(network, lr).shape == (1, height, width, 3)
    np.testing.assert_allclose(run(folded, lr), run(network, lr), rtol=0, atol=1e-5)


def test_what_follows_is_edsr_for_twice_the_size_at_a_quarter_of_the_work():
    small = noise(6, 7, 3)
    twice, same = networks.build("edsr", scale=2, **TINY), randomized()
    twice.set_weights(same.get_weights())
    np.testing.assert_allclose(
        run(same, enlarged(small)[np.newaxis]), run(twice, small[np.newaxis]), rtol=0, atol=1e-4
    )
    work = networks.outline(NAME, scale=1, **TINY).multiply_adds
    assert work == networks.outline("edsr", scale=2, **TINY).multiply_adds / 4


def test_it_sees_as_far_as_it_promises():
    network = randomized(blocks=1)
    radius = networks.architecture(NAME).receptive_radius(scale=1, blocks=1)
    base = noise(1, 2 * radius + 9, 1, 3)
    changed = base.copy()
    middle = base.shape[1] // 2
    changed[:, middle] += 1
    (reached,) = np.nonzero(np.abs(run(network, changed) - run(network, base)).max(axis=(0, 2, 3)) > 1e-7)
    assert radius - 2 <= np.abs(reached - middle).max() <= radius


def test_other_scales_and_engines_without_keras_are_refused(card):
    with pytest.raises(OptionError, match="same size: scale 1"):
        networks.build(NAME, scale=2)
    with pytest.raises(OptionError, match="TensorFlow only"):
        Upscaler(card, engine="openvino")


def test_a_name_is_given_to_one_network_only():
    for name in ("edsr", NAME):
        with pytest.raises(OptionError, match="already"):
            networks.register(name, networks.Architecture("Another", lambda: None, lambda: 1))
    assert networks.architecture(NAME).title == "EDSR"


@pytest.fixture(scope="module")
def card(tmp_path_factory) -> WeightsCard:
    """A tiny network with random weights, whose halo is its receptive radius."""
    radius = networks.architecture(NAME).receptive_radius(scale=1, **TINY)
    card = WeightsCard(
        name="undoing",
        title="Undoing ×1",
        architecture=NAME,
        scale=1,
        hyperparameters=TINY,
        sha256="",
        parameters=1,
        multiply_adds=1,
        receptive_radius=radius,
        halo=radius,
        licence="CC0-1.0",
        folder=Path(tmp_path_factory.mktemp("undoing")),
    )
    return weights.save_network(randomized(), card)


@pytest.mark.parametrize("self_ensemble", [False, True])
@pytest.mark.parametrize(("height", "width"), [(80, 81), (83, 90), (101, 79)])
def test_tiles_keep_the_pairs_of_pixels_that_an_enlargement_made(card, height, width, self_ensemble):
    whole, tiled = (Upscaler(card, precision="float32", gpu=-1, tile=tile) for tile in (0, 46))
    levels = np.random.default_rng(height).integers(0, 65536, (height, width, 3), np.uint16)
    assert len(tiled.plan(height, width)) > 4
    one, other = (
        upscaler.upscale(Picture(levels), self_ensemble=self_ensemble) for upscaler in (tiled, whole)
    )
    assert np.abs(one.pixels.astype(np.int64) - other.pixels).max() <= 65535e-4


def test_self_ensemble_turns_pairs_of_pixels_whole(card):
    upscaler = Upscaler(card, precision="float32", gpu=-1)
    odd = np.random.default_rng(0).integers(0, 65536, (11, 7, 3), np.uint16)
    even = np.pad(odd, ((0, 1), (0, 1), (0, 0)), "edge")
    expected, restored = (upscaler.upscale(Picture(one), self_ensemble=True).pixels for one in (even, odd))
    assert np.abs(restored.astype(np.int64) - expected[:11, :7]).max() <= 65535e-4
