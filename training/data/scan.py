"""Datasets whose LR and HR pictures lie in two folders and are paired by number: the study's, and DIV2K.

Only names are read here; `training.data.layouts` reads the pictures.
"""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from sr_core.errors import DatasetError, OptionError
from sr_core.files.folder import find
from training.data.folders import in_order, passed_over

RAW = "Raw Data"


@dataclass(frozen=True, slots=True)
class PairFiles:
    """The two files of one picture.

    Attributes
    ----------
    name : str
        For messages and tables: its number, after the part if there are parts, e.g. ``830``, ``train/12``.
    lr : Path or None
        None: LR is made from HR.
    hr : Path
    part : str
        The folder's own part it belongs to, e.g. ``train``; empty where a split decides.
    """

    name: str
    lr: Path | None
    hr: Path
    part: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """The files of a dataset, by their names.

    Attributes
    ----------
    layout : str
        One of `training.data.layouts.LAYOUTS`.
    pairs : tuple of PairFiles
        In numerical order, part by part.
    problems : tuple of str
        One sentence for each file that cannot be used: unpaired, misnamed, or with the number of another. In
        numerical order.
    notes : tuple of str
        Decisions that the user should know of.
    root : Path
        The folder that holds the parts.
    """

    layout: str
    pairs: tuple[PairFiles, ...]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()
    root: Path = Path()


def scan_kaggle(folder: Path, *, scale: int) -> Scan:
    """List the pairs of Kaggle's "Image Super Resolution": ``{high_res,low_res}/N.EXT`` of one size.

    They are in ``Raw Data``, or else in ``train`` and ``val``, which hold the same pictures renumbered; all
    of these may be in a folder ``dataset``.

    Raises
    ------
    OptionError
        The scale is not 1.
    DatasetError
        None of these folders exists.
    """
    if scale != 1:
        raise OptionError(
            "In the layout kaggle LR pictures are as large as HR pictures, so that only scale 1 fits; "
            f"add --scale 1. Received: {scale}"
        )
    folders = (RAW, "train", "val")
    roots = [root for root in (folder, folder / "dataset") if any((root / name).is_dir() for name in folders)]
    if not roots:
        raise DatasetError(
            "The layout kaggle needs a folder 'Raw Data', or 'train' and 'val', each with 'high_res' and "
            f"'low_res', here or in 'dataset'. Received: {folder}"
        )
    root = roots[0]
    present = [name for name in folders if (root / name).is_dir()]
    notes: list[str] = []
    if RAW in present and len(present) > 1:
        notes.append(f"'{RAW}' is used; 'train' and 'val' hold the same pictures under other numbers")
    elif RAW not in present:
        notes.append(f"there is no '{RAW}': 'train' and 'val' are used as they are, whatever the split")
    pairs: list[PairFiles] = []
    problems: list[str] = []
    for name in [RAW] if RAW in present else present:
        part = "" if name == RAW else name
        hr, lr = root / name / "high_res", root / name / "low_res"
        found, wrong, skipped = _pair_up(hr, lr, root=root, part=part, lr_name="([0-9]+)")
        pairs += found
        problems += wrong
        notes += skipped
    return Scan("kaggle", tuple(pairs), tuple(in_order(problems)), tuple(notes), root)


def scan_div2k(folder: Path, *, scale: int) -> Scan:
    """List the pairs of DIV2K: ``DIV2K_train_HR/0001.png`` and ``DIV2K_train_LR_bicubic/X4/0001x4.png``.

    Likewise for ``valid``. Where there is no folder of LR pictures for the scale, LR is made from HR, and a
    note says so.

    Raises
    ------
    OptionError
        The scale is 1, for which DIV2K has no LR pictures.
    DatasetError
        There is no folder of HR pictures.
    """
    if scale == 1:
        raise OptionError(
            "DIV2K has no LR pictures as large as its HR pictures; choose --scale 2, 3 or 4. Received: 1"
        )
    parts = [part for part in ("train", "valid") if (folder / f"DIV2K_{part}_HR").is_dir()]
    if not parts:
        raise DatasetError(
            "The layout div2k needs a folder 'DIV2K_train_HR' or 'DIV2K_valid_HR' in the one that is named. "
            f"Received: {folder}"
        )
    pairs: list[PairFiles] = []
    problems: list[str] = []
    notes: list[str] = []
    for part in parts:
        hr, lr = folder / f"DIV2K_{part}_HR", folder / f"DIV2K_{part}_LR_bicubic" / f"X{scale}"
        if lr.is_dir():
            found, wrong, skipped = _pair_up(hr, lr, root=folder, part=part, lr_name=f"([0-9]+)x{scale}")
        else:
            numbers, wrong, skipped = _by_number(hr, "([0-9]+)", root=folder)
            found = [PairFiles(f"{part}/{n}", None, file, part) for n, file in numbers.items()]
            notes.append(
                f"there is no {_relative(lr, folder)}: LR is made from {hr.name}, by antialiased bicubic"
            )
        pairs += found
        problems += wrong
        notes += skipped
    return Scan("div2k", tuple(pairs), tuple(in_order(problems)), tuple(notes), folder)


def _pair_up(
    hr_folder: Path, lr_folder: Path, *, root: Path, part: str, lr_name: str
) -> tuple[list[PairFiles], list[str], list[str]]:
    """Pair two folders by number; return the pairs, what cannot be paired, and what was skipped."""
    missing = [folder for folder in (hr_folder, lr_folder) if not folder.is_dir()]
    if missing:
        return [], [f"{_relative(folder, root)}: this folder is missing" for folder in missing], []
    hr, problems, notes = _by_number(hr_folder, "([0-9]+)", root=root)
    lr, more, skipped = _by_number(lr_folder, lr_name, root=root)
    problems += more
    for own, others, folder in ((hr, lr, lr_folder), (lr, hr, hr_folder)):
        problems += [
            f"{_relative(own[n], root)}: there is no picture {n} in {_relative(folder, root)}"
            for n in own.keys() - others.keys()
        ]
    prefix = f"{part}/" if part else ""
    return [PairFiles(f"{prefix}{n}", lr[n], hr[n], part) for n in hr if n in lr], problems, notes + skipped


def _by_number(folder: Path, name: str, *, root: Path) -> tuple[dict[int, Path], list[str], list[str]]:
    """Return a folder's pictures by number, what is wrong with their names, and what was skipped."""
    found: dict[int, list[Path]] = defaultdict(list)
    listing = find(folder, recursive=False)
    problems = [f"{_relative(folder, root)}: {sentence}" for sentence in listing.unreadable]
    for file in listing.pictures:
        match = re.fullmatch(name, file.stem)
        if match:
            found[int(match[1])].append(file)
        else:
            problems.append(f"{_relative(file, root)}: its name is not of the form {_example(name)}")
    for number, files in found.items():
        if len(files) > 1:
            others = " and ".join(file.name for file in files[1:])
            problems.append(f"{_relative(files[0], root)}: has the same number {number} as {others}")
    notes = [] if listing.unreadable else passed_over(folder, listing, root=root)
    return {number: found[number][0] for number in sorted(found)}, problems, notes


def _example(name: str) -> str:
    return name.replace("([0-9]+)", "NUMBER") + ".png"


def _relative(path: Path, root: Path) -> str:
    return path.relative_to(root).as_posix()
