"""Saved weights: a ``.h5`` that carries only numbers, beside a ``.json`` card that says what they are.

The network is always built from this package's own code, and the numbers are loaded into it. Nothing from a
file is ever turned into code, because Keras model files can carry code.
"""

import hashlib
import json
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_origin

import numpy as np

from sr_core import networks, weights_file
from sr_core.errors import OptionError, WeightsError
from sr_core.files import write_bytes
from sr_core.weights_file import Convolution

if TYPE_CHECKING:
    import keras

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "saved_weights"

FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "weights"
"""The catalogue: inside the package where that was installed from a wheel, else beside it."""

# LR px of overlap for weights of which nobody has measured how little would do: more than EDSR-baseline can
# see (36), and less than half of the smallest tile (144).
FOREIGN_HALO = 48


@dataclass(frozen=True, kw_only=True)
class WeightsCard:
    """What one weights file is, where it comes from and what it scores.

    Attributes
    ----------
    name : str
        Name in the catalogue, e.g. ``edsr_x4``; the file is ``NAME.h5``.
    title : str
        For people, e.g. ``EDSR ×4``.
    architecture : str
        A key of `sr_core.networks.NETWORKS`.
    scale : int
        Enlargement.
    hyperparameters : mapping
        For the network's builder.
    sha256 : str
        Of the ``.h5`` file, in hexadecimal.
    parameters : int
        Trainable numbers.
    multiply_adds : int
        Per LR pixel.
    receptive_radius : int
        In LR px: tiles that overlap by twice this give the whole picture's result exactly.
    halo : int
        In LR px: the overlap that is used, at which tiles are as good as exact with these weights.
    licence : str
        Of the weights.
    training : mapping
        Data, recipe, command, steps, hours, hardware, versions; under ``before``, the same of the trainings
        that made the weights which this one began from, oldest first.
    scores : sequence of mapping
        Measured by ``python -m training evaluate``, each with its protocol and the bicubic baseline.
    folder : Path
        Where the files are; not part of the card's text.
    """

    name: str
    title: str
    architecture: str
    scale: int
    hyperparameters: Mapping[str, Any]
    sha256: str
    parameters: int
    multiply_adds: int
    receptive_radius: int
    halo: int
    licence: str
    training: Mapping[str, Any] = field(default_factory=dict)
    scores: tuple[Mapping[str, Any], ...] = ()
    folder: Path = FOLDER

    @property
    def file(self) -> Path:
        """The weights themselves."""
        return self.folder / f"{self.name}.h5"

    @property
    def grid(self) -> int:
        """What tiles must begin at multiples of, in LR px; see `sr_core.tiling`."""
        return networks.architecture(self.architecture).grid(**self.hyperparameters)

    @property
    def trainings(self) -> list[Mapping[str, Any]]:
        """What `training` says of each training that led to these weights, oldest first."""
        return each_training(self.training)

    def save(self) -> None:
        """Write the card beside its weights, atomically."""
        content = {key: value for key, value in asdict(self).items() if key != "folder"}
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_bytes(self.folder / f"{self.name}.json", text.encode())


def each_training(training: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return what the `training` of a card says of each training, oldest first."""
    last = {key: value for key, value in training.items() if key != "before"}
    return [*training.get("before", ()), last]


def read_card(path: Path) -> WeightsCard:
    """Read a card.

    Parameters
    ----------
    path : Path
        The ``.json`` file, or the ``.h5`` file that it lies beside.

    Raises
    ------
    WeightsError
        There is no card, or it does not have the fields of a `WeightsCard`.
    """
    file = path.with_suffix(".json")
    if not file.is_file():
        raise WeightsError(
            f"These weights have no card; a NAME.json is expected beside NAME.h5; received {path}."
        )
    known = {f.name for f in fields(WeightsCard)} - {"folder"}
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        content["scores"] = tuple(content.get("scores", ()))
        card = WeightsCard(**{key: content[key] for key in content if key in known}, folder=file.parent)
        for f in fields(card):
            expected: Any = get_origin(f.type) or f.type
            if not isinstance(getattr(card, f.name), expected):
                raise TypeError(f"{f.name} should be of type {expected.__name__}")
    except (OSError, ValueError, TypeError, AttributeError) as error:
        raise WeightsError(
            f"The card {file.name} cannot be read; restore it or export again. {error}"
        ) from error
    if card.name != file.stem:
        raise WeightsError(
            f"The card {file.name} describes other weights; it should be named {card.name}.json."
        )
    return card


def catalogue(folder: Path = FOLDER) -> dict[str, WeightsCard]:
    """Return the cards of all weights in `folder`, by name.

    Raises
    ------
    WeightsError
        A card is damaged.
    """
    return {file.stem: read_card(file) for file in sorted(folder.glob("*.json"))}


def find(name: str | Path, *, folder: Path = FOLDER) -> WeightsCard:
    """Return the card of the weights called `name` in the catalogue, or lying at that path.

    Raises
    ------
    WeightsError
        There are no such weights.
    """
    if Path(name).suffix in (".h5", ".json"):
        return read_card(Path(name))
    cards = catalogue(folder)
    if str(name) not in cards:
        known = ", ".join(cards) or "none"
        raise WeightsError(f"There are no weights of that name; choose one of: {known}; received {name}.")
    return cards[str(name)]


def cleaning(card: WeightsCard) -> WeightsCard | None:
    """Return the card of the same network trained on photos with JPEG blocks and noise, if there is one.

    That of ``edsr_x4`` is ``edsr_photo_x4``, which was trained on from it: weights between the two are a
    network too (Wang et al., ESRGAN, https://arxiv.org/abs/1809.00219, section 3.4).

    Raises
    ------
    WeightsError
        Its card is damaged, or is that of another network.
    """
    if card.name != f"{card.architecture}_x{card.scale}":
        return None
    file = card.folder / f"{card.architecture}_photo_x{card.scale}.json"
    if not file.is_file():
        return None
    other = read_card(file)
    alike = ("architecture", "scale", "hyperparameters")
    if any(getattr(card, name) != getattr(other, name) for name in alike):
        raise WeightsError(
            f"The weights {other.name} are not of the same network as {card.name}; export them again."
        )
    return other


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
        return file.read_bytes()
    except OSError as error:
        raise WeightsError(
            f"The weights cannot be read; check that the file is there; received {file}."
        ) from error


def _numbers(
    data: bytes, origin: Path, architecture: str, scale: int, hyperparameters: Mapping[str, Any]
) -> dict[str, Convolution]:
    if reserved := {"scale", "dtype"} & hyperparameters.keys():
        raise OptionError(f"These are no hyper-parameters; leave them out: {', '.join(sorted(reserved))}.")
    outline = networks.outline(architecture, scale=scale, **hyperparameters)
    try:
        return weights_file.read(data, outline.kernels)
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError) as error:
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
