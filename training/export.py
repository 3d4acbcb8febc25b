"""From a run to ``weights/NAME.h5`` with its card."""

import argparse
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sr_core import Upscaler, networks, weights
from sr_core.errors import OptionError
from sr_core.weights import WeightsCard
from training import storage
from training.data import layouts
from training.data.conditions import CLEAN
from training.evaluate import PRECISION, Evaluation, evaluate
from training.fit import histories
from training.fit.lineage import of_run
from training.fit.run_folder import RunFolder
from training.settings import given, setting

# In LR px: farther neighbours have no visible influence in a trained network (docs/training.md, "Tiles").
DEFAULT_HALO = 16


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """What to export of a run, and where to."""

    name: str | None = setting(None, "name in the catalogue (default NETWORK_xSCALE)")
    title: str | None = setting(None, "display title, without the scale (default: the network's)")
    folder: Path = setting(
        weights.FOLDER, "folder to write to (default weights/)", option="--to", metavar="DIR"
    )
    results: Path = setting(
        Path("docs/results"),
        "folder for NAME_history.csv, appended to the earlier runs there (default docs/results)",
        metavar="DIR",
    )
    with_weights: bool = setting(
        True, "write no weights, and the card to --results", option="--no-weights", action="store_false"
    )
    self_ensemble: bool = setting(
        True,
        "score without self-ensemble only: with it takes eight times as long",
        option="--plain",
        action="store_false",
    )
    data: str = setting("", "for the card: the training pictures", option="--trained-on")
    licence: str = setting("", "for the card: the licence of the weights")
    hardware: str = setting("", "for the card: the machine")
    halo: int | None = setting(None, "overlap of tiles in LR px (default: receptive radius, at most 16)")
    # The datasets whose held-out parts are scored, and how they are read: see `layouts.load`.
    scored_on: Sequence[Path] = ()
    layout: str = "photos"
    split: str = "index"
    cache: Path = Path("runs/cache")

    @classmethod
    def of(cls, options: argparse.Namespace) -> "ExportOptions":
        """Return the options that were typed, including those of ``--score``."""
        return cls(scored_on=options.score, **given(options, cls))


def export(run: Path, options: ExportOptions) -> WeightsCard:
    """Write the best weights of a run, its history, and a card that tells their training and scores.

    `run` is its folder. Returns the card as written.

    Raises
    ------
    OptionError
        There is no run with validated weights in that folder, or it is to be scored on the test pictures of
        another split than it was trained on.
    """
    files = RunFolder(run)
    description, network = files.load_best()
    _check_split(description["about"], options)
    recipe = description["recipe"]
    architecture, scale, hyperparameters = recipe["network"], recipe["scale"], recipe["hyperparameters"]
    outline = networks.outline(architecture, scale=scale, **hyperparameters)
    radius = networks.architecture(architecture).receptive_radius(scale=scale, **hyperparameters)
    card = WeightsCard(
        name=options.name or f"{architecture}_x{scale}",
        title=f"{options.title or networks.architecture(architecture).title} ×{scale}",
        architecture=architecture,
        scale=scale,
        hyperparameters=hyperparameters,
        sha256="",
        parameters=outline.parameters,
        multiply_adds=int(outline.multiply_adds),
        receptive_radius=radius,
        halo=min(radius, DEFAULT_HALO) if options.halo is None else options.halo,
        licence=options.licence,
        training={"data": options.data, "hardware": options.hardware, **of_run(files.history, description)},
    )
    with tempfile.TemporaryDirectory() as scratch:
        # Scored from a saved file, before older weights are replaced.
        card = scored(weights.save_network(network, replace(card, folder=Path(scratch))), options)
    with storage.writing(options.results, option="--results"):
        options.results.mkdir(parents=True, exist_ok=True)
    card = replace(card, folder=options.folder if options.with_weights else options.results)
    if options.with_weights:
        with storage.writing(options.folder, option="--to"):
            card = weights.save_network(network, card)
    else:
        card.save()
    file, before = options.results / f"{card.name}_history.csv", card.training.get("before", ())
    if files.trunk_history.exists():
        histories.extend(file, files.trunk_history, before=before[:-1])
    histories.extend(file, files.history, before=before)
    return card


def _check_split(about: dict[str, Any], options: ExportOptions) -> None:
    trained = about.get("split")
    if options.scored_on and about.get("layout") == options.layout and trained not in (None, options.split):
        raise OptionError(
            f"The run was trained on the split {trained}, so that the test pictures of another one may be "
            f"among those it has seen; choose --split {trained}. Received: {options.split}"
        )


def scored(card: WeightsCard, options: ExportOptions) -> WeightsCard:
    """Return the card with the scores of its weights on the datasets in `options`."""
    scores: list[dict[str, Any]] = []
    for folder in options.scored_on:
        for self_ensemble in (False, True) if options.self_ensemble else (False,):
            dataset, pairs = layouts.held_out(
                options.layout, [folder], scale=card.scale, cache=options.cache, split=options.split
            )
            upscaler = Upscaler(card, precision=PRECISION)
            scores += evaluate(upscaler, pairs, dataset=dataset, self_ensemble=self_ensemble).summary()
    return replace(card, scores=tuple(scores))


def described(card: WeightsCard) -> list[str]:
    """Return lines of text: what the weights of a card are, where they were written, and their scores."""
    lines = [f"{card.name}: {card.parameters:,} parameters, sha256 {card.sha256}, written to {card.folder}"]
    for score in card.scores:
        how = "with" if score["self_ensemble"] else "without"
        lines.append(f"{score['dataset']}, {score['protocol']}, {how} self-ensemble: {score['network']}")
    return lines


def with_scores(card: WeightsCard, evaluation: Evaluation) -> WeightsCard:
    """Return the card with these scores, which replace older ones of the same pictures."""
    scores = {_key(score): score for score in card.scores}
    # They keep their place, because tables and the score quoted first depend on it.
    scores.update({_key(score): score for score in evaluation.summary()})
    return replace(card, scores=tuple(scores.values()))


def _key(score: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return what identifies a score among those of a card."""
    clean_up = score.get("clean_up", 0.0)
    return score["dataset"], input_of(score), score["self_ensemble"], clean_up, score["protocol"]


def input_of(score: Mapping[str, Any]) -> str:
    """Return the condition of LR; cards from before there was a choice do not name it."""
    return score.get("input", str(CLEAN))
