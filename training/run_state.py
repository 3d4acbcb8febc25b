"""The checkpoint of a run: its variables, the optimizer's, and all else that a resume needs, in one file."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

import h5py
import keras
import numpy as np

from sr_core.errors import WeightsError

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
    trunk_steps: int = 0  # of the trunk that this run branched from


def save(model: keras.Model, file: Path, state: RunState) -> None:
    """Write the variables of `model` and of its optimizer, and the run's state, in one atomic file."""
    temporary = file.with_name("writing." + file.name)
    model.save_weights(temporary)
    write_state(temporary, state)
    os.replace(temporary, file)


def write_state(file: Path, state: RunState) -> None:
    """Put the run's state into a file of weights, in place of the one there."""
    with h5py.File(file, "r+") as h5:
        if _STATE in h5:
            del h5[_STATE]
        # A dataset, because an attribute holds 64 KiB at most: less than the history of a long run.
        h5[_STATE] = np.frombuffer(json.dumps(asdict(state)).encode(), np.uint8)


def read_state(file: Path) -> RunState:
    """Return the run's state in a checkpoint.

    Raises
    ------
    WeightsError
        The file is damaged, or no checkpoint.
    """
    try:
        with h5py.File(file) as h5:
            # Older runs have it as an attribute.
            known = cast(h5py.Dataset, h5[_STATE])[()] if _STATE in h5 else h5.attrs[_STATE]
            return RunState(**json.loads(bytes(cast(Any, known))))
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _unusable(error) from error


def restore(model: keras.Model, file: Path) -> RunState:
    """Load a checkpoint into a compiled `model`, optimizer included, and return the run's state.

    Raises
    ------
    WeightsError
        The file is damaged, or of another network or optimizer.
    """
    state = read_state(file)
    try:
        model.optimizer.build(model.trainable_variables)
        model.load_weights(file)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise _unusable(error) from error
    return state


def _unusable(error: Exception) -> WeightsError:
    return WeightsError(f"The checkpoint cannot be resumed; delete its folder to start again. {error}")
