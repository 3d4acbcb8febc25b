"""The weights that an adversarial run begins with."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from sr_core import weights
from training.export import of_run
from training.fit.run_folder import RunFolder


@dataclass(frozen=True)
class Start:
    """The weights that an adversarial run begins with: those of a generator trained for PSNR.

    Attributes
    ----------
    name : str
        Of the file, or of the run's folder.
    architecture, scale, hyperparameters
        Of the network.
    numbers : list of ndarray
        The weights, in the network's order.
    trainings : list of mapping
        How they were made: see `sr_core.weights.WeightsCard.trainings`.
    """

    name: str
    architecture: str
    scale: int
    hyperparameters: Mapping[str, Any]
    numbers: list[np.ndarray]
    trainings: list[Mapping[str, Any]]

    @property
    def sha256(self) -> str:
        """Of the numbers, in hexadecimal."""
        return hashlib.sha256(b"".join(array.tobytes() for array in self.numbers)).hexdigest()


def read_start(path: Path) -> Start:
    """Read weights with a card, or the best weights of a run's folder.

    Raises
    ------
    WeightsError, OptionError
        There are none, or they do not fit their network.
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
