"""The second stage of ESRGAN: train a generator against a discriminator, and resume after a kill.

The first stage, a generator trained for PSNR, is `training.fit.psnr`. A loop of its own instead of ``fit``
drives the two networks by ``train_on_batch``, so that it runs under every Keras backend.
"""

import math
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import keras

from sr_core import networks
from sr_core.errors import EngineError
from training.data import suitability
from training.data.datasets import Pair
from training.data.patches import PatchDataset
from training.fit import checkpoint, histories, perceptual
from training.fit.averaging import averaged_weights
from training.fit.gan_steps import Adversaries
from training.fit.gan_watch import CollapseError, GanState, check_validation, collapse
from training.fit.recipe import GanRecipe
from training.fit.run_folder import RunFolder, RunResult, content, digest
from training.fit.start import Start
from training.fit.validation import validate
from training.measures import sharpness

# Of the history. "kept": whether the weights of a validation were written. The first row is before any step.
COLUMNS = ("epoch", "steps", "minutes", "rate", "steps_per_second", "d_loss", "g_loss", "pixel", "perceptual")
COLUMNS += ("adversarial", "d_real", "d_fake", "val_psnr", "val_mae", "val_sharpness", "kept")


def run(
    recipe: GanRecipe,
    training: Sequence[Pair],
    validation: Sequence[Pair],
    *,
    folder: Path,
    start: Start,
    vgg: str = perceptual.DOWNLOAD,
    minutes: float | None = None,
    about: Mapping[str, Any] | None = None,
    workers: int = 2,
    log: Callable[[str], Any] = print,
) -> RunResult[GanState]:
    """Train `recipe` in `folder`, or resume the run in that folder.

    Parameters
    ----------
    recipe : GanRecipe
        Recipe of the run, with the network of `start`.
    training, validation : sequence of Pair
        Patches are drawn from the first; the second is scored as whole pictures.
    folder : Path
        For this run alone. A run already there must have been started in the same way.
    start : Start
        The generator's first weights.
    vgg : str
        Where VGG19's weights come from, if the recipe needs them (see `training.fit.perceptual.load_vgg19`).
    minutes : float, optional
        Length of the run in minutes of training, instead of the recipe's steps.
    about : mapping, optional
        Stored in the run's description: the command, the data.
    workers : int
        Threads that prepare patches.
    log : callable
        Receives one line of progress an epoch, and warnings.

    Raises
    ------
    CollapseError
        The training went wrong; the weights of the last good validation are in the folder.
    DatasetError
        The pictures are too small for the patches, or to be scored.
    OptionError
        The folder holds another run, or cannot be written to.
    WeightsError
        VGG19's weights cannot be had.
    """
    features, vgg_digest = None, None
    if recipe.perceptual == "vgg":
        features, vgg_digest = perceptual.load_vgg19(vgg, dtype=recipe.precision)
    files = RunFolder(folder)
    identity = {
        "recipe": asdict(recipe),
        "minutes": minutes,
        "start_from": start.name,
        "start_sha256": start.sha256,
        "vgg_sha256": vgg_digest,
        "pictures": digest(training, validation),
        "content": content(training, validation),
    }
    files.check(identity)
    training = suitability.for_training(training, scale=recipe.scale, patches=[recipe.patch], log=log)
    validation = suitability.for_validation(validation, scale=recipe.scale, log=log)
    log(f"{len(training)} training and {len(validation)} validation pictures")
    counted = {"training_pictures": len(training), "validation_pictures": len(validation)}

    keras.utils.set_random_seed(recipe.seed)
    generator = networks.build(
        recipe.network, scale=recipe.scale, dtype=recipe.precision, **recipe.hyperparameters
    )
    generator.set_weights(start.numbers)
    adversaries = Adversaries(generator, recipe, features)
    files.describe(identity, about={**(about or {}), **counted, **_about(recipe, start, vgg_digest)})
    loop = _TrainingLoop(recipe, files, adversaries, validation, minutes=minutes, log=log)
    if files.checkpoint.exists():
        loop.state = state = GanState(**checkpoint.load(files.checkpoint, adversaries.parts))
        log(f"resuming after {state}")
    else:
        log(f"starting from {start.name}")
        loop.begin()
    with PatchDataset(
        training,
        scale=recipe.scale,
        patch=recipe.patch,
        batch=recipe.batch,
        seed=recipe.seed,
        by_detail=recipe.by_detail,
        workers=workers,
    ) as dataset:
        while loop.progress < 1:
            loop.train_epoch(dataset)
    return RunResult(files, loop.state)


