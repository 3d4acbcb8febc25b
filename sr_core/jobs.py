"""Plans which pictures the command line enlarges, and the output file of each."""

import errno
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from sr_core import files
from sr_core.errors import OptionError
from sr_core.files import Format, folder


@dataclass(frozen=True, slots=True)
class Job:
    """One picture to enlarge, and its output file."""

    source: Path
    target: Path
    format: Format


EXTENSIONS: Mapping[str, Format] = MappingProxyType({"png": "png", "jpg": "jpeg", "webp": "webp"})
"""The formats by their names on the command line."""

STREAM = Path("-")
"""Standard input as a source, standard output as a target."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The jobs, messages about files that were skipped, and the number of folders that cannot be opened."""

    jobs: list[Job]
    messages: tuple[str, ...] = ()
    unreadable: int = 0


def plan(
    sources: Sequence[Path], *, target: Path | None, extension: str, suffix: str, recursive: bool
) -> Plan:
    """Return every picture with its target; the result does not depend on what earlier runs have written.

    Parameters
    ----------
    sources : sequence of Path
        Pictures and folders, or `STREAM` alone.
    target : Path or None
        A file for a single picture, otherwise a folder; None is beside the original. `STREAM` for one
        picture.
    extension : str
        One of `EXTENSIONS`, or "auto": that of `target`, otherwise PNG.
    suffix : str
        Added to the name of each picture.
    recursive : bool
        Whether folders are searched with their subfolders.

    Raises
    ------
    OptionError
        If there is no picture, an original would be replaced, or a file would be written twice.
    """
    if not sources:
        raise OptionError("No picture was named; give at least one file or folder (see --help).")
    if STREAM in (*sources, target):
        return Plan([_streamed(sources, target, extension)])
    folders = {source: folder.find(source, recursive=recursive) for source in sources if source.is_dir()}
    messages = tuple(text for source, inside in folders.items() for text in inside.messages(source))
    found = {pair[0].absolute(): pair for source in sources for pair in _pairs(source, folders.get(source))}
    if not found:
        raise OptionError(
            " ".join(
                [*messages, f"There is no picture in that folder; received {', '.join(map(str, sources))}."]
            )
        )
    single = len(found) == 1 and not any(source.is_dir() for source in sources)
    if single and target is not None and target.suffix and not target.is_dir():
        jobs = [Job(sources[0], target, _format(target, extension))]
    elif target is not None and target.is_file():
        raise OptionError(f"These pictures need a folder as --output, not a file; received {target}.")
    else:
        jobs = _beside_or_in(target, list(found.values()), sources, suffix, extension)
    _keep_originals(jobs)
    return Plan(jobs, messages, sum(len(inside.unreadable) for inside in folders.values()))


def of_folder(
    found: Sequence[tuple[Path, Path]], folder: Path, *, target: Path, extension: str, suffix: str
) -> list[Job]:
    """Return the jobs for pictures of one folder; see `plan`.

    Parameters
    ----------
    found : sequence of (Path, Path)
        Each picture, with its path relative to `folder`.
    folder, target : Path
        The folder that was searched, and the one to write to.
    extension, suffix : str
        See `plan`.

    Raises
    ------
    OptionError
        As `plan` does.
    """
    jobs = _beside_or_in(target, found, [folder], suffix, extension)
    _keep_originals(jobs)
    return jobs


def is_done(job: Job) -> bool:
    """Return whether the result exists; False for an invalid file name."""
    try:
        return job.target.exists()
    except OSError:
        return False


def check_name(target: Path) -> None:
    """Check that a file name is not too long for its folder.

    Raises
    ------
    OptionError
    """
    parent = next((above for above in target.parents if above.is_dir()), Path())
    try:
        os.lstat(parent / target.name)
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise OptionError(
                "The name of the result would be too long for its folder; choose a shorter one with --output "
                f"or --suffix; received {len(os.fsencode(target.name))} bytes."
            ) from error


def _keep_originals(jobs: Sequence[Job]) -> None:
    originals = {os.path.realpath(job.source) for job in jobs}
    for job in jobs:
        if os.path.realpath(job.target) in originals:
            raise OptionError(
                f"The output would replace an original; choose a --suffix or --output; received {job.target}."
            )


def _streamed(sources: Sequence[Path], target: Path | None, extension: str) -> Job:
    if len(sources) > 1 or sources[0].is_dir():
        raise OptionError("Standard input and output (-) are for one picture; name one, or a folder.")
    if target is None or target == STREAM:
        return Job(sources[0], STREAM, EXTENSIONS["png" if extension == "auto" else extension])
    return Job(sources[0], target, _format(target, extension))


def _beside_or_in(
    into: Path | None,
    found: Sequence[tuple[Path, Path]],
    named: Sequence[Path],
    suffix: str,
    extension: str,
) -> list[Job]:
    # PNG by default, because it loses nothing.
    extension = "png" if extension == "auto" else extension

    def target(source: Path, relative: Path, kind: str = "") -> Path:
        parent = source.parent if into is None else into / relative.parent
        return parent / f"{source.stem}{kind}{suffix}.{extension}"

    short = {source: target(source, relative) for source, relative in found}
    # If a.png and a.jpg are in one folder, a.png becomes a_png_x4.png.
    long = {source: target(source, relative, f"_{source.suffix[1:].lower()}") for source, relative in found}
    # Results of earlier runs are not enlarged again.
    results = [
        path.with_suffix(f".{kind}") for path in (*short.values(), *long.values()) for kind in EXTENSIONS
    ]
    written = {os.path.realpath(path) for path in results} if suffix else set()
    originals = [source for source in short if source in named or os.path.realpath(source) not in written]
    wanted = Counter(short[source] for source in originals)
    jobs: dict[Path, Job] = {}
    for source in originals:
        path = short[source] if wanted[short[source]] == 1 else long[source]
        if path in jobs:
            raise OptionError(
                "Two pictures would be written to one file; enlarge them into different folders, or name the "
                f"folder above with --recursive; received {jobs[path].source} and {source}."
            )
        jobs[path] = Job(source, path, EXTENSIONS[extension])
    return list(jobs.values())


def _format(target: Path, extension: str) -> Format:
    """Return the format for an output file that was named."""
    if extension == "auto":
        return files.format_for(target)
    if files.WRITTEN_EXTENSIONS.get(target.suffix.lower(), EXTENSIONS[extension]) != EXTENSIONS[extension]:
        raise OptionError(f"The name of the output asks for another format than --ext; received {target}.")
    return EXTENSIONS[extension]


def _pairs(source: Path, inside: folder.Found | None) -> Iterator[tuple[Path, Path]]:
    """Yield each picture with its path relative to the folder that was searched."""
    if inside is None:
        yield source, Path(source.name)
        return
    for file in inside.pictures:
        yield file, file.relative_to(source)
