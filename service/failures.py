"""What a person, and the log, are told of a failure."""

import logging
import traceback

from sr_core import SuperResError

_log = logging.getLogger(__name__)


def describe_failure(error: Exception) -> str:
    """Return a `SuperResError`'s message as it is; log anything else, and return an apology."""
    if isinstance(error, SuperResError):
        return str(error)
    # Where, but not what: the message of an exception may quote the picture or the name of the file.
    where = "".join(traceback.format_tb(error.__traceback__))
    _log.error("The app failed with %s:\n%s", type(error).__name__, where)
    return (
        "Something went wrong on our side, and it has been logged without your picture. "
        "Try again, or try another picture."
    )
