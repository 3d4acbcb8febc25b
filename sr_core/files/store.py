"""A folder of pictures, on a disk or at a URL that fsspec supports (``s3://bucket/folder``)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sr_core.errors import OptionError, PictureError, UnreadablePictureError
from sr_core.files import folder, storage
from sr_core.files.formats import READABLE_EXTENSIONS


class Store:
    """Finds, reads and writes files in a folder. It can be pickled and sent to other machines.

    Parameters
    ----------
    url : str
        Path of a folder, or the URL of one.

    Attributes
    ----------
    root : Path
        Of the folder. All paths begin with it, on a disk and at a URL alike.

    Raises
    ------
    OptionError
        The kind of URL is unknown, or a package that it needs is not installed.
    """

    def __init__(self, url: str):
        self.url = url
        self._system: Any = None
        self.root = Path(url).absolute()
        if "://" in url:
            with self._clear_errors(OptionError, "cannot be reached"):
                from fsspec.core import url_to_fs  # pyright: ignore[reportMissingImports]
                from fsspec.implementations.local import (  # pyright: ignore[reportMissingImports]
                    LocalFileSystem,
                )

                system, root = url_to_fs(url)
                self.root = Path(root)
                self._system = None if isinstance(system, LocalFileSystem) else system

    @property
    def is_local(self) -> bool:
        """Return whether it is a folder on a disk."""
        return self._system is None

    def find(self, *, recursive: bool) -> folder.Found:
        """Find the pictures; see `sr_core.files.folder.find`.

        Raises
        ------
        OptionError
            The folder does not exist, or cannot be listed.
        """
        if self._system is None:
            if not self.root.is_dir():
                raise OptionError(f"There is no folder of that name; received {self.url}.")
            return folder.find(self.root, recursive=recursive)
        with self._clear_errors(OptionError, "cannot be listed"):
            names = self._system.find(self.root.as_posix(), maxdepth=None if recursive else 1)
        paths = [path for path in map(Path, sorted(names)) if not self._is_hidden(path)]
        pictures = tuple(path for path in paths if path.suffix.lower() in READABLE_EXTENSIONS)
        return folder.Found(pictures, tuple(sorted(set(paths) - set(pictures))), ())

    def existing(self, paths: Sequence[Path]) -> set[Path]:
        """Return those of `paths` that exist; a URL is listed only once."""
        if self._system is None:
            return {path for path in paths if self.exists(path)}
        with self._clear_errors(OptionError, "cannot be listed"):
            if not self._system.exists(self.root.as_posix()):
                return set()
            return set(paths).intersection(map(Path, self._system.find(self.root.as_posix())))

    def exists(self, path: Path) -> bool:
        """Return whether the file exists; False for an invalid name."""
        try:
            return path.exists() if self._system is None else self._system.exists(path.as_posix())
        except OSError:
            return False

    def read(self, path: Path, *, max_bytes: int) -> bytes:
        """Read a file whose size is checked first.

        Raises
        ------
        PictureError
        """
        if self._system is None:
            return storage.read_bytes(path, max_bytes=max_bytes)
        with self._clear_errors(UnreadablePictureError, f"holds no {path.name!r} that can be read"):
            storage.check_size(self._system.info(path.as_posix())["size"] or 0, max_bytes)
            return self._system.cat_file(path.as_posix())

    def write(self, path: Path, data: bytes) -> None:
        """Write a file whole or not at all; at a URL, as far as the store can do that (object stores can).

        Raises
        ------
        SuperResError
        """
        if self._system is None:
            storage.write_new(path, data)
            return
        with self._clear_errors(PictureError, f"does not take {path.name!r}"):
            self._system.makedirs(path.parent.as_posix(), exist_ok=True)
            self._system.pipe_file(path.as_posix(), data)

    def _is_hidden(self, path: Path) -> bool:
        return any(folder.is_hidden(part) for part in path.relative_to(self.root).parts)

    @contextmanager
    def _clear_errors(self, kind: type[OptionError | PictureError], what: str) -> Iterator[None]:
        """Turn whatever a file system raises into a clear message."""
        try:
            yield
        except (OptionError, PictureError):
            raise
        except Exception as error:
            raise kind(f"The folder {self.url} {what}: {type(error).__name__}: {error}") from error
