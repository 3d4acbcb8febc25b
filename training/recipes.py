"""The recipes: the best one found for each network, and what the original study did.

The commands that made the weights in ``weights/`` are in their cards.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from sr_core.errors import OptionError
from training.fit.recipe import GanRecipe, Recipe
from training.study import undo_bilinear


@dataclass(frozen=True, slots=True)
class _Differences:
    """Where the recipes of one network differ from the defaults of `Recipe`.

    `study_epochs` is the upper end of the range that the original study names.
    """

    study_epochs: int
    best: Mapping[str, Any] = field(default_factory=dict)
    study: Mapping[str, Any] = field(default_factory=dict)
    as_written: Mapping[str, Any] = field(default_factory=dict)


_NETWORKS: Mapping[str, _Differences] = {
    # The whole picture comes out of it, so its weights must move far: a high rate, as in the paper.
    "srcnn": _Differences(5, best={"rate": 1e-3}),
    # The paper's gradient clipping lets it use a high rate; many small patches, because it works at HR size.
    "vdsr": _Differences(5, best={"rate": 5e-4, "clip_norm": 0.4, "patch": 16}, study={"clip_norm": 0.4}),
    "esrgan": _Differences(
        10,
        best={"hyperparameters": {"blocks": 3, "channels": 48, "growth": 24}, "rate": 4e-4},
        study={"hyperparameters": {"blocks": 2, "channels": 32, "growth": 16}},
        as_written={"hyperparameters": {"blocks": 3, "channels": 64, "growth": 32}},
    ),
    "autoencoder": _Differences(15, study={"hyperparameters": {"channels": 32}}),
    "edsr": _Differences(10, study={"network": undo_bilinear.NAME}),
}

# 700 pictures of 256 x 256 px hold as many pixels as 700 batches of 16 patches of 64 x 64 px.
_STUDY_STEPS_PER_EPOCH = 700
_STUDY_PICTURES, _STUDY_BATCH = 700, 4


def best(network: str, scale: int) -> Recipe:
    """The recipe of the best weights here: L1, one cosine, patches drawn by detail, averaged weights.

    The papers' networks and losses with a shorter schedule, because CPU hours are few.
    """
    return Recipe(network=network, scale=scale, score_training=10, **_NETWORKS[network].best)


def study(network: str, scale: int) -> Recipe:
    """What the original study did: MAE, Adam at 1e-4 throughout, its epochs, early stopping on the loss.

    An epoch has as many pixels as the 700 training pictures. The study's LR pictures were enlarged
    beforehand, so EDSR undoes that and works at half their resolution, as at x2:
    `training.study.undo_bilinear`.
    """
    if scale != 1:
        raise OptionError(f"The study restored pictures of the same size: scale 1. Received: {scale}")
    settings = _NETWORKS[network]
    common = Recipe(
        network=network,
        scale=1,
        patch=64,
        optimizer="adam",
        rate=1e-4,
        final_rate=1e-4,
        warmup=0.0,
        beta_2=0.999,
        ema=0.0,
        by_detail=False,
        steps=settings.study_epochs * _STUDY_STEPS_PER_EPOCH,
        steps_per_epoch=_STUDY_STEPS_PER_EPOCH,
        validate_every=1,
        patience=3,
        monitor="loss",
        score_training=25,
    )
    return replace(common, **settings.study)


def as_written(network: str, scale: int) -> Recipe:
    """What the original study describes, to the letter: 700 whole pictures of 256 x 256 px in batches.

    Scale 1, values in [0, 1], MAE, Adam at 1e-4 throughout, its epochs, early stopping on the validation
    loss, from noise, and no augmentation, averaged weights or warm-up. It states neither the size of a batch,
    here 4 pictures, nor those of its networks: SRCNN, VDSR and EDSR (baseline, at full resolution) are the
    papers', ESRGAN is its generator with 3 blocks instead of 23 and no discriminator, as MAE was the loss.
    """
    settings = _NETWORKS[network]
    steps_per_epoch = _STUDY_PICTURES // _STUDY_BATCH
    plain = replace(
        study(network, scale),
        network=network,
        hyperparameters={},
        clip_norm=0.0,
        patch=256,
        batch=_STUDY_BATCH,
        whole_pictures=True,
        from_noise=True,
        steps=settings.study_epochs * steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
    )
    return replace(plain, **settings.as_written)


def gan(network: str, scale: int, hyperparameters: Mapping[str, Any]) -> GanRecipe:
    """The second stage of ESRGAN, small enough for a CPU; HR patches are 128 px, but 96 at x3."""
    patch = {1: 128, 2: 64}.get(scale, 32)
    return GanRecipe(network=network, scale=scale, hyperparameters=hyperparameters, patch=patch)


RECIPES: Mapping[str, Callable[[str, int], Recipe]] = {"best": best, "study": study, "as-written": as_written}


def recipe(network: str, *, scale: int, name: str = "best") -> Recipe:
    """Return the recipe called `name` for `network` at `scale`.

    Raises
    ------
    OptionError
        There is no such recipe, or it does not support that network or scale.
    """
    if name not in RECIPES:
        raise OptionError(
            f"There is no recipe of that name; choose one of: {', '.join(RECIPES)}. Received: {name!r}"
        )
    if network not in _NETWORKS:
        known = ", ".join(_NETWORKS)
        raise OptionError(
            f"There is no recipe for that network; choose one of: {known}. Received: {network!r}"
        )
    return RECIPES[name](network, scale)
