"""Training curves, from the histories of runs."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure

from sr_core.files import write_bytes
from training.charts import png
from training.fit import histories
from training.report import document

_VALIDATION, _SEEN = "#d1642c", "#7a7f87"
_PATCHES, _HELD_OUT, _WHOLE = "training patches", "validation pictures", "training pictures, whole"
_LINES: dict[str, dict[str, Any]] = {
    _PATCHES: {"color": "#1f6feb", "lw": 1.2},
    _HELD_OUT: {"color": _VALIDATION, "lw": 1.6, "marker": "."},
    _WHOLE: {"color": _SEEN, "ls": "--", "marker": "."},
}
# Share of the steps after which the chart must show every value: what matters happens near the end.
_LATE = 0.2


@dataclass(frozen=True)
class History:
    """One run: a row an epoch, as `training.fit.psnr` and `training.fit.gan` write it.

    Attributes
    ----------
    title : str
    rows : tuple of mapping
        Missing numbers are left out of a row.
    """

    title: str
    rows: tuple[Mapping[str, float], ...]

    @classmethod
    def read(cls, file: Path, *, title: str) -> "dict[int, History]":
        """Return the runs in a CSV file of `training.fit.histories` by their numbers.

        In the history of a single run, as `training.fit.psnr` writes it, that is run 1.
        """
        rows = [{k: _number(v) for k, v in row.items() if v} for row in histories.read(file)]
        return {
            int(number): cls(title, tuple(of_run))
            for number, of_run in groupby(rows, key=lambda row: row.get(histories.RUN, 1))
        }

    def column(self, name: str, *, until: float = 1.0, of: str = "steps") -> tuple[list[float], list[float]]:
        """Return the steps and values of the rows that have `name`, in the first share `until` of the run.

        The share is of the column `of`: the steps or the minutes.
        """
        rows = self.rows
        if until < 1:
            # Without the last one, which may exceed the share, since runs end slightly late.
            rows = [row for row in rows if row[of] <= until * rows[-1][of]][:-1]
        rows = [row for row in rows if name in row]
        return [row["steps"] for row in rows], [row[name] for row in rows]

    def chosen(self, *, by: str) -> Mapping[str, float] | None:
        """Return the row whose weights were kept.

        Parameters
        ----------
        by : {"val_psnr", "val_mae", "kept"}
            The highest PSNR, the lowest error, or the last row marked as kept.
        """
        rows = [row for row in self.rows if row.get(by, 0) > 0]
        if not rows:
            return None
        if by == "kept":
            return rows[-1]
        return max(rows, key=lambda row: row[by]) if by == "val_psnr" else min(rows, key=lambda row: row[by])


@dataclass(frozen=True)
class Run:
    """How to read the history of a run.

    Attributes
    ----------
    history : History
    by : {"val_psnr", "val_mae", "kept"}
        The column by which its weights were chosen.
    loss : str
        The column with the L1 loss of training patches, on [0, 1].
    loss_until : float
        Share of the planned length after which that column holds another loss.
    timed : bool
        Its length was planned in minutes, else in steps.
    patience : int
        Validations without a better score after which it stopped (0: never).
    before : int
        Steps of the runs that made its first weights.
    earlier : tuple of Run
        Those of them with a known history, oldest first.
    """

    history: History
    by: str
    loss: str = "loss"
    loss_until: float = 1.0
    timed: bool = False
    patience: int = 0
    before: int = 0
    earlier: "tuple[Run, ...]" = ()

    @classmethod
    def last_of(cls, histories: Mapping[int, History], training: Mapping[str, Any]) -> "Run":
        """Return the run that a card's `training` describes, with the earlier ones in `histories`."""
        trainings = [*training.get("before", ()), training]
        begun = [0, *accumulate(one.get("steps", 0) for one in trainings)]
        *earlier, last = [
            cls.of(histories[number], one, before=before)
            for number, (one, before) in enumerate(zip(trainings, begun, strict=False), start=1)
            if number in histories
        ]
        return replace(last, earlier=tuple(earlier))

    @classmethod
    def of(cls, history: History, training: Mapping[str, Any], *, before: int = 0) -> "Run":
        """Return how to read the history of the run that a card's `training` describes."""
        recipe = training.get("recipe", {})
        by = {"last": "kept", "loss": "val_mae"}.get(recipe.get("monitor", ""), "val_psnr")
        others = [phase["begins"] for phase in recipe.get("phases", ()) if phase["loss"] != "mae"]
        until = 0.0 if recipe.get("loss", "mae") != "mae" else min([1.0, *others])
        timed = "--minutes" in training.get("command", "") or "steps" not in recipe
        return cls(
            history,
            by,
            "pixel" if by == "kept" else "loss",
            until,
            timed,
            recipe.get("patience", 0),
            before,
        )

    @property
    def chosen(self) -> Mapping[str, float] | None:
        """The row whose weights were kept."""
        return self.history.chosen(by=self.by)

    def curve(self, of: str) -> tuple[list[float], list[float]]:
        """Return one of the curves in `_LINES`: steps since the first run began, and MAE in grey levels."""
        if of == _PATCHES:
            share = "minutes" if self.timed else "steps"
            steps, loss = self.history.column(self.loss, until=self.loss_until, of=share)
            values = [255 * value for value in loss]
        else:
            steps, values = self.history.column("val_mae" if of == _HELD_OUT else "train_mae")
        return [self.before + step for step in steps], values

    @property
    def stopped_early(self) -> bool:
        """Whether it ran out of patience: its last `patience` validations found nothing better."""
        if self.patience == 0 or self.chosen is None:
            return False
        after = [
            row for row in self.history.rows if "val_psnr" in row and row["steps"] > self.chosen["steps"]
        ]
        return len(after) >= self.patience


