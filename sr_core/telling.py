"""What the commands say."""

import traceback
from typing import TYPE_CHECKING

from sr_core.errors import SuperResError

if TYPE_CHECKING:
    from rich.console import Console


def say(console: "Console", text: str) -> None:
    """Write a line as it is."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)


def sentence(error: Exception, *, debug: bool) -> str:
    """Return what went wrong, and where it arose if that is asked for."""
    if isinstance(error, SuperResError):
        said = str(error)
    else:
        hint = "" if debug else "; --debug shows where it arose"
        said = f"unexpected {type(error).__name__}: {error}{hint}"
    return said + ("\n" + "".join(traceback.format_exception(error)) if debug else "")
