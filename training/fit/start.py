"""The weights a run begins with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import keras
import numpy as np

from sr_core import weights
from sr_core.networks import edsr
from training.fit.lineage import of_run
from training.fit.run_folder import RunFolder


@dataclass(frozen=True)
class Start:
    """The first weights of an adversarial run: those of a generator trained for PSNR.

    Attributes
    ----------
    name : str
        Of the file, or of the run's folder.
    architecture, scale, hyperparameters
        Of the network.
    numbers : list of ndarray
        The weights, in the network's order.
    trainings : list of mapping
        How they were trained: see `sr_core.weights.WeightsCard.trainings`.
    """

    name: str
    architecture: str
    scale: int
    hyperparameters: Mapping[str, Any]
    numbers: list[np.ndarray]
    trainings: list[Mapping[str, Any]]

    @property
    def sha256(self) -> str:
        """Digest of the numbers, in hexadecimal."""
        return hashlib.sha256(b"".join(array.tobytes() for array in self.numbers)).hexdigest()


def read_start(path: Path) -> Start:
    """Read weights with a card, or the best weights of a run's folder.

    Raises
    ------
    WeightsError, OptionError
        There are no weights, or they do not fit their network.
    """
    if path.is_dir():
        files = RunFolder(path)
        description, network = files.load_best()
        recipe = description["recipe"]
        named = recipe["network"], recipe["scale"], recipe["hyperparameters"]
        trainings = weights.each_training(of_run(files.history, description))
    else:
        card = weights.find(path)
        network = weights.load_network(card)
        named = card.architecture, card.scale, card.hyperparameters
        trainings = card.trainings
    return Start(path.resolve().name, *named, network.get_weights(), trainings)


def transfer(source: keras.Model, model: keras.Model) -> int:
    """Copy the layers of `source` that match those of `model` by name and shapes; return their number.

    Residual blocks that `source` lacks begin as the identity, so that a network that differs in nothing else
    is the same function at first: Chen, Goodfellow, Shlens, "Net2Net: Accelerating Learning
    via Knowledge Transfer" (https://arxiv.org/abs/1511.05641).
    """
    known = {layer.name: layer.get_weights() for layer in source.layers}
    copied, new = 0, []
    for layer in model.layers:
        numbers, old = known.get(layer.name, []), layer.get_weights()
        if numbers and [a.shape for a in numbers] == [a.shape for a in old]:
            layer.set_weights(numbers)
            copied += 1
        elif edsr.ends_block(layer.name) and layer.name not in known:
            new.append(layer)
    for layer in new if copied else []:
        layer.set_weights([np.zeros_like(array) for array in layer.get_weights()])
    return copied


def draw_kernels(network: keras.Model) -> None:
    """Initialise the kernels of all convolutions again, by Keras' default."""
    for layer in network.layers:
        if isinstance(layer, keras.layers.Conv2D):
            kernel, bias = layer.get_weights()
            layer.set_weights([keras.initializers.GlorotUniform()(kernel.shape), bias])
