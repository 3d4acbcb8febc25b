"""The results tables as Markdown, CSV and JSON: a `Row` for each method, picture set and protocol."""

import csv
import io
import json
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, fields

from sr_core import networks
from sr_core.weights import WeightsCard
from training.data.conditions import CLEAN, Condition
from training.export import input_of
from training.report import document
from training.report.published import SET5, SET5_ADVERSARIAL, Published
from training.study.claims import CLAIMS

BICUBIC, AS_IT_IS = "bicubic", "LR as it is"


@dataclass(frozen=True, kw_only=True)
class Row:
    """The scores of one method on one set of pictures under one protocol.

    Attributes
    ----------
    pictures : str
        Name of the set.
    count : int
        Pictures in it.
    scale : int
    input : str
        Condition of LR; see `training.data.conditions.Condition`.
    protocol : str
    method : str
        Title, e.g. ``EDSR``.
    name : str
        Of the weights; empty for a method without a network.
    architecture : str
        See `sr_core.networks.architecture`; empty for a method without a network.
    adversarial : bool
        Trained, or interpolated towards weights trained, against a discriminator.
    clean_up : float or str
        How much JPEG blocks and grain were removed (see `sr_core.Upscaler`).
    self_ensemble : bool
    precision : str
        Arithmetic of the network; empty for a method without one.
    psnr, ssim, mse, mae : float
        Means over the pictures: dB, 1, and units of 0..255.
    sharpness : float or None
        Mean gradient magnitude of luma over that of the originals (see `training.measures`).
    gmsd : float or None
        Of luma; 0 is best (see `training.measures`).
    above_30 : float or None
        Share of pictures that reach 30 dB.
    parameters : int or None
    multiply_adds : int or None
        Per LR pixel; with self-ensemble eight times that of the network.
    seconds_per_megapixel : float or None
        Of the result, on the machine that `training.report.speed` names; not measured with self-ensemble.
    """

    pictures: str
    count: int
    scale: int
    input: str = str(CLEAN)
    protocol: str
    method: str
    name: str = ""
    architecture: str = ""
    adversarial: bool = False
    clean_up: float | str = 0.0
    self_ensemble: bool = False
    precision: str = ""
    psnr: float
    ssim: float
    mse: float
    mae: float
    sharpness: float | None = None
    gmsd: float | None = None
    above_30: float | None = None
    parameters: int | None = None
    multiply_adds: int | None = None
    seconds_per_megapixel: float | None = None

    @property
    def is_clean(self) -> bool:
        """Whether LR was only reduced, as in papers."""
        return self.input == str(CLEAN)

    @property
    def paper(self) -> Published | None:
        """The paper's scores if it measured the same."""
        known = SET5_ADVERSARIAL if self.adversarial else SET5
        as_papers_do = self.is_clean and self.protocol.startswith("luma") and not self.self_ensemble
        comparable = self.pictures == "Set5" and as_papers_do
        return known.get((self.architecture, self.scale)) if comparable else None

    @property
    def published(self) -> str:
        """The paper's PSNR and SSIM if it measured the same, else empty."""
        return str(self.paper or "")

    @property
    def claimed(self) -> str:
        """The original study's range for this network, and whether it was reached."""
        if not self.architecture or self.scale != 1 or not self.protocol.startswith("RGB"):
            return ""
        claim = CLAIMS[networks.architecture(self.architecture).title]
        return claim.compare(self.psnr, self.ssim)


