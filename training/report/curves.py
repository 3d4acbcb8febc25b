"""Loss curves of training runs, from their histories."""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sr_core.files import write_bytes

_TRAINING, _VALIDATION, _SEEN = "#1f6feb", "#d1642c", "#7a7f87"


@dataclass(frozen=True)
class History:
    """One run: a row an epoch, as `training.fit` writes it. Missing numbers are left out of a row."""

    title: str
    rows: tuple[Mapping[str, float], ...]

    @classmethod
    def read(cls, file: Path, *, title: str) -> "History":
        """Read a history CSV."""
        with file.open(encoding="utf-8", newline="") as lines:
            rows = [{k: float(v) for k, v in row.items() if v} for row in csv.DictReader(lines)]
        return cls(title, tuple(rows))

    def column(self, name: str) -> tuple[list[float], list[float]]:
        """Return steps and values of the rows that have `name`."""
        rows = [row for row in self.rows if name in row]
        return [row["steps"] for row in rows], [row[name] for row in rows]

    def chosen(self, *, by: str) -> Mapping[str, float] | None:
        """Return the row whose weights were kept: the highest "val_psnr" or the lowest "val_mae"."""
        rows = [row for row in self.rows if by in row]
        if not rows:
            return None
        return max(rows, key=lambda row: row[by]) if by == "val_psnr" else min(rows, key=lambda row: row[by])


def overfitting_gap(row: Mapping[str, float]) -> float | None:
    """Return by how many dB training pictures are restored better than validation pictures, if measured."""
    if "train_psnr" not in row or "val_psnr" not in row:
        return None
    return row["train_psnr"] - row["val_psnr"]


def draw(histories: Mapping[str, tuple[History, str]], file: Path) -> None:
    """Draw one chart a network into a PNG file.

    Parameters
    ----------
    histories : mapping
        Name to the history and the column by which its weights were chosen.
    file : Path
    """
    columns = min(3, len(histories))
    rows = -(-len(histories) // columns)
    figure = Figure(figsize=(4.6 * columns, 3.3 * rows), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, (history, by) in zip(panels, histories.values(), strict=False):
        _panel(panel, history, by)
    for panel in panels[len(histories) :]:
        panel.set_axis_off()
    content = io.BytesIO()
    # No software or date in the file: the same numbers give the same bytes.
    figure.savefig(content, format="png", dpi=110, metadata={"Software": None})
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, content.getvalue())


def _panel(panel: Axes, history: History, by: str) -> None:
    steps, loss = history.column("loss")
    panel.plot(steps, [255 * value for value in loss], color=_TRAINING, lw=1.2, label="training patches")
    panel.plot(*history.column("val_mae"), color=_VALIDATION, lw=1.6, marker=".", label="validation pictures")
    seen = history.column("train_mae")
    if seen[0]:
        panel.plot(*seen, color=_SEEN, lw=1.2, ls="--", marker=".", label="training pictures, whole")
    row = history.chosen(by=by)
    title = history.title
    if row is not None:
        panel.axvline(row["steps"], color=_VALIDATION, lw=0.8, ls=":")
        title += f": kept step {row['steps']:,.0f}"
        gap = overfitting_gap(row)
        if gap is not None:
            title += f", gap {gap:+.2f} dB"
    panel.set_title(title, fontsize=10)
    # The first steps are off the chart: what matters happens near the end.
    values = history.column("val_mae")[1] + seen[1] + [255 * value for value in loss[len(loss) // 10 :]]
    if values:
        margin = 0.05 * (max(values) - min(values)) or 0.1
        panel.set_ylim(min(values) - margin, max(values) + margin)
    panel.set_xlabel("steps", fontsize=8)
    panel.set_ylabel("MAE, grey levels of 255", fontsize=8)
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.legend(fontsize=7, frameon=False)
