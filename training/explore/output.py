"""The folder that results are written into."""

from pathlib import Path

from sr_core.errors import DatasetError


def make(folder: Path) -> None:
    """Make a folder for results, and those it lies in, where they are missing.

    Raises
    ------
    DatasetError
        It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DatasetError(
            f"The folder for the results cannot be made: {error.strerror}. Received: {folder}"
        ) from error
