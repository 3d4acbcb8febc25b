"""One sentence where a folder that a person named cannot be written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sr_core.errors import OptionError


@contextmanager
def writing(folder: Path, *, option: str) -> Iterator[None]:
    """Write into `folder`, which the option called `option` names.

    Raises
    ------
    OptionError
        The system does not let it be written to, or it is full.
    """
    try:
        yield
    except OSError as error:
        # NumPy and HDF5 raise some without a number, and with a sentence of their own.
        reason = error.strerror or str(error)
        raise OptionError(
            f"This folder cannot be written to: {reason}; free space, change its permissions, or choose "
            f"another {option}. Received: {folder}"
        ) from error


def reserve(file: Path, size: int) -> None:
    """Write so many bytes into `file`, which is to be written anew at once: HDF5 crashes on a full disk.

    Raises
    ------
    OSError
        There is no room for them.
    """
    with file.open("wb") as content:
        content.write(bytes(size))
        content.flush()
