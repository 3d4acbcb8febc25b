"""Paths of the report."""

from dataclasses import dataclass
from pathlib import Path

from sr_core import weights
from training.settings import setting

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """Where the report reads and writes."""

    # It also holds histories as NAME_history.csv, and the study's runs in the folder `study`.
    results: Path = setting(ROOT / "docs" / "results", "folder of the report (docs/results)", metavar="DIR")
    readme: Path = setting(ROOT / "README.md", "document with the main tables (README.md)", metavar="FILE")
    weights: Path = setting(weights.FOLDER, "folder of the weights (weights/)", metavar="DIR")
    samples: Path = setting(ROOT / "ui" / "samples", "pictures for the grids (ui/samples)", metavar="DIR")

    @property
    def study(self) -> Path:
        """Cards and histories of the runs on the study's pictures."""
        return self.results / "study"

    @property
    def as_written(self) -> Path:
        """Cards and histories of the runs of the recipe `as-written`."""
        return self.results / "as_written"

    @property
    def speed(self) -> Path:
        """The measurements of `training.report.speed`."""
        return self.results / "speed.json"
