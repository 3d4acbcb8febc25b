"""Files on disk: read within a limit, written whole or not at all."""

import os
from pathlib import Path

from sr_core.errors import OptionError, PictureError, PictureTooLargeError, UnreadablePictureError


def check_size(size: int, max_bytes: int) -> None:
    """Check a file's size in bytes.

    Raises
    ------
    PictureTooLargeError
        If it is over `max_bytes`.
    """
    if size > max_bytes:
        raise PictureTooLargeError(
            f"The file is too large: at most {max_bytes / 2**20:g} MiB are accepted; reduce the picture or "
            f"compress it more; received {size / 2**20:,.1f} MiB."
        )


def read_bytes(path: Path, *, max_bytes: int) -> bytes:
    """Read a file whose size is checked first.

    Raises
    ------
    PictureTooLargeError
        If it is over `max_bytes`.
    UnreadablePictureError
        If it cannot be opened.
    """
    try:
        check_size(path.stat().st_size, max_bytes)
        return path.read_bytes()
    except OSError as error:
        raise UnreadablePictureError(
            f"The file {path.name!r} cannot be opened: {error.strerror}; check its name and permissions."
        ) from error


def write_bytes(path: Path, data: bytes) -> None:
    """Write a file atomically: readers see the old file or the new one, never a partial one.

    Raises
    ------
    PictureError
        If it cannot be written; an existing file is left unchanged.
    """
    # In the same folder, because replacing works only within a file system. Not made by tempfile, whose files
    # only their owner may read.
    part = path.with_name(f".{os.urandom(8).hex()}.part")
    try:
        try:
            part.write_bytes(data)
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        raise PictureError(
            f"The file {path.name!r} cannot be written: {error.strerror}; check its folder, permissions and "
            f"free space."
        ) from error


def write_new(path: Path, data: bytes) -> None:
    """Write a file as `write_bytes` does, and create its folder.

    Raises
    ------
    OptionError
        If the folder cannot be created.
    PictureError
        If the file cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OptionError(f"The folder {path.parent} cannot be made: {error.strerror}.") from error
    write_bytes(path, data)
