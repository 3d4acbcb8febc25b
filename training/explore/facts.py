"""What is found in a dataset: the facts about its pictures, pairs and copies."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sr_core.errors import OptionError
from sr_core.metrics import Protocol, Scores
from training.data.scan import Scan
from training.explore import fingerprints
from training.explore.inspection import FileFacts, Tone


@dataclass(frozen=True, slots=True)
class Settings:
    """How to look.

    Attributes
    ----------
    layout : str or None
        One of `training.data.layouts.LAYOUTS`; None tells it from the folder's content.
    scale : int or None
        HR side over LR side; None is 1 for the layout kaggle and 4 for others.
    split : {"index", "shuffled"}
        How a dataset that is not divided itself is divided; see `training.data.layouts.divide`.
    against : sequence of Path
        Folders of pictures that should not be among these.
    near : int
        Bits, 0 to 64: how far apart the perceptual hashes of near duplicates may be.
    limit : int or None
        Look at so many pictures only, drawn at random.
    samples : int
        Pictures to show, drawn at random.
    seed : int
        Of these two draws, and of the split.
    workers : int
        Pictures decoded at the same time.
    """

    layout: str | None = None
    scale: int | None = None
    split: str = "index"
    against: Sequence[Path] = ()
    near: int = fingerprints.NEAR
    limit: int | None = None
    samples: int = 8
    seed: int = 1
    workers: int = 2

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
        None: it cannot be read.
    lr : FileFacts or None
        None: there is none, or it cannot be read.
    lr_tone : Tone or None
        Of LR at HR's size, so that sharpness can be compared; enlarged by bicubic where it is smaller.
    scores : Scores or None
        Of LR at HR's size against HR; None where the sizes do not fit.
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
        Theirs; empty where there is none.
    distance : int or None
        Bits in which the perceptual hashes differ; None for flat pictures.
    exact : bool
        All pixels are equal.
    turned : bool
        They are alike only when one is mirrored or turned.
    """

    one: FileFacts
    other: FileFacts
    splits: tuple[str, str]
    distance: int | None
    exact: bool
    turned: bool

    @property
    def leaks(self) -> bool:
        """Whether the two lie in different splits."""
        return self.splits[0] != self.splits[1]


@dataclass(frozen=True, slots=True)
class Other:
    """A folder that was compared with the dataset; `alike` has the dataset's picture first."""

    folder: Path
    pictures: int
    alike: tuple[Alike, ...]
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Exploration:
    """Everything that was found in a dataset.

    Attributes
    ----------
    folder : Path
    settings : Settings
    scan : Scan
    scale : int
    protocol : Protocol
        Of all scores: RGB with the border where LR is as large as HR, else luma with a shave of the scale.
    pairs : tuple of PairFacts
        Those looked at.
    alike : tuple of Alike
        At most `training.explore.dataset.MOST_ALIKE`.
    nearest : tuple of int
        For each HR picture with a hash, in how many bits the one most like it differs.
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
        """The pairs that could be compared, the worst PSNR first."""
        scored = [(pair.scores.psnr, pair) for pair in self.pairs if pair.scores]
        return [pair for _, pair in sorted(scored, key=lambda entry: entry[0])]
