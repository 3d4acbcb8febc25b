"""Callbacks around the epochs of a run: learning rate, validation, checkpoint. Backend-neutral."""

# Keras types a callback's model as optional; during a run it is set.
# pyright: reportOptionalMemberAccess=false

import ctypes
import math
import platform
import time
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import keras
import numpy as np

from sr_core import networks
from sr_core.errors import EngineError
from training.fit import checkpoint, histories
from training.fit.averaging import averaged_weights
from training.fit.recipe import Phase, Recipe
from training.fit.run_folder import RunFolder, RunState
from training.fit.validation import Validation

# Columns of the history.
COLUMNS = ("epoch", "steps", "minutes", "rate", "loss", "steps_per_second")
COLUMNS += ("val_psnr", "val_mae", "train_psnr", "train_mae")

# Of glibc's malloc.h.
_TRIM_THRESHOLD = -1
_MMAP_MAX = -4
_LARGEST = 2**31 - 1


class Pace:
    """The learning rate of each epoch, and when the run, a phase of it or this session is done.

    `minutes` and `steps` limit this session of an open-ended run; any other run is `minutes` long in total,
    or has the steps of its recipe. The rate changes only between epochs, because JAX keeps the optimizer's
    state out of reach within one.
    """

    def __init__(self, recipe: Recipe, state: RunState, *, minutes: float | None, steps: int | None = None):
        self.recipe, self.state, self.minutes, self.steps = recipe, state, minutes, steps
        self._session_start = state.steps, state.seconds

    @property
    def progress(self) -> float:
        """Share of the run that is done, by time if minutes are given, else by steps."""
        if self.recipe.open_ended:
            return 0.0
        return self.state.share(minutes=self.minutes, steps=self.recipe.steps)

    @property
    def rate(self) -> float:
        """The learning rate."""
        return self.recipe.rate_at(self.progress, steps=self.state.steps)

    @property
    def phase(self) -> Phase:
        """The phase that the run is in."""
        return self.recipe.phase_at(self.progress)

    @property
    def out_of_patience(self) -> bool:
        """Whether the recipe's patience ran out without a better score."""
        return 0 < self.recipe.patience <= self.state.validations_since_best

    @property
    def over(self) -> bool:
        """Whether the run is done, or this session of an open-ended one."""
        if not self.recipe.open_ended:
            return self.progress >= 1 or self.out_of_patience
        steps, seconds = self._session_start
        return (
            self.out_of_patience
            or (self.steps is not None and self.state.steps - steps >= self.steps)
            or (self.minutes is not None and self.state.seconds - seconds >= 60 * self.minutes)
        )


class Epochs(keras.callbacks.Callback):
    """Everything around each epoch, in the required order.

    Before an epoch the rate is set. After it the loss is checked, before anything is written; the epoch is
    counted; the (averaged) weights are scored, if it is time to; the row of the history is written, then
    everything a resume needs, including the scores; and `fit` is stopped if the run or its phase is done.

    Parameters
    ----------
    network : keras.Model
        The network to validate and save, compiled with its optimizer.
    pace, validation, files
        Of the run.
    checkpoint_seconds : float
        Least time between two checkpoints, except at the end.
    log : callable
        Receives one line an epoch.
    """

    def __init__(
        self,
        network: keras.Model,
        pace: Pace,
        validation: Validation,
        files: RunFolder,
        *,
        checkpoint_seconds: float = 0.0,
        log: Callable[[str], Any],
    ):
        super().__init__()
        self.network, self.pace, self.validation, self.files, self.log = network, pace, validation, files, log
        self.checkpoint_seconds = checkpoint_seconds
        self._phase = pace.phase
        self._began = 0.0
        self._saved = time.monotonic()
        recipe = pace.recipe
        outline = networks.outline(recipe.network, scale=recipe.scale, **recipe.hyperparameters)
        self._multiply_adds = int(outline.multiply_adds)

    def on_train_begin(self, logs=None):
        self._phase = self.pace.phase

    def on_epoch_begin(self, epoch, logs=None):
        self._began = time.monotonic()
        self.model.optimizer.learning_rate = self.pace.rate

    def on_epoch_end(self, epoch, logs=None):
        assert logs is not None
        recipe, state = self.pace.recipe, self.pace.state
        if not math.isfinite(logs["loss"]):
            raise EngineError(
                "The loss is no longer a number; delete the run and choose a lower --rate. "
                f"Received: {logs['loss']} in epoch {epoch + 1}"
            )
        seconds = time.monotonic() - self._began
        state.epoch = epoch + 1
        state.steps += recipe.steps_per_epoch
        state.seconds += seconds
        row = {"epoch": state.epoch, "steps": state.steps, "minutes": round(state.seconds / 60, 3)}
        row |= {
            "rate": float(np.asarray(keras.ops.convert_to_numpy(self.model.optimizer.learning_rate))),
            "loss": float(logs["loss"]),
            "steps_per_second": recipe.steps_per_epoch / seconds,
        }
        at_end = self.pace.progress >= 1
        if at_end or (recipe.validate_every and state.epoch % recipe.validate_every == 0):
            began = time.monotonic()
            scores = self.validation.score(averaged_weights(self.network, self.network.optimizer))
            state.seconds += time.monotonic() - began
            row |= scores
            logs |= {name: value for name, value in scores.items() if name.startswith("val_")}
        state.history.append(row)
        stop = at_end or self.pace.over or self.pace.phase != self._phase
        if stop or time.monotonic() - self._saved >= self.checkpoint_seconds:
            histories.write(self.files.history, state.history, COLUMNS)
            checkpoint.save(self.files.checkpoint, parts(self.network), asdict(state))
            self._saved = time.monotonic()
        logged = {**row, "TFLOP/s": self._operations / seconds / 1e12}
        self.log("  ".join(f"{name} {value:.6g}" for name, value in logged.items()))
        if self.pace.out_of_patience:
            self.log(f"stopping early: {recipe.patience} validations without a better score")
        self.model.stop_training = stop

    @property
    def _operations(self) -> float:
        """Operations of an epoch of this phase: 2 for each multiply-add, once forwards and twice backwards.

        Those that a folded tail saves are counted all the same.
        """
        steps, phase = self.pace.recipe.steps_per_epoch, self._phase
        return 6.0 * self._multiply_adds * steps * phase.batch * phase.patch**2


class KeepMemory(keras.callbacks.Callback):
    """Let glibc keep what a step frees, for the next one.

    When the first batch of a dataset in Python is fetched, TensorFlow's kernel sets glibc's trim threshold to
    128 KiB. From then on every step of a training on a CPU returns its memory to the system and has it zeroed
    again, page by page: a quarter of the time of EDSR. This undoes it after the first batch, and does nothing
    without TensorFlow or glibc.
    """

    def on_train_batch_end(self, batch, logs=None):
        if batch == 0 and keras.backend.backend() == "tensorflow" and platform.libc_ver()[0] == "glibc":
            libc = ctypes.CDLL(None)
            libc.mallopt(_TRIM_THRESHOLD, _LARGEST)
            libc.mallopt(_MMAP_MAX, 0)


def parts(network: keras.Model) -> checkpoint.Parts:
    """Return all variables a resume needs: those of a compiled network and of its optimizer."""
    network.optimizer.build(network.trainable_variables)
    return {"network": network.weights, "optimizer": network.optimizer.variables}
