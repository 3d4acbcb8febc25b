"""Tiny networks with real weights, so that tests run the real thing in no time."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest

from sr_core import networks
from sr_core.upscaler import Upscaler
from sr_core.weights import WeightsCard, read_card, save_network

TINY: dict[str, Any] = {"blocks": 2, "channels": 8}


def make_network(scale: int, seed: int = 0) -> keras.Model:
    """A network none of whose weights is 0, and whose output leaves [0, 1] only now and then."""
    network = networks.build("edsr", scale=scale, **TINY)
    generator = np.random.default_rng(seed)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 1600
        variable.assign(generator.normal(0, 0.8 / np.sqrt(fan_in), variable.shape))
    return network


def save(network: keras.Model, folder: Path, *, name: str = "", scale: int) -> WeightsCard:
    outline = networks.outline("edsr", scale=scale, **TINY)
    card = WeightsCard(
        name=name or f"tiny_x{scale}",
        title=f"Tiny ×{scale}",
        architecture="edsr",
        scale=scale,
        hyperparameters=TINY,
        sha256="",
        parameters=outline.parameters,
        multiply_adds=int(outline.multiply_adds),
        receptive_radius=networks.architecture("edsr").receptive_radius(scale=scale, **TINY),
        halo=8,
        licence="CC0-1.0",
        folder=folder,
    )
    return save_network(network, card)


@pytest.fixture(scope="session")
def save_tiny() -> Callable[..., WeightsCard]:
    """A function that saves a tiny network, or one like it, with its card."""

    def save_(folder: Path, *, name: str = "", scale: int = 4, seed: int = 0, fill: float | None = None):
        network = make_network(scale, seed)
        if fill is not None:
            network.set_weights([np.full(w.shape, fill, np.float32) for w in network.get_weights()])
        return save(network, folder, name=name, scale=scale)

    return save_


@pytest.fixture(scope="session")
def tiny_folder(save_tiny: Callable[..., WeightsCard], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of weights that no test changes."""
    folder = tmp_path_factory.mktemp("weights")
    for scale in (2, 4):
        save_tiny(folder, scale=scale)
    return folder


@pytest.fixture(scope="session")
def tiny_x4(tiny_folder: Path) -> WeightsCard:
    return read_card(tiny_folder / "tiny_x4.h5")


@pytest.fixture(scope="session")
def tiny_x2(tiny_folder: Path) -> WeightsCard:
    return read_card(tiny_folder / "tiny_x2.h5")


@pytest.fixture(scope="session")
def whole(tiny_x2: WeightsCard) -> Upscaler:
    """Enlarges twice, in float32 on the CPU; pictures of up to 240 px are one window."""
    return Upscaler(tiny_x2, precision="float32", gpu=-1)
