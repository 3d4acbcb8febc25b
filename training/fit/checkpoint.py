"""Checkpoints: the variables of networks and optimizers and a run's state in one file, written atomically."""

import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import h5py
import keras
import numpy as np

from sr_core.errors import WeightsError
from sr_core.files import write_bytes
from sr_core.weights_file import DAMAGED

Parts = Mapping[str, Sequence[keras.Variable]]
"""Variables by the name of their owner, in an order that never changes."""

_STATE = "state"


def save(file: Path, parts: Parts, state: Mapping[str, Any]) -> None:
    """Write the values of all variables, and `state`, which is JSON-serialisable.

    Raises
    ------
    PictureError
        The file cannot be written; an older one is left unchanged.
    """
    content = BytesIO()
    with h5py.File(content, "w") as h5:
        for part, variables in parts.items():
            for i, variable in enumerate(variables):
                h5[f"{part}/{i}"] = np.asarray(keras.ops.convert_to_numpy(variable))
        _write_state(h5, state)
    write_bytes(file, content.getvalue())


def load(file: Path, parts: Parts) -> dict[str, Any]:
    """Set all variables to what `save` wrote; return the state.

    Raises
    ------
    WeightsError
        The file is damaged, or holds other variables.
    """
    try:
        with h5py.File(file) as h5:
            state = _read_state(h5)
            for part, variables in parts.items():
                group = cast(h5py.Group, h5[part])
                if len(group) != len(variables):
                    raise ValueError(f"{part} has {len(group)} variables where {len(variables)} are expected")
                for i, variable in enumerate(variables):
                    variable.assign(cast(h5py.Dataset, group[str(i)])[()])
    except DAMAGED as error:
        raise _unusable(error) from error
    return state


def read_state(file: Path) -> dict[str, Any]:
    """Return the state in a checkpoint.

    Raises
    ------
    WeightsError
        The file is damaged, or not a checkpoint.
    """
    try:
        with h5py.File(file) as h5:
            return _read_state(h5)
    except DAMAGED as error:
        raise _unusable(error) from error


def copy(source: Path, file: Path, change: Callable[[dict[str, Any]], Mapping[str, Any]]) -> dict[str, Any]:
    """Copy a checkpoint with its state replaced by `change(state)`; return the old state.

    `source` may be replaced meanwhile. Errors are those of `save` and `read_state`.
    """
    try:
        content = BytesIO(source.read_bytes())
        with h5py.File(content, "r+") as h5:
            state = _read_state(h5)
            del h5[_STATE]
            _write_state(h5, change(state))
    except DAMAGED as error:
        raise _unusable(error) from error
    write_bytes(file, content.getvalue())
    return state


def _write_state(h5: h5py.File, state: Mapping[str, Any]) -> None:
    # A dataset, because an attribute holds at most 64 KiB, less than the history of a long run.
    h5[_STATE] = np.frombuffer(json.dumps(dict(state)).encode(), np.uint8)


def _read_state(h5: h5py.File) -> dict[str, Any]:
    return json.loads(cast(h5py.Dataset, h5[_STATE])[()].tobytes())


def _unusable(error: Exception) -> WeightsError:
    return WeightsError(f"The checkpoint cannot be resumed; delete its folder to start again. {error}")
