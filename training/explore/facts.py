"""The facts about a dataset: its pictures, pairs and copies."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sr_core.errors import OptionError
from sr_core.metrics import Protocol, Scores
from training.data.scan import Scan
from training.explore import fingerprints
from training.explore.fingerprints import Match
from training.explore.inspection import FileFacts, Tone
from training.settings import setting

UNLIKE = 16
"""Bits. Below, LR belongs to its HR picture: even x4 changes few bits, another picture about 32."""


@dataclass(frozen=True)
class Settings:
    """How to explore a dataset."""

    layout: Literal["photos", "kaggle", "div2k"] | None = setting(None, "default: told from what DIR holds")
    scale: int | None = setting(None, "HR side over LR side (default 1 for kaggle, else 4)")
    split: Literal["index", "shuffled"] = setting("index", "how the layout kaggle is divided")
    against: tuple[Path, ...] = setting(
        (), "folders whose pictures should not be among these, e.g. a test set", metavar="DIR"
    )
    near: int = setting(
        fingerprints.NEAR,
        "by how many bits of 64 the hashes of near duplicates may differ",
        metavar="BITS",
    )
    limit: int | None = setting(None, "look at N pictures only, drawn at random", metavar="N")
    samples: int = setting(8, "pictures to show, drawn at random", metavar="N")
    seed: int = setting(1, "of the draws and the shuffled split")
    workers: int = setting(2, "pictures decoded at once")

    def __post_init__(self) -> None:
        if not 0 <= self.near <= fingerprints.BITS:
            raise OptionError(f"Near duplicates differ in 0 to 64 bits. Received: {self.near}")
        if self.samples < 0 or self.workers < 1 or (self.limit is not None and self.limit < 1):
            raise OptionError(
                "Samples must be 0 or more, workers and limit 1 or more. "
                f"Received: samples={self.samples}, workers={self.workers}, limit={self.limit}"
            )


@dataclass(frozen=True, slots=True)
class PairFacts:
    """One HR picture, and its LR picture where the dataset has one.

    Attributes
    ----------
    name : str
    split : str
        One of `training.data.layouts.PARTS`; empty for plain photos.
    hr : FileFacts or None
        None if it cannot be read.
    lr : FileFacts or None
        None if there is none, or it cannot be read.
    lr_tone : Tone or None
        Of LR, enlarged to HR's size by bicubic where it is smaller, so that sharpness can be compared.
    scores : Scores or None
        Of LR, at HR's size, against HR; None where the sizes do not fit.
    unlike : int or None
        Bits in which the perceptual hashes of LR and HR differ: large where LR belongs to another picture.
    """

    name: str
    split: str
    hr: FileFacts | None
    lr: FileFacts | None = None
    lr_tone: Tone | None = None
    scores: Scores | None = None
    unlike: int | None = None


@dataclass(frozen=True, slots=True)
class Alike:
    """Two HR pictures that are equal or nearly so.

    Attributes
    ----------
    one, other : FileFacts
    splits : tuple of str
        The splits the two belong to; empty where there is none.
    match : Match
        How alike they are.
    """

    one: FileFacts
    other: FileFacts
    splits: tuple[str, str]
    match: Match

    @property
    def leaks(self) -> bool:
        """Whether the two lie in different splits."""
        return self.splits[0] != self.splits[1]


@dataclass(frozen=True, slots=True)
class Other:
    """A folder that was compared with the dataset; in `alike` the dataset's picture comes first."""

    folder: Path
    pictures: int
    alike: tuple[Alike, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """Everything found in a dataset.

    Attributes
    ----------
    folder : Path
    settings : Settings
    scan : Scan
    scale : int
    protocol : Protocol
        Of all scores: RGB with the border where LR is as large as HR, else luma, shave = scale.
    pairs : tuple of PairFacts
        Those that were measured.
    alike : tuple of Alike
        At most `training.explore.dataset.MOST_ALIKE`.
    nearest : tuple of int
        For each HR picture with a hash, the bits in which the one most like it differs.
    others : tuple of Other
    problems : tuple of str
        One sentence each, beginning with the file.
    """

    folder: Path
    settings: Settings
    scan: Scan
    scale: int
    protocol: Protocol
    pairs: tuple[PairFacts, ...]
    alike: tuple[Alike, ...]
    nearest: tuple[int, ...]
    others: tuple[Other, ...]
    problems: tuple[str, ...]

    @property
    def hr(self) -> list[FileFacts]:
        """The HR pictures that can be read."""
        return [pair.hr for pair in self.pairs if pair.hr]

    @property
    def lr(self) -> list[FileFacts]:
        """The LR pictures that can be read."""
        return [pair.lr for pair in self.pairs if pair.lr]

    @property
    def scored(self) -> list[PairFacts]:
        """The pairs that could be compared, lowest PSNR first."""
        scored = [(pair.scores.psnr, pair) for pair in self.pairs if pair.scores]
        return [pair for _, pair in sorted(scored, key=lambda entry: entry[0])]

    @property
    def by_split(self) -> dict[str, list[PairFacts]]:
        """The scored pairs: all of them, and those of each split."""
        splits = dict.fromkeys(pair.split for pair in self.pairs if pair.split)
        parts = {split: [pair for pair in self.scored if pair.split == split] for split in splits}
        return {"all": self.scored, **parts} if self.scored else {}

    @property
    def strangers(self) -> list[PairFacts]:
        """The pairs in which LR does not look like HR."""
        return [pair for pair in self.pairs if pair.unlike is not None and pair.unlike >= UNLIKE]

    @property
    def odd(self) -> list[FileFacts]:
        """The HR pictures that are black or white almost everywhere, or hold hardly any detail."""
        return [facts for facts in self.hr if facts.tone.extreme or facts.tone.even]
