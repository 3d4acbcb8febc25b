"""Cards: a ``NAME.json`` beside each ``NAME.h5`` that says what the weights are, and their catalogue."""

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
"""The catalogue: inside the package where that was installed from a wheel, else beside it."""

_LARGEST_CARD = 4_000_000  # bytes; our own take some 40,000

_log = logging.getLogger(__name__)


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
        return networks.architecture(self.architecture).grid

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
        There is no card, it does not have the fields of a `WeightsCard`, or there is no such network.
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
    # RecursionError: brackets within brackets, thousands deep.
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
    """Return the cards of all weights in `folder`, by name; what a damaged one lacks is logged."""
    cards = {}
    for file in sorted(folder.glob("*.json")):
        try:
            cards[file.stem] = read_card(file)
        except WeightsError as error:
            _log.warning("%s", error)
    return cards


def find(name: str | Path, *, folder: Path = FOLDER) -> WeightsCard:
    """Return the card of the weights called `name` in the catalogue, or lying at that path.

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
