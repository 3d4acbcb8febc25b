"""Where the report reads and writes."""

from dataclasses import dataclass
from pathlib import Path

from sr_core import weights
from training.settings import setting

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Places:
    """Where the report reads and writes."""

    # Histories lie in it as NAME_history.csv, and what the study's runs gave in its folder `study`.
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
        """Cards and histories of the runs that did what the study wrote, to the letter."""
        return self.results / "as_written"

    @property
    def speed(self) -> Path:
        """What `training.report.speed` measured."""
        return self.results / "speed.json"