def rows_of(cards: Iterable[WeightsCard], seconds: Mapping[str, float]) -> list[Row]:
    """Return the rows of all cards' scores, each baseline once, sorted by scale, set, input and protocol.

    `seconds` per megapixel are by the names of the weights.
    """
    rows: dict[tuple, Row] = {}
    for card in cards:
        for score in card.scores:
            what = {
                "pictures": score["dataset"],
                "count": score["pictures"],
                "scale": card.scale,
                "input": input_of(score),
                "protocol": score["protocol"],
            }
            baseline = BICUBIC if card.scale > 1 else AS_IT_IS
            key = (*what.values(), baseline, False)
            # Preferably from a card with a GMSD, which older cards lack.
            if key not in rows or rows[key].gmsd is None:
                rows[key] = Row(
                    **what,
                    method=baseline,
                    above_30=score.get("share_above_30_bicubic"),
                    sharpness=score.get("sharpness_bicubic"),
                    gmsd=score.get("gmsd_bicubic"),
                    **score["bicubic"],
                )
            ensemble, clean_up = score["self_ensemble"], score.get("clean_up", 0.0)
            row = Row(
                **what,
                method=card.title.split(" ×")[0] + (f", clean-up {clean_up}" if clean_up else ""),
                name=card.name,
                architecture=card.architecture,
                adversarial=is_adversarial(card),
                clean_up=clean_up,
                self_ensemble=ensemble,
                precision=score["precision"],
                above_30=score.get("share_above_30_network"),
                sharpness=score.get("sharpness_network"),
                gmsd=score.get("gmsd_network"),
                parameters=card.parameters,
                multiply_adds=card.multiply_adds * (8 if ensemble else 1),
                seconds_per_megapixel=None if ensemble else seconds.get(card.name),
                **score["network"],
            )
            rows[*what.values(), card.name, clean_up, ensemble] = row
    return sorted(
        rows.values(),
        key=lambda row: (row.scale, row.pictures, Condition.named(row.input).order, row.protocol),
    )


def is_adversarial(card: WeightsCard) -> bool:
    """Return whether the weights were trained against a discriminator, or interpolated with such ones."""
    return "interpolation" in card.training or "perceptual" in card.training.get("recipe", {})


# Column heading to cell; a column whose cells are all empty is left out.
_COLUMNS: dict[str, Callable[[Row], str]] = {
    "method": lambda row: row.method + (" + self-ensemble" if row.self_ensemble else ""),
    "PSNR dB": lambda row: f"{row.psnr:.2f}",
    "SSIM": lambda row: f"{row.ssim:.4f}",
    "MSE": lambda row: f"{row.mse:.2f}",
    "MAE": lambda row: f"{row.mae:.3f}",
    "sharpness": lambda row: "" if row.sharpness is None else f"{row.sharpness:.2f}",
    "pictures above 30 dB": lambda row: "" if row.above_30 is None else f"{row.above_30:.0%}",
    "parameters": lambda row: f"{row.parameters:,}" if row.parameters else "",
    "multiply-adds per LR px": lambda row: f"{row.multiply_adds:,}" if row.multiply_adds else "",
    "s per megapixel": lambda row: f"{row.seconds_per_megapixel:.2f}" if row.seconds_per_megapixel else "",
    "published PSNR / SSIM": lambda row: row.published,
    "the study claims": lambda row: row.claimed,
}


def markdown(rows: Sequence[Row]) -> str:
    """Return a Markdown table of rows that share pictures, scale and protocol."""
    shown = {name: cell for name, cell in _COLUMNS.items() if any(cell(row) for row in rows)}
    return document.table(list(shown), [[cell(row) for cell in shown.values()] for row in rows])


def as_csv(rows: Sequence[Row]) -> str:
    """Return all rows as CSV, with every digit."""
    text = io.StringIO()
    columns = [field.name for field in fields(Row)] + ["published", "claimed"]
    writer = csv.DictWriter(text, columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows(_plain(row) for row in rows)
    return text.getvalue()


def as_json(rows: Sequence[Row]) -> str:
    """Return all rows as JSON; an infinite number, as older cards may have, is null."""
    plain = [
        {
            name: None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in _plain(row).items()
        }
        for row in rows
    ]
    return json.dumps(plain, indent=1, allow_nan=False) + "\n"


def _plain(row: Row) -> dict[str, object]:
    return {**asdict(row), "published": row.published, "claimed": row.claimed}