def _about(recipe: GanRecipe, start: Start, vgg_digest: str | None) -> dict[str, Any]:
    """Return what the card must tell besides the recipe."""
    if vgg_digest:
        features = f"VGG19's conv5_4 before activation; SHA-256 of its weights {vgg_digest}"
    else:
        features = "features of the discriminator's five stages, instead of VGG19's"
    weights_are = "moving average of the generator" if recipe.ema else "generator"
    return {
        "perceptual_loss": features,
        "start_sha256": start.sha256,
        "before": start.trainings,
        "weights": f"{weights_are} at the last good validation, not that with the best PSNR",
    }


class _TrainingLoop:
    """The epochs of one adversarial run."""

    def __init__(
        self,
        recipe: GanRecipe,
        files: RunFolder,
        adversaries: Adversaries,
        validation: Sequence[Pair],
        *,
        minutes: float | None,
        log: Callable[[str], Any],
    ):
        self.recipe, self.files, self.adversaries, self.validation = recipe, files, adversaries, validation
        self.minutes, self.log = minutes, log
        self.state = GanState()
        # A second network, which holds the average to be scored and saved.
        self._plain = networks.build(
            recipe.network, scale=recipe.scale, dtype=recipe.precision, **recipe.hyperparameters
        )

    @property
    def progress(self) -> float:
        """Share of the run that is done, by time if minutes are given, else by steps."""
        return self.state.share(minutes=self.minutes, steps=self.recipe.steps)

    def begin(self) -> None:
        """Score the first weights, the reference for all later ones."""
        self._plain.set_weights(self.adversaries.generator.get_weights())
        scores = self._score()
        self.state.first_psnr = scores["val_psnr"]
        self._write({"epoch": 0, "steps": 0, "minutes": 0.0, **scores, "kept": False})

    def train_epoch(self, dataset: PatchDataset) -> None:
        """Train for one epoch, validate if it is time to, and write a checkpoint."""
        state, recipe = self.state, self.recipe
        began = time.monotonic()
        rate = recipe.rate_at(self.progress)
        self.adversaries.set_rate(rate)
        sums: dict[str, float] = {}
        for _ in range(recipe.steps_per_epoch):
            values = self.adversaries.train(dataset[state.steps])
            state.steps += 1
            if not all(map(math.isfinite, values.values())):
                raise self._diverged(f"a loss at step {state.steps:,} is not a finite number ({values})")
            sums = {name: sums.get(name, 0.0) + value for name, value in values.items()}
        seconds = time.monotonic() - began
        if not self.adversaries.finite:
            raise self._diverged(f"the weights after step {state.steps:,} are not finite numbers")
        state.epoch += 1
        state.seconds += seconds
        row = {"epoch": state.epoch, "steps": state.steps, "minutes": round(state.seconds / 60, 3)}
        row |= {"rate": rate, "steps_per_second": recipe.steps_per_epoch / seconds}
        row |= {name: total / recipe.steps_per_epoch for name, total in sums.items()}
        if state.epoch % recipe.validate_every == 0 or self.progress >= 1:
            began = time.monotonic()
            self._validate(row)
            state.seconds += time.monotonic() - began
        else:
            self._write(row)
        checkpoint.save(self.files.checkpoint, self.adversaries.parts, asdict(state))

    def _validate(self, row: dict[str, Any]) -> None:
        """Score the averaged generator; keep its weights and write the row, unless it has collapsed."""
        self._plain.set_weights(averaged_weights(self.adversaries.generator, self.adversaries.optimizers[0]))
        row["kept"] = False
        try:
            row |= self._score()
            warnings = check_validation(self.recipe, row, self.state)
        except CollapseError:
            self._write(row)
            raise
        except EngineError as error:
            raise self._diverged("the results are not finite numbers") from error
        self.files.write_best(self._plain)
        self.state.kept_steps = self.state.steps
        self._write({**row, "kept": True})
        for warning in warnings:
            self.log(f"warning: {warning}")

    def _diverged(self, what: str) -> CollapseError:
        return collapse(what, "a lower --rate, or --precision float32", self.state)

    def _score(self) -> dict[str, float]:
        scores = validate(
            self._plain, self.validation, scale=self.recipe.scale, also={"sharpness": sharpness}
        )
        return {f"val_{name}": value for name, value in scores.items()}

    def _write(self, row: dict[str, Any]) -> None:
        self.state.history.append(row)
        histories.write(self.files.history, self.state.history, COLUMNS)
        self.log("  ".join(f"{name} {value:.6g}" for name, value in row.items()))
