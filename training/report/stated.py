"""What a recipe's docstring states: the command of each run, how long it took, and what it scored."""

import re
import textwrap
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from sr_core.errors import OptionError
from sr_core.files import write_bytes
from sr_core.weights import WeightsCard
from training.data.conditions import CLEAN
from training.export import input_of
from training.report.tables import is_adversarial

_INDENT = " " * 4
_WIDTH = 104
_HEAD = (
    "Notes\n-----\nFrom the cards, by ``python -m training report --recipes``. Where a network had several "
    "runs, each was\nexported to ``weights/`` and its folder removed before the next:\n"
)


def statements(cards: Sequence[WeightsCard], study: Sequence[WeightsCard]) -> dict[tuple[str, str], str]:
    """Return what the docstring of each recipe states, by file and function."""
    return {
        ("recipes.py", "best"): statement(card for card in cards if not is_adversarial(card)),
        ("recipes.py", "study"): statement(study),
        ("gan_recipes.py", "gan"): statement(card for card in cards if is_adversarial(card)),
    }


def statement(cards: Iterable[WeightsCard]) -> str:
    """Return the part of a docstring about the runs of one recipe, not indented."""
    told = [_told(card) for card in cards if "command" in card.training]
    return "\n\n".join([_HEAD.rstrip(), *(told or ["Nothing was run yet."])])


def with_statement(source: str, function: str, content: str) -> str:
    """Return a module's text in which the docstring of `function` ends with `content`.

    Raises
    ------
    OptionError
        There is no such function with a docstring of several lines.
    """
    found = re.search(rf'^def {function}\(.*?\n{_INDENT}"""(?=  # noqa|\n)', source, re.DOTALL | re.MULTILINE)
    if found is None:
        raise OptionError(f"There is no function of that name with a docstring. Received: {function}")
    begin, docstring = found.start(), found.group().removesuffix(f'{_INDENT}"""')
    before = docstring.split(f"\n{_INDENT}Notes\n")[0].rstrip()
    after = source[begin + len(docstring) :]
    return f"{source[:begin]}{before}\n\n{textwrap.indent(content, _INDENT)}\n{after}"


def renew(folder: Path, stated: dict[tuple[str, str], str]) -> None:
    """Write what `statements` returned into the modules in `folder`, each atomically."""
    for (name, function), content in stated.items():
        file = folder / name
        write_bytes(file, with_statement(file.read_text(encoding="utf-8"), function, content).encode())


def _told(card: WeightsCard) -> str:
    commands = [f"``{_command(training)}``" for training in card.trainings if "command" in training]
    lengths = ", then ".join(_length(training) for training in card.trainings)
    lines = [
        line
        for command in commands
        for line in textwrap.wrap(command, _WIDTH, break_long_words=False, break_on_hyphens=False)
    ]
    said = f"{card.title}: {lengths}{_score(card)}."
    return "\n".join(
        [*lines, *textwrap.wrap(said, _WIDTH, initial_indent=_INDENT, subsequent_indent=_INDENT)]
    )


def _command(training: Mapping[str, Any]) -> str:
    """Return the command, with the optimizer where it was typed before there was a choice of it."""
    typed, recipe = training["command"], training.get("recipe", {})
    chosen = "optimizer" in recipe or "--recipe study" in typed or " fit " not in typed
    return typed if chosen else f"{typed} --optimizer adam"


def _length(training: Any) -> str:
    if "hours" not in training:
        return "seconds"
    where = f" on {training['hardware']}" if training.get("hardware") else ""
    return f"{training['hours']:g} h, {training['steps']:,} steps{where}"


def _score(card: WeightsCard) -> str:
    as_is = [s for s in card.scores if not s["self_ensemble"] and not s.get("clean_up")]
    plain = [score for score in as_is if input_of(score) == str(CLEAN)]
    if not plain:
        return ""
    # The first protocol of the first set is the one that is quoted: luma on Set5, or the study's.
    score = plain[0]
    network = score["network"]
    return (
        f"; {score['dataset']} ({score['protocol']}) {network['psnr']:.2f} dB / {network['ssim']:.4f}, "
        f"without it {score['bicubic']['psnr']:.2f} dB"
    )
