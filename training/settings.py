"""Settings as fields of dataclasses that carry their own help text.

`add_options` turns them into the options of a command, `given` parsed options into their values.
"""

import argparse
import dataclasses
import json
import types
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_TEXT = "text"


def setting(default: Any, text: str, **how: Any) -> Any:
    """Return a field of a dataclass that is also an option of a command.

    Parameters
    ----------
    default
        Of the field.
    text : str
        Its help text: purpose, unit and origin.
    how
        For `argparse.ArgumentParser.add_argument`, where the type of the field does not imply it; `option`
        is the option's name, if it is not that of the field.
    """
    return dataclasses.field(default=default, metadata={_TEXT: text, **how})


def changed(kind: type, name: str, default: Any) -> Any:
    """Return a field like that of `kind`, with another default for a subclass."""
    return dataclasses.field(default=default, metadata=_fields(kind)[name].metadata)


def add_options(parser: argparse.ArgumentParser, kind: type, *, show_defaults: bool = False) -> None:
    """Add an option for each `setting` of a dataclass.

    An option that was not given is None; `show_defaults` adds the default to its help.
    """
    hints = get_type_hints(kind)
    for name, field in _fields(kind).items():
        if _TEXT in field.metadata:
            how = {**_implied(hints[name]), **field.metadata}
            option, text = how.pop("option", "--" + name.replace("_", "-")), how.pop(_TEXT)
            if show_defaults and "(default" not in text and field.default not in (None, (), "", True, False):
                text += f" (default {field.default})"
            parser.add_argument(option, dest=name, default=None, help=text.replace("%", "%%"), **how)


def given(options: argparse.Namespace, kind: type) -> dict[str, Any]:
    """Return the fields of a dataclass that were given as options."""
    values = {name: getattr(options, name, None) for name in _fields(kind)}
    return {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in values.items()
        if value is not None
    }


def json_object(text: str) -> dict[str, Any]:
    """Read an option's value such as ``{"blocks": 16}``."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError(
            f"""a JSON object such as '{{"blocks": 16}}' is expected, not {text!r}"""
        )
    return value


def _fields(kind: type) -> dict[str, "dataclasses.Field[Any]"]:
    return {field.name: field for field in dataclasses.fields(kind)}


def _implied(hint: Any) -> dict[str, Any]:
    """Return the arguments of an option that the type of its field implies."""
    if get_origin(hint) in (Union, types.UnionType):
        [hint] = [one for one in get_args(hint) if one is not type(None)]
    if get_origin(hint) is Literal:
        return {"choices": get_args(hint)}
    if get_origin(hint) in (tuple, Sequence):
        return {"nargs": "+", "type": get_args(hint)[0]}
    if get_origin(hint) is Mapping:
        return {"type": json_object, "metavar": "JSON"}
    if hint is bool:
        return {}
    return {"type": hint, **({"metavar": "PATH"} if hint is Path else {})}
