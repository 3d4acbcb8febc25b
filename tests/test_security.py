"""docs/security.md says the limits that are in force."""

import importlib
import re
from functools import reduce
from pathlib import Path

PAGE = (Path(__file__).resolve().parent.parent / "docs" / "security.md").read_text(encoding="utf-8")
UNITS = {"MiB": 2**20, "megapixels": 10**6, "px": 1, "": 1}


def test_the_limits_in_the_threat_model_are_those_in_force() -> None:
    rows = re.findall(r"^\| `([\w.]+):([\w.]+)` \| [^|]+ \| ([\d,]+) ?(\w*) \|", PAGE, re.MULTILINE)

    assert len(rows) == len(re.findall(r"^\| `", PAGE, re.MULTILINE)) > 8
    for module, name, value, unit in rows:
        actual = reduce(getattr, name.split("."), importlib.import_module(module))
        factor = 1 if name.endswith("_MIB") else UNITS[unit]
        assert actual == int(value.replace(",", "")) * factor, name