def overfitting_gap(row: Mapping[str, float]) -> float | None:
    """Return how much better, in dB, training pictures are restored than validation pictures, if known."""
    if "train_psnr" not in row or "val_psnr" not in row:
        return None
    return row["train_psnr"] - row["val_psnr"]


def draw(runs: Sequence[Run], file: Path) -> None:
    """Draw a chart for each run into one PNG file."""
    columns = min(3, len(runs))
    rows = -(-len(runs) // columns)
    figure = Figure(figsize=(4.6 * columns, 3.3 * rows), layout="constrained")
    panels = figure.subplots(rows, columns, squeeze=False).ravel()
    for panel, run in zip(panels, runs, strict=False):
        _panel(panel, run)
    for panel in panels[len(runs) :]:
        panel.set_axis_off()
    file.parent.mkdir(parents=True, exist_ok=True)
    # Without Matplotlib's version, so that the same numbers give the same bytes.
    write_bytes(file, png(figure, dpi=110, metadata={"Software": None}))


def _panel(panel: Axes, run: Run) -> None:
    runs = *run.earlier, run
    lines, low, high = _curves(runs)
    for label, drawn in lines.items():
        for number, (steps, values) in enumerate(drawn):
            # Matplotlib leaves labels with an underscore out of the legend.
            panel.plot(steps, values, label="_" if number else label, **_LINES[label])
    panel.set_title("\n".join([run.history.title, *_subtitles(run)]), fontsize=10)
    if run.chosen is not None:
        panel.axvline(run.before + run.chosen["steps"], color=_VALIDATION, lw=0.8, ls=":")
    for part in runs[1:]:
        panel.axvline(part.before, color=_SEEN, lw=0.6)
    panel.set_ylim(low, high)
    panel.set_xlabel("steps, with those of earlier runs" if run.before else "steps", fontsize=8)
    panel.set_ylabel("MAE, grey levels of 255", fontsize=8)
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.legend(fontsize=7, frameon=False)


def _subtitles(run: Run) -> list[str]:
    """Return the subtitles of a chart: the weights that were kept, and the gap."""
    row = run.chosen
    if row is None:
        return []
    gap = overfitting_gap(row)
    of_last = " of the last run" if run.before else ""
    kept = f"kept: step {row['steps']:,.0f}, epoch {row['epoch']:,.0f}{of_last}"
    return [kept] if gap is None else [kept, f"over-fitting gap {gap:+.2f} dB"]


def as_json(groups: Mapping[str, Sequence[Run]]) -> str:
    """Return the curves as JSON, for the app's page, which draws them itself.

    Parameters
    ----------
    groups : mapping
        Name of a group to its runs.

    Returns
    -------
    str
        Name to a list of charts, each with ``title``, ``said`` (subtitles), ``kept`` (the step whose weights
        were kept, or null), ``begins`` (steps at which later runs began), ``low`` and ``high`` (the range of
        the axis) and ``lines``: label to a list of ``[step, MAE]`` for each run.
    """
    return json.dumps({name: [_plain(run) for run in runs] for name, runs in groups.items()}) + "\n"


def _plain(run: Run) -> dict[str, Any]:
    runs = *run.earlier, run
    lines, low, high = _curves(runs)
    return {
        "title": run.history.title,
        "said": _subtitles(run),
        "kept": None if run.chosen is None else run.before + run.chosen["steps"],
        "begins": [part.before for part in runs[1:]],
        "low": round(low, 3),
        "high": round(high, 3),
        "lines": {
            label: [[[x, round(y, 3)] for x, y in zip(*curve, strict=True)] for curve in drawn]
            for label, drawn in lines.items()
            if drawn
        },
    }


def _curves(runs: Sequence[Run]) -> tuple[dict[str, list[tuple[list[float], list[float]]]], float, float]:
    """Return the curves of all runs by label, and the range of the error to show.

    Each run is a line of its own, because its first value does not continue the run before.
    """
    first, end = runs[0].before, runs[-1].before + runs[-1].history.rows[-1]["steps"]
    lines = {label: [curve for part in runs if (curve := part.curve(label))[1]] for label in _LINES}
    late = [
        value
        for drawn in lines.values()
        for steps, values in drawn
        for step, value in zip(steps, values, strict=True)
        if step >= first + _LATE * (end - first)
    ]
    if not late:
        return lines, 0.0, 1.0
    margin = 0.25 * (max(late) - min(late)) or 0.1
    return lines, min(late) - margin, max(late) + margin


def markdown(runs: Sequence[Run]) -> str:
    """Return a Markdown table: the length of each run, the weights it kept, and its over-fitting gap."""
    head = "network", "steps before", "steps", "epochs", "kept at step", "epoch", "ended by"
    head += "validation PSNR dB", "over-fitting gap dB"
    lines = []
    for run in runs:
        last, row = run.history.rows[-1], run.chosen or {}
        gap = overfitting_gap(row)
        lines.append(
            [
                run.history.title,
                f"{run.before:,}",
                f"{last['steps']:,.0f}",
                f"{last['epoch']:,.0f}",
                f"{row['steps']:,.0f}" if row else "",
                f"{row['epoch']:,.0f}" if row else "",
                "early stopping" if run.stopped_early else "its length",
                f"{row['val_psnr']:.2f}" if row else "",
                "not measured" if gap is None else f"{gap:+.2f}",
            ]
        )
    return document.table(head, lines, words=(0, head.index("ended by")))


def _number(text: str) -> float:
    return float({"True": 1, "False": 0}.get(text, text))
