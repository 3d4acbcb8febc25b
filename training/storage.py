"""Clear errors where a folder named by the user cannot be written to."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sr_core.errors import OptionError


@contextmanager
def writing(folder: Path, *, option: str) -> Iterator[None]:
    """Report failures to write into `folder`, which was named by the option `option`.

    Raises
    ------
    OptionError
        The folder is not writable, or the disk is full.
    """
    try:
        yield
    except OSError as error:
        # NumPy and HDF5 raise some without a number, with a message of their own.
        reason = error.strerror or str(error)
        raise OptionError(
            f"This folder cannot be written to: {reason}; free space, change its permissions, or choose "
            f"another {option}. Received: {folder}"
        ) from error


def reserve(file: Path, size: int) -> None:
    """Write `size` bytes into `file`, which the caller overwrites next: HDF5 crashes on a full disk.

    Raises
    ------
    OSError
        The disk is full.
    """
    with file.open("wb") as content:
        content.write(bytes(size))
        content.flush()
