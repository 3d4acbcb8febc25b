"""Turns exceptions into messages for the person and for the log."""

import logging
import re
import traceback

from sr_core import OptionError, PictureError, SuperResError

# The end of a library message, for its caller: the exact value received means nothing to a person.
_TECHNICAL_END = re.compile(r"[;.] [Rr]eceived:? .*$", re.DOTALL)

_log = logging.getLogger(__name__)


def describe_failure(error: Exception) -> str:
    """Return the message of a `SuperResError` without its technical end; log any other, and apologise."""
    if isinstance(error, SuperResError):
        return _TECHNICAL_END.sub(".", str(error))
    # The traceback but not the message, which may quote the picture or the name of the file.
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("The app failed with %s:\n%s", type(error).__name__, where)
    return (
        "Something went wrong on our side, and it has been logged without your picture. "
        "Try again, or try another picture."
    )


def is_permanent(error: Exception) -> bool:
    """Return whether the same picture would fail again in the same way, so that a retry is pointless."""
    return isinstance(error, PictureError | OptionError)
