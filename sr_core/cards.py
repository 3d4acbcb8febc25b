"""Cards, the ``NAME.json`` beside each ``NAME.h5`` that describes the weights, and their catalogue."""

import json
import logging
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, get_origin

from sr_core import networks
from sr_core.errors import OptionError, WeightsError
from sr_core.files import write_bytes

_PACKAGE = Path(__file__).resolve().parent
_INSTALLED = _PACKAGE / "saved_weights"

FOLDER = _INSTALLED if _INSTALLED.is_dir() else _PACKAGE.parent / "weights"
"""Folder of the catalogue: inside the package if it was installed from a wheel, otherwise beside it."""

_LARGEST_CARD = 4_000_000  # bytes; our own take some 40,000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True)
class WeightsCard:
    """Describes a weights file, its origin and its scores.

    Attributes
    ----------
    name : str
        Name in the catalogue, e.g. ``edsr_x4``; the file is ``NAME.h5``.
    title : str
        Display name, e.g. ``EDSR ×4``.
    architecture : str
        A key of `sr_core.networks.NETWORKS`.
    scale : int
        Enlargement.
    hyperparameters : mapping
        Of the network.
    sha256 : str
        Of the ``.h5`` file, in hexadecimal.
    parameters : int
        Trainable numbers.
    multiply_adds : int
        Per LR pixel.
    receptive_radius : int
        In LR px: tiles that overlap by twice this give exactly the result of the whole picture.
    halo : int
        In LR px: the overlap that is used, at which tiles are practically exact with these weights.
    licence : str
        Of the weights.
    training : mapping
        Data, recipe, command, steps, hours, hardware, versions; under ``before``, the same of the earlier
        trainings that this one started from, oldest first.
    scores : sequence of mapping
        Measured by ``python -m training evaluate``, each with its protocol and the bicubic baseline.
    folder : Path
        Of the two files; not stored in the card.
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
        """Path of the weights."""
        return self.folder / f"{self.name}.h5"

    @property
    def grid(self) -> int:
        """Tiles begin at multiples of it, in LR px; see `sr_core.tiling`."""
        return networks.architecture(self.architecture).grid

    @property
    def trainings(self) -> list[Mapping[str, Any]]:
        """The records of all trainings that led to these weights, oldest first."""
        return each_training(self.training)

    def save(self) -> None:
        """Write the card beside its weights, atomically."""
        content = {key: value for key, value in asdict(self).items() if key != "folder"}
        text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
        write_bytes(self.folder / f"{self.name}.json", text.encode())


def each_training(training: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Split the `training` of a card into one record per training, oldest first."""
    last = {key: value for key, value in training.items() if key != "before"}
    return [*training.get("before", ()), last]


def read_card(path: Path) -> WeightsCard:
    """Read a card.

    Parameters
    ----------
    path : Path
        The ``.json`` file, or the ``.h5`` file beside it.

    Raises
    ------
    WeightsError
        There is no card, its fields are not those of a `WeightsCard`, or there is no such network.
    """
    file = path.with_suffix(".json")
    if not file.is_file():
        raise WeightsError(
            f"These weights have no card; a NAME.json is expected beside NAME.h5; received {path}."
        )
    try:
        with file.open("rb") as stream:
            text = stream.read(_LARGEST_CARD + 1)
        if len(text) > _LARGEST_CARD:
            raise ValueError(f"It has more than {_LARGEST_CARD:,} bytes.")
        card = _card(json.loads(text.decode()), file.parent)
    # RecursionError: thousands of nested brackets.
    except (OSError, ValueError, TypeError, AttributeError, RecursionError, OptionError) as error:
        raise WeightsError(
            f"The card {file.name} cannot be read; restore it or export again. {error}"
        ) from error
    if card.name != file.stem:
        raise WeightsError(
            f"The card {file.name} describes other weights; it should be named {card.name}.json."
        )
    return card


def _card(content: dict[str, Any], folder: Path) -> WeightsCard:
    content["scores"] = tuple(content.get("scores", ()))
    known = {f.name for f in fields(WeightsCard)} - {"folder"}
    card = WeightsCard(**{key: content[key] for key in content if key in known}, folder=folder)
    for f in fields(card):
        expected: Any = get_origin(f.type) or f.type
        value = getattr(card, f.name)
        if not isinstance(value, expected) or isinstance(value, bool):
            raise TypeError(f"{f.name} should be of type {expected.__name__}")
    if not all(isinstance(each, Mapping) for each in (*card.scores, *card.trainings)):
        raise TypeError("scores and trainings should be of type Mapping")
    networks.check(card.architecture, card.hyperparameters)
    networks.outline(card.architecture, scale=card.scale, **card.hyperparameters)
    return card


def catalogue(folder: Path = FOLDER) -> dict[str, WeightsCard]:
    """Return the cards of all weights in `folder` by name; damaged ones are logged and left out."""
    cards = {}
    for file in sorted(folder.glob("*.json")):
        try:
            cards[file.stem] = read_card(file)
        except WeightsError as error:
            _log.warning("%s", error)
    return cards


def find(name: str | Path, *, folder: Path = FOLDER) -> WeightsCard:
    """Return the card of weights by their name in the catalogue or their path.

    Raises
    ------
    WeightsError
        There are no such weights, or their card is damaged.
    """
    if Path(name).suffix in (".h5", ".json"):
        return read_card(Path(name))
    names = sorted(file.stem for file in folder.glob("*.json"))
    if str(name) not in names:
        known = ", ".join(names) or "none"
        raise WeightsError(f"There are no weights of that name; choose one of: {known}; received {name}.")
    return read_card(folder / f"{name}.json")


def counterpart(card: WeightsCard) -> WeightsCard | None:
    """Return the card of the counterpart trained on photos with JPEG blocks and noise, if there is one.

    That of ``edsr_x4`` is ``edsr_photo_x4``, which is ``edsr_x4`` trained further: weights interpolated
    between the two work as well (Wang et al., ESRGAN, https://arxiv.org/abs/1809.00219, section 3.4).

    Raises
    ------
    WeightsError
        Its card is damaged, or describes another network.
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
