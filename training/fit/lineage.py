"""What a card tells of a run, so that later runs that begin with its weights can pass it on."""

import shlex
from pathlib import Path, PurePath
from typing import Any

from training.evaluate import mean_psnr
from training.fit import histories


def portable(command: str) -> str:
    """Return a command without the folders of the machine it was typed on.

    Values of ``--data`` and ``--val``, absolute paths, and paths out of the working folder are cut to their
    last name.
    """
    words, option = [], ""
    for word in shlex.split(command):
        if word.startswith("--"):
            option, equals, value = word.partition("=")
            words.append(option + equals + _last_name(value, option) if equals else word)
        else:
            words.append(_last_name(word, option))
    return shlex.join(words)


def _last_name(word: str, option: str) -> str:
    path = PurePath(word)
    foreign = path.is_absolute() or ".." in path.parts or option in ("--data", "--val")
    return path.name if foreign and path.name else word


def of_run(history: Path, description: dict[str, Any]) -> dict[str, Any]:
    """Return a run's part of a card: how it was started, its recipe, length and best score."""
    rows = histories.read(history)
    about = description["about"]
    if "command" in about:
        about = {**about, "command": portable(about["command"])}
    content = {
        **about,
        "recipe": description["recipe"],
        "start_from": description["start_from"],
        "steps": int(rows[-1]["steps"]),
        "hours": round(float(rows[-1]["minutes"]) / 60, 2),
    }
    validated = [row for row in rows if row["val_psnr"]]
    if not validated:  # as a trunk may be
        return content
    monitor = description["recipe"]["monitor"]
    if monitor == "last":  # as `training.fit.gan` kept them
        best = [row for row in validated if row["kept"] == "True"][-1]
    else:  # as `training.fit.callbacks.Validation` chose them
        by_psnr = monitor == "psnr"
        best = max(validated, key=lambda row: float(row["val_psnr"]) if by_psnr else -float(row["val_mae"]))
    return {
        **content,
        "best_steps": int(best["steps"]),
        # Runs from before exact pictures counted as a finite PSNR may have an infinite mean.
        "best_validation_psnr": round(mean_psnr([float(best["val_psnr"])]), 3),
    }
