"""Score saved weights on whole held-out pictures, exactly as the app runs them: tiled and rounded."""

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sr_core import Upscaler, metrics, resize
from sr_core.errors import DatasetError
from sr_core.metrics import Protocol, Scores
from sr_core.upscaler import CleanUp
from training.data.conditions import CLEAN, Condition
from training.data.datasets import Pair
from training.measures import gmsd, protocols, sharpness

# Of the scores in cards: they describe the weights, not a machine's shortcuts.
PRECISION = "float32"

EXACT_PSNR = 100.0
"""dB that stand for the infinite PSNR of an exactly restored picture in a mean."""

# Measures of a row that do not depend on its protocol.
_WHOLE = ("sharpness_bicubic", "sharpness_network", "gmsd_bicubic", "gmsd_network")


@dataclass(frozen=True)
class Row:
    """One picture (or the mean over all) under one protocol; at scale 1, `bicubic` is LR as it is.

    Sharpness and GMSD are of the whole luma, whatever the protocol (see `training.measures`).
    """

    picture: str
    protocol: Protocol
    bicubic: Scores
    network: Scores
    sharpness_bicubic: float
    sharpness_network: float
    gmsd_bicubic: float
    gmsd_network: float

    @property
    def exact(self) -> bool:
        """Whether bicubic or the network restores the picture exactly, with an infinite PSNR."""
        return math.inf in (self.bicubic.psnr, self.network.psnr)


@dataclass(frozen=True)
class Evaluation:
    """The scores of one network on the pictures of one dataset under one condition."""

    dataset: str
    condition: Condition
    weights: str
    precision: str
    self_ensemble: bool
    clean_up: CleanUp
    rows: tuple[Row, ...]

    def mean(self, protocol: Protocol) -> Row:
        """Return the mean over all pictures; that of PSNR leaves some out, see `exact`."""
        rows = [row for row in self.rows if row.protocol == protocol]
        # If no other picture is left, the mean is `EXACT_PSNR`.
        compared = [row for row in rows if not row.exact] or rows
        return Row(
            f"mean of {len(rows)}",
            protocol,
            _mean([row.bicubic for row in rows], compared=[row.bicubic for row in compared]),
            _mean([row.network for row in rows], compared=[row.network for row in compared]),
            *(sum(getattr(row, name) for row in rows) / len(rows) for name in _WHOLE),
        )

    def exact(self, protocol: Protocol) -> list[str]:
        """Return the names of the pictures that bicubic or the network restores exactly.

        Their PSNR is infinite, so that they are left out of both means of PSNR.
        """
        return [row.picture for row in self.rows if row.protocol == protocol and row.exact]

    @property
    def protocols(self) -> list[Protocol]:
        """The protocols measured, in order."""
        return list(dict.fromkeys(row.protocol for row in self.rows))

    def share_above(self, protocol: Protocol, psnr: float = metrics.ACCEPTABLE_PSNR) -> tuple[float, float]:
        """Return the shares in [0, 1] of the pictures that reach `psnr` dB: bicubic's and the network's."""
        rows = [row for row in self.rows if row.protocol == protocol]
        reached = [(row.bicubic.psnr >= psnr, row.network.psnr >= psnr) for row in rows]
        bicubic, network = (sum(column) / len(rows) for column in zip(*reached, strict=True))
        return bicubic, network

    def summary(self) -> list[dict[str, Any]]:
        """Return the means as plain data, for a card or a report."""
        return [self._summary(protocol) for protocol in self.protocols]

    def _summary(self, protocol: Protocol) -> dict[str, Any]:
        mean = self.mean(protocol)
        above_bicubic, above_network = self.share_above(protocol)
        exact = self.exact(protocol)
        return {
            "dataset": self.dataset,
            "input": str(self.condition),
            "pictures": len(self.rows) // len(self.protocols),
            "protocol": protocol.short(),
            "precision": self.precision,
            "self_ensemble": self.self_ensemble,
            **({"clean_up": self.clean_up} if self.clean_up else {}),
            **({"exact": exact} if exact else {}),
            "bicubic": _numbers(mean.bicubic),
            "network": _numbers(mean.network),
            "share_above_30_bicubic": round(above_bicubic, 4),
            "share_above_30_network": round(above_network, 4),
            **{name: round(getattr(mean, name), 4) for name in _WHOLE},
        }


def baseline(scale: int) -> str:
    """Return the name of the baseline without a network in tables."""
    return "as it is" if scale == 1 else "bicubic"


def evaluate(
    upscaler: Upscaler,
    pairs: Iterable[Pair],
    *,
    dataset: str,
    condition: Condition = CLEAN,
    self_ensemble: bool = False,
    log: Callable[[Row], Any] = lambda row: None,
) -> Evaluation:
    """Restore each LR picture with `upscaler` and with bicubic, and score both against HR.

    Parameters
    ----------
    upscaler : Upscaler
    pairs : iterable of Pair
        Of the upscaler's scale. At scale 1 bicubic leaves LR as it is.
    dataset : str
        Name of these pictures.
    condition : Condition
        How LR is degraded for both.
    self_ensemble : bool
        See `Upscaler.upscale`.
    log : callable
        Receives each row as soon as it is known.

    Returns
    -------
    Evaluation
        Under `training.measures.protocols`; only under the first of them if LR is not clean.

    Raises
    ------
    DatasetError
        There is no pair.
    """
    scale = upscaler.scale
    measured = protocols(scale)[: 2 if condition == CLEAN else 1]
    rows = []
    for pair in pairs:
        lr = condition.picture(pair.lr)
        bicubic = resize.upscale(lr.pixels, scale)
        restored = upscaler.upscale(lr, self_ensemble=self_ensemble).pixels
        whole = [measure(pair.hr, sr) for measure in (sharpness, gmsd) for sr in (bicubic, restored)]
        for protocol in measured:
            row = Row(
                pair.name,
                protocol,
                metrics.measure(pair.hr, bicubic, protocol),
                metrics.measure(pair.hr, restored, protocol),
                *whole,
            )
            rows.append(row)
            log(row)
    if not rows:
        raise DatasetError(f"There is no picture to score on. Received: {dataset}")
    return Evaluation(
        dataset=dataset,
        condition=condition,
        weights=upscaler.card.name,
        precision=upscaler.engine.precision,
        self_ensemble=self_ensemble,
        clean_up=upscaler.clean_up,
        rows=tuple(rows),
    )


def _mean(scores: Sequence[Scores], *, compared: Sequence[Scores]) -> Scores:
    """Return the mean scores; that of PSNR is over those in `compared` only."""

    def over(name: str) -> float:
        return sum(getattr(s, name) for s in scores) / len(scores)

    return Scores(
        psnr=mean_psnr([score.psnr for score in compared]),
        ssim=over("ssim"),
        mse=over("mse"),
        mae=over("mae"),
        protocol=scores[0].protocol,
    )


def mean_psnr(decibels: Sequence[float]) -> float:
    """Return the mean of PSNRs in dB, an exact picture counting as `EXACT_PSNR`."""
    return sum(min(one, EXACT_PSNR) for one in decibels) / len(decibels)


def _numbers(scores: Scores) -> dict[str, float]:
    return {name: round(getattr(scores, name), 4) for name in ("psnr", "ssim", "mse", "mae")}
