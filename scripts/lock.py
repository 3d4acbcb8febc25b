"""Write constraints.txt: the pins of what the direct requirements need in turn, as new as these allow.

The resolution is universal: one file serves every supported Python and platform, with markers where they
differ.
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CONSTRAINTS = ROOT / "constraints.txt"
REQUIREMENTS = sorted(ROOT.glob("requirements*.txt"))
OLDEST_PYTHON = "3.11"
HEADER = """\
# Written by `make lock`; do not edit.
# The pins of what the requirements*.txt files need in turn; those hold the direct pins.
"""


def pinned_name(line: str) -> str | None:
    """The normalised name of the distribution that a line pins, if it pins one."""
    match = re.match(r"([A-Za-z0-9._-]+)(\[[^]]*\])?\s*==", line)
    return re.sub(r"[-_.]+", "-", match[1]).lower() if match else None


def direct_pins() -> list[str]:
    """The lines of all requirement files that pin something."""
    lines = [line for path in REQUIREMENTS for line in path.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if pinned_name(line)]


def resolve(pins: list[str]) -> list[str]:
    """All pins of a universal resolution of ``pins``, direct and transitive."""
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "direct.txt"
        source.write_text("\n".join(pins) + "\n", encoding="utf-8")
        command = [sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal"]
        command += ["--python-version", OLDEST_PYTHON, "--fork-strategy", "fewest"]
        command += ["--no-header", "--no-annotate", "--no-config", str(source)]
        done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        sys.exit("The pins do not resolve: see uv's message above.")
    return done.stdout.splitlines()


def main() -> None:
    pins = direct_pins()
    direct = {pinned_name(line) for line in pins}
    transitive = [line for line in resolve(pins) if pinned_name(line) not in direct]
    CONSTRAINTS.write_text(HEADER + "\n".join(transitive) + "\n", encoding="utf-8")
    print(f"Pinned {len(transitive)} distributions in {CONSTRAINTS.name}.")


if __name__ == "__main__":
    main()
