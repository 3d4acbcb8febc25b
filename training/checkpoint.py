"""Several networks and optimizers with a run's state in one file, written whole or not at all."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import h5py
import keras
import numpy as np

from sr_core.errors import WeightsError

Parts = Mapping[str, Sequence[keras.Variable]]
"""Variables by the name of what they belong to, in an order that never changes."""

_STATE = "state"


def save(file: Path, parts: Parts, state: Mapping[str, Any]) -> None:
    """Write the values of all variables, and `state`, which is plain data."""
    temporary = file.with_name("writing." + file.name)
    with h5py.File(temporary, "w") as h5:
        for part, variables in parts.items():
            for i, variable in enumerate(variables):
                h5[f"{part}/{i}"] = np.asarray(keras.ops.convert_to_numpy(variable))
        # A dataset, because an attribute holds 64 KiB at most: less than the history of a long run.
        h5[_STATE] = np.frombuffer(json.dumps(dict(state)).encode(), np.uint8)
    os.replace(temporary, file)


def load(file: Path, parts: Parts) -> dict[str, Any]:
    """Set all variables to what `save` wrote; return the state.

    Raises
    ------
    WeightsError
        The file is damaged, or holds other variables.
    """
    try:
        with h5py.File(file) as h5:
            state = json.loads(cast(h5py.Dataset, h5[_STATE])[()].tobytes())
            for part, variables in parts.items():
                group = cast(h5py.Group, h5[part])
                if len(group) != len(variables):
                    raise ValueError(f"{part} has {len(group)} variables where {len(variables)} are expected")
                for i, variable in enumerate(variables):
                    variable.assign(cast(h5py.Dataset, group[str(i)])[()])
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise WeightsError(
            f"The checkpoint cannot be resumed; delete its folder to start again. {error}"
        ) from error
    return state
