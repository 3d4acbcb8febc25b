"""Settings that describe themselves: what a field of a dataclass is for is said once, beside it.

`add_options` makes the options of a command from that, and `given` the arguments of the dataclass.
"""

import argparse
import dataclasses
import json
import types
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

_TEXT = "text"


def setting(default: Any, text: str, **how: Any) -> Any:
    """Return a field of a dataclass that is an option of a command.

    Parameters
    ----------
    default
        Of the field.
    text : str
        What it is for, its unit, and where it comes from.
    how
        For `argparse.ArgumentParser.add_argument`, where the type of the field does not say it; `option` is
        the option's name, if it is another than the field's.
    """
    return dataclasses.field(default=default, metadata={_TEXT: text, **how})


def changed(kind: type, name: str, default: Any) -> Any:
    """Return a field like one of `kind`, which a subclass has another default for."""
    return dataclasses.field(default=default, metadata=_fields(kind)[name].metadata)


def add_options(
    parser: argparse.ArgumentParser, kind: type, *, tell_defaults: bool = False, leave: Collection[str] = ()
) -> None:
    """Add an option for each `setting` of a dataclass but those to `leave`.

    None stands for an option that was not given; `tell_defaults` says in its text what that means.
    """
    hints = get_type_hints(kind)
    for name, field in _fields(kind).items():
        if _TEXT in field.metadata and name not in leave:
            how = {**_how(hints[name]), **field.metadata}
            option, text = how.pop("option", "--" + name.replace("_", "-")), how.pop(_TEXT)
            if tell_defaults and field.default not in (None, (), "", True, False):
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


def _how(hint: Any) -> dict[str, Any]:
    """Return what the type of a field says of its option."""
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
