"""Reads what ``python -m training report`` wrote into ``docs/results``. All of it may be missing."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sr_core import Protocol, WeightsCard, catalogue
from sr_core.errors import SuperResError

# In a clone, and in the Docker image, beside ui/.
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results"

_STUDY = "study"

# What sets of pictures are called, by the names of their folders.
_SETS = {"val_cid22": "CID22", "kaggle_image_super_resolution test": "The study's test pictures"}


class ReportError(SuperResError):
    """A file of the report is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """What one method scores on one set of pictures under one protocol.

    Attributes
    ----------
    pictures : str
        Name of the set.
    count : int
        Pictures in it.
    scale : int
    protocol : str
        In a few words, as `sr_core.Protocol.short` writes it.
    method : str
        For people.
    name : str
        Of the weights; empty for a method without a network.
    input : str
        What was done to LR before: "clean", or "JPEG 40", "noise 8" and the like.
    clean_up : float or str
        Strength of the clean-up, or "auto".
    self_ensemble : bool
    psnr, ssim, mse, mae : float
        Means over the pictures: dB, 1, and units of 0..255.
    above_30 : float or None
        Share of pictures that reach 30 dB.
    parameters, multiply_adds : int or None
        The latter per LR px.
    seconds_per_megapixel : float or None
        Of the result.
    published, claimed : str
        What papers and the original study say; may be empty.
    """

    pictures: str
    count: int
    scale: int
    protocol: str
    method: str
    name: str = ""
    input: str = "clean"
    clean_up: float | str = 0.0
    self_ensemble: bool = False
    psnr: float
    ssim: float
    mse: float
    mae: float
    above_30: float | None = None
    parameters: int | None = None
    multiply_adds: int | None = None
    seconds_per_megapixel: float | None = None
    published: str = ""
    claimed: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """How the error of one network fell, in grey levels of 255 by steps of training.

    Attributes
    ----------
    title : str
    said : sequence of str
        What else there is to say of it.
    kept : float or None
        The step whose weights were taken.
    begins : sequence of float
        Steps at which another run began with what the ones before had learnt.
    low, high : float
        What of the error is worth seeing.
    lines : mapping
        Label to one line a run, of steps and errors.
    """

    title: str
    said: Sequence[str]
    kept: float | None
    begins: Sequence[float]
    low: float
    high: float
    lines: Mapping[str, Sequence[Sequence[tuple[float, float]]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """A detail restored in one way, as a data URI, and what it scores."""

    title: str
    scores: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture with a frame around its detail, as a data URI, and what each network makes of that."""

    whole: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Report:
    """What there is of the report.

    Attributes
    ----------
    rows : tuple of Row
        Of every scale.
    machine : str
        Where the seconds were measured; empty if they were not.
    study : tuple of WeightsCard
        Cards of networks whose weights are not given away.
    folder : Path
    """

    rows: tuple[Row, ...]
    machine: str
    study: tuple[WeightsCard, ...]
    folder: Path

    def curves(self, scale: int) -> list[Curves]:
        """Return the training curves of one scale; of scale 1 those of the study.

        Raises
        ------
        ReportError
            The file is damaged.
        """
        file = self.folder / "curves.json"
        groups = _json(file, empty={})
        names = [f"x{scale}"] if scale > 1 else [_STUDY, "as_written"]
        try:
            return [Curves(**chart) for name in names for chart in groups.get(name, ())]
        except (AttributeError, TypeError) as error:
            raise _damaged(file) from error

    def samples(self, scale: int) -> list[Sample]:
        """Return details of sample pictures, restored at one scale; of scale 1 those of the study.

        Raises
        ------
        ReportError
            The file is damaged.
        """
        file = self.folder / f"grid_{f'x{scale}' if scale > 1 else _STUDY}.json"
        try:
            return [
                Sample(whole=picture["whole"], panels=[Panel(**panel) for panel in picture["panels"]])
                for picture in _json(file, empty=[])
            ]
        except (KeyError, TypeError) as error:
            raise _damaged(file) from error

    def missing(self, scale: int, curves: Sequence[Curves], samples: Sequence[Sample]) -> list[str]:
        """Return, in words, what there is not of one scale; `curves` and `samples` are those of it."""
        there = {
            "the table of scores": any(row.scale == scale for row in self.rows),
            "the speed": bool(self.machine),
            "the training curves": bool(curves),
            "the samples": bool(samples),
        }
        return [what for what, is_there in there.items() if not is_there]


def read(folder: Path = FOLDER) -> Report:
    """Read the report as far as there is one.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ReportError
        A file of it is damaged.
    WeightsError
        A card of the study is damaged.
    """
    rows = tuple(_row(content) for content in _json(folder / "results.json", empty=[]))
    machine = str(_json(folder / "speed.json", empty={}).get("machine", ""))
    study = folder / _STUDY
    return Report(rows, machine, tuple(catalogue(study).values()) if study.is_dir() else (), folder)


def describe(protocol: str) -> str:
    """Return a protocol written in a few words as a sentence, or as it is where it is no known one."""
    match = re.fullmatch(r"(luma|RGB), shave (\d+)", protocol)
    if match is None:
        return protocol
    return Protocol("luma" if match[1] == "luma" else "rgb", int(match[2])).describe()


def table_of(rows: Iterable[Row], *, scale: int, pictures: str, protocol: str) -> list[Row]:
    """Return the rows of one table, in the order of the report."""
    return [row for row in rows if (row.scale, row.pictures, row.protocol) == (scale, pictures, protocol)]


def _json(file: Path, *, empty: Any) -> Any:
    if not file.is_file():
        return empty
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _damaged(file) from error
    if not isinstance(content, type(empty)):
        raise _damaged(file)
    return content


def _row(content: Any) -> Row:
    known = {field.name for field in fields(Row)}
    try:
        row = Row(**{name: content[name] for name in content if name in known})
    except TypeError as error:
        raise _damaged(Path("results.json")) from error
    return replace(row, pictures=_SETS.get(row.pictures, row.pictures))


def _damaged(file: Path) -> ReportError:
    return ReportError(
        f"A file of the report is damaged; `python -m training report` writes it again; received {file.name}."
    )
