"""Saved weights: a ``.h5`` that carries only numbers, read as its card says (`sr_core.cards`).

The network is always built from this package's own code, and the numbers are loaded into it. Nothing from a
file is ever turned into code, because Keras model files can carry code.
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
from sr_core.cards import FOLDER, WeightsCard, catalogue, cleaning, each_training, find, read_card
from sr_core.errors import OptionError, WeightsError
from sr_core.files import write_bytes
from sr_core.weights_file import Convolution

__all__ = [
    "FOLDER",
    "WeightsCard",
    "catalogue",
    "cleaning",
    "cleans_up",
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

# The largest network allowed takes 400 MB; with the state of its optimizer, thrice that.
_LARGEST_FILE = 1_500_000_000  # bytes

_log = logging.getLogger(__name__)

# LR px of overlap for weights of which nobody has measured how little would do: more than EDSR-baseline can
# see (36), and less than half of the smallest tile (144).
FOREIGN_HALO = 48


def cleans_up(card: WeightsCard) -> bool:
    """Whether there is what `cleaning` looks for, and it can be used; what is wrong with it is logged."""
    try:
        other = cleaning(card)
        return other is not None and bool(_checked(other))
    except WeightsError as error:
        _log.warning("%s", error)
        return False


def interpolate(a: Sequence[np.ndarray], b: Sequence[np.ndarray], share: float) -> list[np.ndarray]:
    """Return ``(1 - share) * a + share * b``, array by array, in float32.

    Raises
    ------
    OptionError
        The arrays do not pair up in shape, or `share` is not in [0, 1].
    """
    if not 0 <= share <= 1:
        raise OptionError(
            f"Weights are interpolated by a share from 0, the first, to 1, the second; received {share}."
        )
    shapes = [x.shape for x in a], [x.shape for x in b]
    if shapes[0] != shapes[1]:
        raise OptionError("Only weights of one network can be interpolated; these have other shapes.")
    part = np.float32(share)
    return [(1 - part) * x + part * y for x, y in zip(a, b, strict=True)]


def load_numbers(card: WeightsCard, *, clean_up: float = 0.0) -> dict[str, Convolution]:
    """Read the card's weights, after checking that the file is the one described.

    Parameters
    ----------
    card : WeightsCard
    clean_up : float
        In [0, 1]: how far the weights are moved to those of `cleaning`.

    Returns
    -------
    dict
        The convolutions by the names of their layers, in the network's order.

    Raises
    ------
    WeightsError
        A file is missing, differs from its card, or does not fit the network.
    OptionError
        `clean_up` is not in [0, 1], or above 0 for a network without a counterpart; or there is no such
        network, or it does not have these settings.
    """
    numbers = _checked(card)
    if clean_up:
        other = cleaning(card)
        if other is None:
            raise OptionError(
                f"The weights {card.name} have no counterpart that cleans up; leave that at 0; received "
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
            "download them again (with Git LFS or a bad transfer, files arrive cut)."
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
    """Load a ``.h5`` without a card, of weights or of a whole Keras 2 or 3 model, into the network named.

    Only the numbers are read. `architecture`, `scale` and `hyperparameters` must be those of the file.

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
    """Make a card, not saved anywhere, for a ``.h5`` that has none; see `load_foreign`.

    Raises
    ------
    WeightsError
        The file is missing, is no ``.h5``, or does not fit the network.
    OptionError
        There is no such network, or it does not have these settings.
    """
    if path.suffix != ".h5":
        raise WeightsError(f"Weights without a card are a file whose name ends in .h5; received {path}.")
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
