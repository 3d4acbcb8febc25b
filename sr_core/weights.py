"""Loads and saves weights: a ``.h5`` that carries only numbers, described by its card (`sr_core.cards`).

The network is always built from this package's own code, and the numbers are loaded into it. Nothing from a
file is ever turned into code, because Keras model files can contain code.
"""

import hashlib
import logging
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sr_core import networks, weights_file
from sr_core.cards import FOLDER, WeightsCard, catalogue, counterpart, each_training, find, read_card
from sr_core.errors import OptionError, WeightsError
from sr_core.files import write_bytes
from sr_core.weights_file import Convolution

__all__ = [
    "FOLDER",
    "WeightsCard",
    "can_clean_up",
    "catalogue",
    "counterpart",
    "each_training",
    "find",
    "foreign_card",
    "interpolate",
    "load_foreign",
    "load_network",
    "load_numbers",
    "read_card",
    "save_network",
]

if TYPE_CHECKING:
    import keras

# The largest network allowed takes 400 MB; with the state of its optimizer, three times that.
_LARGEST_FILE = 1_500_000_000  # bytes

_log = logging.getLogger(__name__)

# Overlap in LR px for weights whose smallest sufficient halo was not measured: more than the receptive radius
# of EDSR-baseline (36), and less than half of the smallest tile (144).
FOREIGN_HALO = 48


def can_clean_up(card: WeightsCard) -> bool:
    """Return whether `card` has a usable counterpart (see `counterpart`); log if that is damaged."""
    try:
        other = counterpart(card)
        return other is not None and bool(_checked(other))
    except WeightsError as error:
        _log.warning("%s", error)
        return False


