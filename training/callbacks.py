"""What happens between the epochs of a run: pace, validation, checkpoint. Backend-neutral."""

# Keras types a callback's model as optional; during a run it is there.
# pyright: reportOptionalMemberAccess=false

import json
import math
import os
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import h5py
import keras
import numpy as np

from sr_core import metrics, networks
from sr_core.errors import EngineError, WeightsError
from sr_core.pixels import to_integer, to_unit
from training import parallel
from training.datasets import Pair
from training.recipes import Phase, Recipe

_STATE = "superres_run_state"


@dataclass
class RunState:
    """What a run must remember to be resumed, besides its variables."""

    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0  # spent in training and validation, without the time between a kill and the resume
    best_score: float | None = None
    validations_since_best: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


class Pace(keras.callbacks.Callback):
    """Sets the learning rate when an epoch begins, and stops when the run or a phase of it is done.

    The rate changes between epochs only, because JAX keeps the optimizer's state out of reach within one.
    """

    def __init__(self, recipe: Recipe, state: RunState, *, minutes: float | None):
        super().__init__()
        self.recipe, self.state, self.minutes = recipe, state, minutes
        self._began = 0.0
        self._phase = self.phase

    @property
    def progress(self) -> float:
        """Share of the run that is done, in time where minutes are given and else in steps."""
        if self.minutes is not None:
            return self.state.seconds / (60 * self.minutes)
        return self.state.steps / self.recipe.steps

    @property
    def phase(self) -> Phase:
        """The phase that the run is in."""
        return self.recipe.phase_at(self.progress)

    def on_train_begin(self, logs=None):
        self._phase = self.phase

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()
        self.model.optimizer.learning_rate = self.recipe.rate_at(self.progress)

    def on_epoch_end(self, epoch, logs=None):
        self.state.epoch = epoch + 1
        self.state.steps += self.recipe.steps_per_epoch
        self.state.seconds += time.monotonic() - self._began
        if self.progress >= 1 or self.phase != self._phase:
            self.model.stop_training = True


class Validation(keras.callbacks.Callback):
    """Scores the (averaged) weights on whole pictures, keeps the best, and stops a run that stands still."""

    def __init__(
        self,
        recipe: Recipe,
        state: RunState,
        pairs: Sequence[Pair],
        best: Path,
        *,
        seen: Sequence[Pair] = (),
        log: Callable[[str], Any],
    ):
        super().__init__()
        self.recipe, self.state, self.pairs, self.best, self.log = recipe, state, pairs, best, log
        self.seen = seen  # training pictures, scored in the same way
        # A network of its own: without optimizer, so that the file of the best weights holds nothing else;
        # and because JAX frees the arrays that a network predicts with, which the average would share.
        with parallel.alone():
            self._plain = networks.build(
                recipe.network, scale=recipe.scale, dtype=recipe.precision, **recipe.hyperparameters
            )
        self._epoch_began = 0.0

    def on_epoch_begin(self, epoch, logs=None):
        self._epoch_began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        assert logs is not None
        if not math.isfinite(logs["loss"]):
            raise EngineError(
                "The loss is no longer a number; delete the run and choose a lower --rate. "
                f"Received: {logs['loss']} in epoch {epoch + 1}"
            )
        rate = float(np.asarray(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate)))
        seconds = time.monotonic() - self._epoch_began
        row = {"epoch": epoch + 1, "steps": self.state.steps, "minutes": round(self.state.seconds / 60, 3)}
        row |= {
            "rate": rate,
            "loss": float(logs["loss"]),
            "steps_per_second": self.recipe.steps_per_epoch / seconds,
        }
        if (epoch + 1) % self.recipe.validate_every == 0 or self.model.stop_training:
            row |= self._validate()
            logs |= {name: value for name, value in row.items() if name.startswith("val_")}
        self.state.history.append(row)
        self.log("  ".join(f"{name} {value:.6g}" for name, value in row.items()))

    def _validate(self) -> dict[str, float]:
        began = time.monotonic()
        self._plain.set_weights(averaged_weights(cast(keras.Model, self.model)))
        with parallel.alone():
            scores = _named("val", validate(self._plain, self.pairs, scale=self.recipe.scale))
            if self.seen:
                scores |= _named("train", validate(self._plain, self.seen, scale=self.recipe.scale))
        score = scores["val_psnr"] if self.recipe.monitor == "psnr" else -scores["val_mae"]
        if self.state.best_score is None or score > self.state.best_score:
            self.state.best_score, self.state.validations_since_best = score, 0
            temporary = self.best.with_name("writing." + self.best.name)
            self._plain.save_weights(temporary)
            os.replace(temporary, self.best)
        else:
            self.state.validations_since_best += 1
            if 0 < self.recipe.patience <= self.state.validations_since_best:
                self.log(f"stopping early: {self.recipe.patience} validations without a better score")
                self.model.stop_training = True
        self.state.seconds += time.monotonic() - began
        return scores


class Checkpoint(keras.callbacks.Callback):
    """Writes everything a resume needs after each epoch, in one atomic file."""

    def __init__(self, state: RunState, file: Path):
        super().__init__()
        self.state, self.file = state, file

    def on_epoch_end(self, epoch, logs=None):
        temporary = self.file.with_name("writing." + self.file.name)
        self.model.save_weights(temporary)  # the optimizer's variables are among them
        with h5py.File(temporary, "r+") as h5:
            # A dataset, because an attribute holds 64 KiB at most: less than the history of a long run.
            h5[_STATE] = np.frombuffer(json.dumps(asdict(self.state)).encode(), np.uint8)
        os.replace(temporary, self.file)


def restore(model: keras.Model, file: Path) -> RunState:
    """Load a checkpoint into a compiled `model`, optimizer included, and return the run's state."""
    try:
        with h5py.File(file) as h5:
            # Older runs have it as an attribute.
            known = cast(h5py.Dataset, h5[_STATE])[()] if _STATE in h5 else h5.attrs[_STATE]
            state = RunState(**json.loads(bytes(cast(Any, known))))
        model.optimizer.build(model.trainable_variables)
        model.load_weights(file)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise WeightsError(
            f"The checkpoint cannot be resumed; delete its folder to start again. {error}"
        ) from error
    return state


def averaged_weights(model: keras.Model) -> list[np.ndarray]:
    """Return the moving average of the weights if the optimizer keeps one, else the weights themselves."""
    current = model.get_weights()
    model.optimizer.finalize_variable_values(model.trainable_variables)
    averaged = model.get_weights()
    model.set_weights(current)
    return averaged


def validate(
    model: keras.Model,
    pairs: Sequence[Pair],
    *,
    scale: int,
    also: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] | None = None,
) -> dict[str, float]:
    """Return the mean "psnr" (luma, shave = scale, dB) and "mae" (RGB, 0-255) over whole pictures.

    `also` adds measures of its own, each a function of an HR and an SR picture.
    """
    luma, rgb = metrics.standard(scale), metrics.Protocol("rgb", shave=scale)
    measures = {
        "psnr": lambda hr, sr: metrics.psnr(hr, sr, luma),
        "mae": lambda hr, sr: metrics.mae(hr, sr, rgb),
        **(also or {}),
    }
    scores: dict[str, list[float]] = {name: [] for name in measures}
    for pair in pairs:
        sr = to_integer(np.asarray(model.predict_on_batch(to_unit(pair.lr)[None]))[0], np.uint8)
        for name, measure in measures.items():
            scores[name].append(measure(pair.hr, sr))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def _named(of: str, scores: dict[str, float]) -> dict[str, float]:
    return {f"{of}_{name}": value for name, value in scores.items()}
