"""The folder of a run: its files, its description, its state and its history."""

import hashlib
import json
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import numpy as np

from sr_core.errors import OptionError
from sr_core.files import write_bytes
from training import storage
from training.data.datasets import Pair

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
        """Weights, optimizer and state, to resume from."""
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
        """Raise if the folder holds a run that was started differently.

        Parameters
        ----------
        identity : mapping
            What determines the numbers of the run; JSON-serialisable.
        defaults : mapping, optional
            Values of settings that the recipe of an older run lacks.

        Raises
        ------
        OptionError
            The folder holds a run with another identity.
        """
        if not self.description.exists():
            return
        known, wanted = self.described(), _plain(identity)
        known["recipe"] = {**_plain(defaults or {}), **known["recipe"]}
        # Older runs have no digest of their pictures' content.
        wanted = {key: value for key, value in wanted.items() if key in known or key != "content"}
        others = [key for key in wanted if key != "recipe" and known.get(key) != wanted[key]]
        others += [key for key, value in wanted["recipe"].items() if known["recipe"].get(key) != value]
        if others:
            named = ", ".join("what the pictures hold" if key == "content" else key for key in others)
            raise OptionError(
                f"This folder holds a run that was started with other settings or pictures ({named}); "
                f"choose another --run, or delete it. Received: {self.path}"
            )

    def described(self) -> dict[str, Any]:
        """Return the description: how the run was started.

        Raises
        ------
        OptionError
            There is no run in this folder, or its description is damaged.
        """
        try:
            description = json.loads(self.description.read_text(encoding="utf-8"))
            return {"recipe": description["recipe"], "about": {}, **description}
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise OptionError(
                f"There is no run in this folder whose {self.description.name} can be read. "
                f"Received: {self.path}"
            ) from error

    def describe(self, identity: Mapping[str, Any], *, about: Mapping[str, Any] | None) -> None:
        """Write the description of a new run.

        `about` is stored with it but not compared: the command, the data. The versions in use are added.
        """
        if self.description.exists():
            return
        content = {**_plain(identity), "about": {**(about or {}), "versions": _versions()}}
        self.make()
        write_bytes(self.description, (json.dumps(content, indent=2) + "\n").encode())

    @property
    def trunk_history(self) -> Path:
        """The history of a branch's trunk up to the branch."""
        return self.path / "trunk_history.csv"

    def make(self) -> None:
        """Create the folder.

        Raises
        ------
        OptionError
            It cannot be created or written to.
        """
        with storage.writing(self.path, option="--run"):
            self.path.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.path):
                pass

    def write_best(self, network: "keras.Model") -> None:
        """Write the weights of `network` as the best ones, atomically.

        Raises
        ------
        OptionError
            The folder cannot be written to.
        """
        temporary = self.best.with_name("writing." + self.best.name)
        with storage.writing(self.path, option="--run"):
            try:
                # 4 bytes a number, plus HDF5's header of each array.
                arrays = len(network.weights)
                storage.reserve(temporary, 4 * network.count_params() + 4096 * arrays + 2**16)
                network.save_weights(temporary)
                os.replace(temporary, self.best)
            finally:
                temporary.unlink(missing_ok=True)

    def load_best(self) -> tuple[dict[str, Any], "keras.Model"]:
        """Return the description, and the network with the best weights.

        Raises
        ------
        OptionError
            There is no run with validated weights in this folder.
        """
        from sr_core import networks

        if not (self.description.exists() and self.best.exists()):
            raise OptionError(f"There is no run with validated weights in this folder. Received: {self.path}")
        description = self.described()
        recipe = description["recipe"]
        network = networks.build(recipe["network"], scale=recipe["scale"], **recipe["hyperparameters"])
        network.load_weights(self.best)
        return description, network


State = TypeVar("State")


@dataclass(frozen=True)
class RunResult(Generic[State]):
    """The result of a run."""

    folder: RunFolder
    state: State


@dataclass
class Progress:
    """How far a run of either kind is."""

    epoch: int = 0
    steps: int = 0
    seconds: float = 0.0  # spent in training and validation, without the time between a kill and the resume
    history: list[dict[str, Any]] = field(default_factory=list)

    def __str__(self) -> str:
        return f"epoch {self.epoch}, step {self.steps}, {self.seconds / 60:.1f} minutes"

    def share(self, *, minutes: float | None, steps: int) -> float:
        """Return the share of the run that is done, by time if its `minutes` are given, else by its steps."""
        return self.steps / steps if minutes is None else self.seconds / (60 * minutes)


@dataclass
class RunState(Progress):
    """The state of a run for PSNR that a resume needs besides the variables."""

    best_score: float | None = None
    validations_since_best: int = 0
    trunk_steps: int = 0  # of the trunk, up to where this run branched off


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
    """Return a digest of the names and sizes of these pictures, in this order."""
    names = [[(pair.name, pair.hr.shape) for pair in pairs] for pairs in sets]
    return hashlib.sha256(json.dumps(names).encode()).hexdigest()


def content(*sets: Sequence[Pair]) -> str:
    """Return a digest of the pixels of these pictures, LR and HR."""

    def of(array: np.ndarray) -> bytes:
        return hashlib.blake2b(np.ascontiguousarray(array).data, digest_size=16).digest()

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        digests = pool.map(of, (array for pairs in sets for pair in pairs for array in (pair.lr, pair.hr)))
        return hashlib.sha256(b"".join(digests)).hexdigest()
