"""The benchmark compares like with like: all who take part make the same picture of the same weights."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from benchmarks import peers
from sr_core import Picture, networks, weights

CARD = weights.find("edsr_x4")
PIXELS = np.random.default_rng(0).integers(0, 256, (1, 9, 14, 3), np.uint8)


@pytest.fixture(scope="module")
def expected() -> np.ndarray:
    return np.asarray(weights.load_network(CARD)(PIXELS / np.float32(255)))


@pytest.mark.parametrize("name", peers.PEERS)
def test_all_make_the_same_picture(name, expected):
    peer = peers.PEERS[name]
    if not all(find_spec(module) for module in peer.modules):
        pytest.skip(f"needs {' and '.join(peer.modules)}")
    made: Any = peer.load(CARD, "float32", PIXELS.shape)(PIXELS)
    if isinstance(made, Picture):
        np.testing.assert_allclose(made.pixels, np.clip(expected[0], 0, 1) * 255, atol=0.51)
    else:
        np.testing.assert_allclose(np.reshape(made, expected.shape), expected, atol=1e-5)


def test_a_process_of_its_own_tells_what_it_took():
    timing = peers.timed("superres_openvino", CARD.name, "float32", 8, 8)
    assert 0 < timing.seconds < timing.cold
    assert 50e6 < timing.peak < 2e9


def test_folding_saves_a_third_of_the_work_and_is_not_counted_as_published():
    outline = networks.outline(CARD.architecture, scale=CARD.scale, **CARD.hyperparameters)
    assert outline.multiply_adds == CARD.multiply_adds
    assert outline.saved == 4 * 64 * 64 * 9 * (1 + 4) + 16 * 64 * 3 * 9 - 25 * 64 * 48
