"""Messages of the commands."""

import traceback
from typing import TYPE_CHECKING

from sr_core.errors import SuperResError

if TYPE_CHECKING:
    from rich.console import Console


def print_line(console: "Console", text: str) -> None:
    """Print a line without markup, highlighting or wrapping."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def describe_error(error: Exception, *, debug: bool) -> str:
    """Return what went wrong, with the traceback if `debug`."""
    if isinstance(error, SuperResError):
        message = str(error)
    else:
        hint = "" if debug else "; --debug shows the traceback"
        message = f"unexpected {type(error).__name__}: {error}{hint}"
    return message + ("\n" + "".join(traceback.format_exception(error)) if debug else "")
