"""Reads the output of ``python -m training report`` in ``docs/results``. Any of it may be missing."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from sr_core import Protocol, WeightsCard, catalogue
from sr_core.errors import SuperResError

# Next to ui/, in a clone and in the Docker image.
FOLDER = Path(__file__).resolve().parents[1] / "docs" / "results"

_STUDY = "study"

# Display names of the sets of pictures, by folder name.
_SETS = {"val_cid22": "CID22", "kaggle_image_super_resolution test": "The study's test pictures"}


class ReportError(SuperResError):
    """A file of the report is damaged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """The scores of one method on one set of pictures under one protocol.

    Attributes
    ----------
    pictures : str
        Name of the set.
    count : int
        Number of pictures in it.
    scale : int
    protocol : str
        Short form, as written by `sr_core.Protocol.short`.
    method : str
        Display name.
    name : str
        Name of the weights; empty for a method without a network.
    input : str
        Degradation of the LR pictures: "clean", or for example "JPEG 40" or "noise 8".
    clean_up : float or str
        Strength of the clean-up, or "auto".
    self_ensemble : bool
    psnr, ssim, mse, mae : float
        Means over the pictures: dB, 1, and units of 0..255.
    above_30 : float or None
        Share of pictures that reach 30 dB.
    parameters, multiply_adds : int or None
        Multiply-adds are per LR px.
    seconds_per_megapixel : float or None
        Time per megapixel of the result, in s.
    published, claimed : str
        Scores from papers and from the original study; may be empty.
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
    """The training curves of one network: error in grey levels of 255 by training step.

    Attributes
    ----------
    title : str
    said : sequence of str
        Notes on the training.
    kept : float or None
        The step whose weights were kept.
    begins : sequence of float
        Steps at which another run continued from the weights of the previous one.
    low, high : float
        Range of the error axis.
    lines : mapping
        For each label, one line per run, as pairs of step and error.
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
    """A detail restored by one method, as a data URI, and its scores."""

    title: str
    scores: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """A picture with a frame around its detail, as a data URI, and that detail as restored by each method."""

    whole: str
    panels: Sequence[Panel]


@dataclass(frozen=True, slots=True)
class Report:
    """The report, as far as it exists.

    Attributes
    ----------
    rows : tuple of Row
        Rows of all scales.
    machine : str
        The machine on which times were measured; empty if they were not.
    study : tuple of WeightsCard
        Cards of networks whose weights are not distributed.
    folder : Path
    """

    rows: tuple[Row, ...]
    machine: str
    study: tuple[WeightsCard, ...]
    folder: Path

    def curves(self, scale: int) -> list[Curves]:
        """Return the training curves of one scale; for scale 1, those of the study.

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
        """Return details of sample pictures, restored at one scale; for scale 1, those of the study.

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
        """Return what is missing for one scale, in words; `curves` and `samples` are those of this scale."""
        parts = {
            "the table of scores": any(row.scale == scale for row in self.rows),
            "the speed": bool(self.machine),
            "the training curves": bool(curves),
            "the samples": bool(samples),
        }
        return [name for name, exists in parts.items() if not exists]


def read(folder: Path = FOLDER) -> Report:
    """Read the report, as far as it exists.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    ReportError
        A file is damaged.
    WeightsError
        A card of the study is damaged.
    """
    rows = tuple(_row(content) for content in _json(folder / "results.json", empty=[]))
    machine = str(_json(folder / "speed.json", empty={}).get("machine", ""))
    study = folder / _STUDY
    return Report(rows, machine, tuple(catalogue(study).values()) if study.is_dir() else (), folder)


def describe(protocol: str) -> str:
    """Return the description of a protocol given in its short form; an unknown one is returned unchanged."""
    match = re.fullmatch(r"(luma|RGB), shave (\d+)", protocol)
    if match is None:
        return protocol
    return Protocol("luma" if match[1] == "luma" else "rgb", int(match[2])).describe()


def table_of(rows: Iterable[Row], *, scale: int, pictures: str, protocol: str) -> list[Row]:
    """Return the rows of one table, in report order."""
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
