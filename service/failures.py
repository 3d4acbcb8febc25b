"""What a person, and the log, are told of a failure."""

import logging
import re
import traceback

from sr_core import OptionError, PictureError, SuperResError

# How sentences end for whoever calls the library: what exactly was received tells a person nothing.
_TECHNICAL_END = re.compile(r"[;.] [Rr]eceived:? .*$", re.DOTALL)

_log = logging.getLogger(__name__)


def describe_failure(error: Exception) -> str:
    """Return what a `SuperResError` says, without its technical end; log anything else, and apologise."""
    if isinstance(error, SuperResError):
        return _TECHNICAL_END.sub(".", str(error))
    # Where, but not what: the message of an exception may quote the picture or the name of the file.
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("The app failed with %s:\n%s", type(error).__name__, where)
    return (
        "Something went wrong on our side, and it has been logged without your picture. "
        "Try again, or try another picture."
    )


def is_lasting(error: Exception) -> bool:
    """Whether the same picture would fail again in the same way, so that nobody should try."""
    return isinstance(error, PictureError | OptionError)
