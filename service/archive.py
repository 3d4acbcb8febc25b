"""ZIP files: reading pictures from an untrusted one, and writing results to a new one.

Nothing that an archive claims is trusted. Names are sanitised, and sizes are checked both in the headers and
while reading, before anything reaches a decoder.
"""

import re
import struct
import unicodedata
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import PurePosixPath

from sr_core import Limits, SuperResError
from sr_core.files import READABLE_EXTENSIONS


class ArchiveError(SuperResError):
    """A ZIP file is damaged, protected, or holds more than is accepted."""


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Limits for one ZIP file.

    Attributes
    ----------
    max_entries : int
        Files and folders of any kind.
    max_bytes : int
        Unpacked size of all pictures together (300 MiB).
    max_entry_bytes : int
        Unpacked size of one picture: the same limit as for a single upload.
    max_directory_bytes : int
        Size of the central directory (2 MiB), which is read as a whole.
    """

    max_entries: int = 1000
    max_bytes: int = 300 * 2**20
    max_entry_bytes: int = Limits().max_bytes
    max_directory_bytes: int = 2 * 2**20


DEFAULT_LIMITS = ArchiveLimits()


@dataclass(frozen=True, slots=True)
class Entry:
    """One file: its folder ("" or "a/b"), name and content."""

    folder: str
    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """The pictures of an archive, and a sentence for each file that was skipped."""

    pictures: tuple[Entry, ...]
    skipped: tuple[str, ...]


_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
_ARCHIVES = (".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz")
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # others may take any amount of memory
_ENCRYPTED = 0x1
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError, ValueError),
    RuntimeError,  # an entry claims to need a later version of ZIP, or to be a patch
    IndexError,  # an entry has no name
)
_END = struct.Struct("<4s4H2LH")
_MAX_COMMENT = 65_535
_LOCATOR_64, _LOCATOR_64_BYTES = b"PK\x06\x07", 20

# Control characters, and those that reverse the text direction and so disguise a name.
_INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_FORBIDDEN = re.compile(r'[<>:"|?*]')
_DRIVE = re.compile(r"^[A-Za-z]:")
_RESERVED = re.compile(r"^(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)
_MAX_PART, _MAX_DEPTH = 100, 8
_TIMESTAMP = (1980, 1, 1, 0, 0, 0)  # fixed, so that the same results give the same archive


def is_archive(data: bytes) -> bool:
    """Return whether a file starts like a ZIP file."""
    return data.startswith(_STARTS)


def entries(name: str, data: bytes) -> Unpacked:
    """Return the pictures in an upload: the file itself, or its entries if it is a ZIP file.

    Raises
    ------
    ArchiveError
        See `unpack`.
    """
    if not is_archive(data):
        return Unpacked((Entry("", name, data),), ())
    unpacked = unpack(data)
    return (
        unpacked
        if unpacked.pictures
        else replace(unpacked, skipped=(*unpacked.skipped, f"{name} contains no pictures."))
    )


def unpack(data: bytes, *, limits: ArchiveLimits = DEFAULT_LIMITS) -> Unpacked:
    """Read the pictures of a ZIP file.

    Parameters
    ----------
    data : bytes
        The whole file.
    limits : ArchiveLimits

    Returns
    -------
    Unpacked
        In the archive's order. Files without a picture's extension are skipped and reported; what operating
        systems leave behind (``__MACOSX``, hidden files) is skipped silently.

    Raises
    ------
    ArchiveError
        It is damaged, password-protected, or over a limit.
    """
    _check_directory(data, limits)
    try:
        with zipfile.ZipFile(BytesIO(data)) as archive:
            return _unpack(archive, limits)
    except _DAMAGED as error:
        raise ArchiveError(
            "The ZIP file is damaged; pack it again, or drop the pictures themselves."
        ) from error


def pack(files: Iterable[tuple[str, bytes]]) -> Iterator[bytes]:
    """Yield a ZIP file in chunks. Entries are stored uncompressed: pictures are compressed already.

    Parameters
    ----------
    files : iterable of (path, bytes)
        Read one by one. The paths must be unique; see `unique_paths`.
    """
    stream = _Stream()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, data in files:
            info = zipfile.ZipInfo(path, _TIMESTAMP)
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)
            yield stream.drain()
    yield stream.drain()


class _Stream(BytesIO):
    """Buffer for one entry at a time: `zipfile` never seeks back beyond the header of the current entry."""

    def __init__(self) -> None:
        super().__init__()
        self._drained = 0

    def drain(self) -> bytes:
        """Return and discard what was written since the last call."""
        written = self.getvalue()
        self._drained += len(written)
        super().seek(0)
        self.truncate()
        return written

    def tell(self) -> int:
        """Return the position in the whole archive."""
        return self._drained + super().tell()

    def seek(self, position: int, whence: int = 0) -> int:
        """Move to a position in the whole archive that has not been drained."""
        return self._drained + super().seek(position - self._drained if whence == 0 else position, whence)


def unique_paths(paths: Sequence[str]) -> list[str]:
    """Return the paths with a number added to repeated ones, ignoring case as Windows does."""
    seen: set[str] = set()
    unique = []
    for path in paths:
        pure, number = PurePosixPath(path), 1
        while path.casefold() in seen:
            number += 1
            path = str(pure.with_name(f"{pure.stem} ({number}){pure.suffix}"))
        seen.add(path.casefold())
        unique.append(path)
    return unique


def safe_path(name: str) -> tuple[str, str]:
    """Return a folder and a name that cannot leave their directory and that any file system accepts.

    Parameters
    ----------
    name : str
        Name of an entry or of an uploaded file.
    """
    parts = [_safe_part(part) for part in _DRIVE.sub("", name.replace("\\", "/")).split("/")]
    parts = [part for part in parts if part] or ["picture"]
    return "/".join(parts[:-1][:_MAX_DEPTH]), parts[-1]


def _safe_part(part: str) -> str:
    part = unicodedata.normalize("NFC", part)
    part = "".join(c for c in part if unicodedata.category(c) not in _INVISIBLE)
    part = _FORBIDDEN.sub("_", part).strip(" ").rstrip(".")
    if _RESERVED.match(part):
        part = f"_{part}"
    pure = PurePosixPath(part)
    suffix = pure.suffix[:10]
    return f"{part[: len(part) - len(pure.suffix)][: _MAX_PART - len(suffix)]}{suffix}".strip(" ").rstrip(".")


def _check_directory(data: bytes, limits: ArchiveLimits) -> None:
    """Check the central directory before `zipfile` reads all of it and creates an object per entry."""
    start = data.rfind(b"PK\x05\x06", max(0, len(data) - _END.size - _MAX_COMMENT))
    if start < 0 or len(data) < start + _END.size:
        raise ArchiveError("The ZIP file is damaged: its end is missing; pack it again.")
    *_, entries, size, _, _ = _END.unpack_from(data, start)
    locator = data[max(0, start - _LOCATOR_64_BYTES) :][: len(_LOCATOR_64)]
    if locator == _LOCATOR_64 or entries > limits.max_entries or size > limits.max_directory_bytes:
        raise ArchiveError(
            f"The ZIP file holds too many files: at most {limits.max_entries:,} are accepted; split it."
        )


def _unpack(archive: zipfile.ZipFile, limits: ArchiveLimits) -> Unpacked:
    chosen: list[tuple[str, str, zipfile.ZipInfo]] = []
    skipped: list[str] = []
    infos = [info for info in archive.infolist() if not info.is_dir()]
    if len(infos) > limits.max_entries:
        raise ArchiveError(
            f"The ZIP file holds too many files: at most {limits.max_entries:,} are accepted; split it."
        )
    for info in infos:
        folder, name = safe_path(info.filename)
        if name.startswith(".") or "__MACOSX" in folder or name in {"Thumbs.db", "desktop.ini"}:
            continue
        reason = _reason_to_skip(info, name, limits)
        if reason:
            skipped.append(f"{name} {reason}")
        else:
            chosen.append((folder, name, info))
    total = sum(info.file_size for *_, info in chosen)
    if total > limits.max_bytes:
        raise ArchiveError(
            "The pictures of the ZIP file are too large: unpacked, at most "
            f"{limits.max_bytes / 2**20:,.0f} MiB are accepted; split it; "
            f"received {total / 2**20:,.0f} MiB."
        )
    return Unpacked(
        tuple(Entry(folder, name, _read(archive, info)) for folder, name, info in chosen), tuple(skipped)
    )


def _reason_to_skip(info: zipfile.ZipInfo, name: str, limits: ArchiveLimits) -> str:
    if info.flag_bits & _ENCRYPTED:
        raise ArchiveError(
            "The ZIP file is protected by a password; pack it again without one, or drop the pictures "
            "themselves."
        )
    extension = PurePosixPath(name).suffix.lower()
    if extension in _ARCHIVES:
        return "was left out: it is an archive inside the archive; drop it by itself."
    if extension not in READABLE_EXTENSIONS:
        return "was left out: it is not a picture."
    if info.compress_type not in _METHODS:
        return "was left out: it is compressed in an uncommon way; pack it again as an ordinary ZIP file."
    if info.file_size > limits.max_entry_bytes:
        return f"was left out: it is larger than {limits.max_entry_bytes / 2**20:g} MiB."
    return ""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> bytes:
    with archive.open(info) as file:
        # At most one byte more than announced, however much there is.
        data = file.read(info.file_size + 1)
    if len(data) != info.file_size:
        raise zipfile.BadZipFile(f"{len(data)} bytes where {info.file_size} were announced")
    return data
