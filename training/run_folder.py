"""The folder of a run: its files, how it was started, and its history."""

import hashlib
import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sr_core.errors import OptionError
from sr_core.files import write_bytes
from training import histories
from training.datasets import Pair

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class RunFolder:
    """The files of one run."""

    path: Path

    @property
    def description(self) -> Path:
        """The recipe and how the run was started, as JSON."""
        return self.path / "run.json"

    @property
    def checkpoint(self) -> Path:
        """Weights, optimizer and state, for a resume."""
        return self.path / "checkpoint.weights.h5"

    @property
    def best(self) -> Path:
        """The weights with the best validation score."""
        return self.path / "best.weights.h5"

    @property
    def history(self) -> Path:
        """One row an epoch, as CSV."""
        return self.path / "history.csv"

    def check(self, identity: Mapping[str, Any], *, defaults: Mapping[str, Any] | None = None) -> None:
        """Compare how a run is started with how the run that is there was, if there is one.

        Parameters
        ----------
        identity : mapping
            What decides the numbers of the run; plain data.
        defaults : mapping, optional
            What settings of its recipe had been before they could be chosen: an older run does not name them.

        Raises
        ------
        OptionError
            The folder holds a run with another identity.
        """
        if not self.description.exists():
            return
        known = json.loads(self.description.read_text())
        known["recipe"] = {**_plain(defaults or {}), **known["recipe"]}
        if {key: known.get(key) for key in identity} != _plain(identity):
            raise OptionError(
                "This folder holds a run that was started with other settings or pictures; "
                f"choose another --run, or delete it. Received: {self.path}"
            )

    def describe(self, identity: Mapping[str, Any], *, about: Mapping[str, Any] | None) -> None:
        """Write how the run is started, if it is a new one.

        `about` is kept beside it and not compared: the command, the data. What it runs on is added.
        """
        if self.description.exists():
            return
        content = {**_plain(identity), "about": {**(about or {}), "versions": _versions()}}
        write_bytes(self.description, (json.dumps(content, indent=2) + "\n").encode())

    @property
    def trunk_history(self) -> Path:
        """Of a branch: the history of its trunk up to there."""
        return self.path / "trunk_history.csv"

    def write_history(self, rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> None:
        """Write the history as CSV; a row leaves empty what it does not have."""
        histories.write(self.history, rows, columns)

    def write_best(self, network: "keras.Model") -> None:
        """Write the weights of `network` as the best ones, atomically."""
        temporary = self.best.with_name("writing." + self.best.name)
        network.save_weights(temporary)
        os.replace(temporary, self.best)

    def load_best(self) -> tuple[dict[str, Any], "keras.Model"]:
        """Return how the run was started, and its network with the best weights.

        Raises
        ------
        OptionError
            There is no run with validated weights in this folder.
        """
        from sr_core import networks

        if not (self.description.exists() and self.best.exists()):
            raise OptionError(f"There is no run with validated weights in this folder. Received: {self.path}")
        description = json.loads(self.description.read_text())
        recipe = description["recipe"]
        network = networks.build(recipe["network"], scale=recipe["scale"], **recipe["hyperparameters"])
        network.load_weights(self.best)
        return description, network


def _plain(data: Mapping[str, Any]) -> dict[str, Any]:
    return json.loads(json.dumps(data))


def _versions() -> dict[str, str]:
    import keras

    return {
        "python": platform.python_version(),
        "keras": keras.version(),
        "backend": keras.backend.backend(),
    }


def digest(*sets: Sequence[Pair]) -> str:
    """Return what tells these pictures, in this order, from others."""
    names = [[(pair.name, pair.hr.shape) for pair in pairs] for pairs in sets]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()