def interpolate(a: Sequence[np.ndarray], b: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    """Return ``(1 - share) * a + share * b``, array by array, in float32.

    Raises
    ------
    OptionError
        The shapes of the arrays differ, or `share` is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise OptionError(
            f"Weights are interpolated by a share from 0, the first, to 1, the second; received {share}."
        )
    shapes = [x.shape for x in a], [x.shape for x in b]
    if shapes[0] != shapes[1]:
        raise OptionError("Only weights of the same network can be interpolated; the shapes of these differ.")
    part = np.float32(share)
    return [(1 - part) * x + part * y for x, y in zip(a, b, strict=True)]


def load_numbers(card: WeightsCard, *, clean_up: float = 0.0) -> dict[str, Convolution]:
    """Read the weights of a card, after checking that the file is the one described.

    Parameters
    ----------
    card : WeightsCard
    clean_up : float
        In [0, 1]: share of the weights of the counterpart; see `counterpart`.

    Returns
    -------
    dict
        The convolutions by layer name, in the network's order.

    Raises
    ------
    WeightsError
        A file is missing, differs from its card, or does not fit the network.
    OptionError
        `clean_up` is not in [0, 1], or above 0 for a network without a counterpart; or the network or its
        hyper-parameters do not exist.
    """
    numbers = _checked(card)
    if clean_up:
        other = counterpart(card)
        if other is None:
            raise OptionError(
                f"The weights {card.name} have no counterpart for clean-up; leave it at 0; received "
                f"{clean_up}."
            )
        cleaned = _checked(other)
        for name, convolution in numbers.items():
            numbers[name] = Convolution(*interpolate(convolution, cleaned[name], clean_up))
    return numbers


def _checked(card: WeightsCard) -> dict[str, Convolution]:
    data = _read(card.file)
    if hashlib.sha256(data).hexdigest() != card.sha256:
        raise WeightsError(
            f"The weights {card.file.name} are not those that their card describes; "
            "download them again (Git LFS pointers and broken transfers are common causes)."
        )
    return _numbers(data, card.file, card.architecture, card.scale, card.hyperparameters)


def load_network(card: WeightsCard, *, dtype: str = "float32", clean_up: float = 0.0) -> "keras.Model":
    """Build the card's network in Keras and load its weights.

    Parameters
    ----------
    card, clean_up
        See `load_numbers`.
    dtype : str
        Keras dtype policy of the computation; the weights stay float32.
    """
    numbers = load_numbers(card, clean_up=clean_up)
    return _network(numbers, card.architecture, card.scale, card.hyperparameters, dtype)


def load_foreign(
    path: Path, *, architecture: str, scale: int, dtype: str = "float32", **hyperparameters: Any
) -> "keras.Model":
    """Load a ``.h5`` without a card, of weights or of a whole Keras 2 or 3 model.

    Only the numbers are read; `architecture`, `scale` and `hyperparameters` say which network they belong to.

    Raises
    ------
    WeightsError
        The file is missing, is no ``.h5``, or does not fit the network.
    OptionError
        There is no such network.
    """
    numbers = _numbers(_read(path), path, architecture, scale, hyperparameters)
    return _network(numbers, architecture, scale, hyperparameters, dtype)


def foreign_card(
    path: Path, *, architecture: str, scale: int, hyperparameters: Mapping[str, Any]
) -> WeightsCard:
    """Create a card, without saving it, for a ``.h5`` that has none; see `load_foreign`.

    Raises
    ------
    WeightsError
        The file is missing, is no ``.h5``, or does not fit the network.
    OptionError
        There is no such network, or it does not have these hyper-parameters.
    """
    if path.suffix != ".h5":
        raise WeightsError(f"The name of a file of weights without a card must end in .h5; received {path}.")
    data = _read(path)
    _numbers(data, path, architecture, scale, hyperparameters)
    known = networks.architecture(architecture)
    outline = networks.outline(architecture, scale=scale, **hyperparameters)
    radius = known.receptive_radius(scale=scale, **hyperparameters)
    return WeightsCard(
        name=path.stem,
        title=f"{known.title} ×{scale}",
        architecture=architecture,
        scale=scale,
        hyperparameters=hyperparameters,
        sha256=hashlib.sha256(data).hexdigest(),
        parameters=outline.parameters,
        multiply_adds=int(outline.multiply_adds),
        receptive_radius=radius,
        halo=min(radius, FOREIGN_HALO),
        licence="unknown",
        folder=path.parent,
    )


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as stream:
            size = file.stat().st_size
            if size > _LARGEST_FILE:
                raise WeightsError(
                    f"Weights take at most {_LARGEST_FILE:,} bytes; check that this is a file of weights; "
                    f"received {file} with {size:,}."
                )
            return stream.read()
    except OSError as error:
        raise WeightsError(
            f"The weights cannot be read; check that the file is there; received {file}."
        ) from error


def _numbers(
    data: bytes, origin: Path, architecture: str, scale: int, hyperparameters: Mapping[str, Any]
) -> dict[str, Convolution]:
    networks.check(architecture, hyperparameters)
    outline = networks.outline(architecture, scale=scale, **hyperparameters)
    try:
        return weights_file.read(data, outline.kernels)
    except weights_file.DAMAGED as error:
        raise WeightsError(
            f"The weights {origin.name} do not fit the network {architecture} ×{scale} with "
            f"{dict(hyperparameters)}, or the file is damaged; check the settings it was trained with."
        ) from error


def _network(
    numbers: Mapping[str, Convolution],
    architecture: str,
    scale: int,
    hyperparameters: Mapping[str, Any],
    dtype: str,
) -> "keras.Model":
    network = networks.build(architecture, scale=scale, dtype=dtype, **hyperparameters)
    for name, convolution in numbers.items():
        network.get_layer(name).set_weights(convolution)
    return network


def save_network(network: "keras.Model", card: WeightsCard) -> WeightsCard:
    """Write the weights of `network` and its card into ``card.folder``; return the card with its sha256."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "numbers.weights.h5"
        network.save_weights(file)
        data = file.read_bytes()
    card = replace(card, sha256=hashlib.sha256(data).hexdigest())
    card.folder.mkdir(parents=True, exist_ok=True)
    write_bytes(card.file, data)
    card.save()
    return card
