"""Every option of every command of ``python -m training`` is documented, and no other."""

import re
from pathlib import Path

import pytest

from training.cli import COMMANDS, main

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "training.md"
NAMES = [module.__name__.rpartition(".")[2] for module in COMMANDS]


def options(text: str) -> set[str]:
    return set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text))


def table(name: str) -> str:
    """The left column of the table that documents a command."""
    lines = DOCUMENT.read_text(encoding="utf-8").splitlines()
    head = f"| option of `{name}` | |"
    assert head in lines, f"docs/training.md lacks a table that begins with {head}"
    rows = lines[lines.index(head) + 2 :]
    end = next((i for i, line in enumerate(rows) if not line.startswith("|")), len(rows))
    return "\n".join(row.split("|")[1] for row in rows[:end])


@pytest.mark.parametrize("name", NAMES)
def test_the_options_of_a_command_are_those_of_its_table(name, capsys):
    with pytest.raises(SystemExit):
        main([name, "--help"])
    text = capsys.readouterr().out
    # Up to the details, where a help text may name the option of another command.
    usage = text.split("\n\n")[0]

    assert options(table(name)) == options(usage) - {"--help"}
    assert not re.search(r"\(default[^()]*\)\s*\(default", text)
