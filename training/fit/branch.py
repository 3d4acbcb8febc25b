"""A trunk, trained at a constant rate without an end, and its branches, which are released.

The warm-up, stable, decay schedule: Hu et al., "MiniCPM: Unveiling the Potential of Small Language Models
with Scalable Training Strategies" (https://arxiv.org/abs/2404.06395), section 4; Hägele et al., "Scaling Laws
and Compute-Optimal Training Beyond Fixed Training Durations" (https://arxiv.org/abs/2405.18392), from whom
the square-root decay and its length are. A cosine must know its end from the beginning, and training its
weights further first loses what the higher rate undoes. A trunk has no end. What it has learnt shows only
when the rate decays, which happens in a copy: the trunk continues as if there had been no branch.
"""

import math
from collections.abc import Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from sr_core import weights
from sr_core.errors import OptionError
from training.fit import checkpoint
from training.fit.callbacks import COLUMNS
from training.fit.histories import write
from training.fit.lineage import of_run
from training.fit.recipe import Recipe, from_plain
from training.fit.run_folder import RunFolder, RunState

# Default length of a branch, as a share of the trunk's steps.
DEFAULT_SHARE = 0.2

# What a branch must share with its trunk, because its variables are the trunk's.
_FIXED = ("network", "scale", "hyperparameters", "optimizer")


def recipe(trunk: Path, folder: Path, changes: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a branch: the trunk's with a decaying rate, validated at its end only.

    Parameters
    ----------
    trunk, folder : Path
        Of the trunk, and of the branch.
    changes : mapping
        Fields of the recipe to replace: patch, phases, loss, final_rate, steps and so on.

    Raises
    ------
    OptionError
        There is no trunk in that folder, or a change is to something a branch must share with it.
    """
    files = RunFolder(trunk)
    if not (files.description.exists() and files.checkpoint.exists()):
        raise OptionError(f"There is no run with a checkpoint to branch from. Received: {trunk}")
    of_trunk = from_plain(files.described()["recipe"])
    if not of_trunk.open_ended:
        raise OptionError(
            "The rate of that run falls already; branches are for runs with --schedule constant. "
            f"Received: {trunk}"
        )
    own = RunFolder(folder)
    if own.description.exists():  # the trunk may be longer by now
        steps = own.described()["recipe"]["steps"]
    else:
        steps = math.ceil(DEFAULT_SHARE * checkpoint.read_state(files.checkpoint)["steps"])
    falling = replace(of_trunk, schedule="1-sqrt", warmup=0.0, steps=steps, validate_every=0)
    chosen = replace(falling, **changes)
    if chosen.open_ended:
        raise OptionError("The rate of a branch must fall; choose another --schedule. Received: constant")
    other = [name for name in _FIXED if getattr(chosen, name) != getattr(of_trunk, name)]
    other += ["ema"] if (chosen.ema > 0) != (of_trunk.ema > 0) else []
    if other:
        raise OptionError(
            f"A branch takes these from its trunk; leave them out. Received: {', '.join(other)}"
        )
    return chosen


def begin(trunk: Path, files: RunFolder) -> dict[str, Any]:
    """Copy the trunk's checkpoint as that of a new run, once; return what the run's card must tell of it.

    The copy holds the optimizer's variables and the number of the trunk's steps, after which its batches
    continue. The trunk may be in training meanwhile.
    """
    source = RunFolder(trunk)
    if not files.checkpoint.exists():

        def first_state(trunk: dict[str, Any]) -> dict[str, Any]:
            # Before the checkpoint, whose presence says that all else is in place.
            write(files.trunk_history, trunk["history"], COLUMNS)
            return asdict(RunState(trunk_steps=trunk["trunk_steps"] + trunk["steps"]))

        checkpoint.copy(source.checkpoint, files.checkpoint, first_state)
    return {"before": weights.each_training(of_run(files.trunk_history, source.described()))}
