"""The report: tables, loss curves and sample grids, all generated from cards, histories and weights.

Nothing in ``docs/results`` is typed by hand: cards hold the scores that ``export`` measured, histories are
what ``fit`` wrote, and the grids are restored anew from the three sample pictures.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from sr_core import Picture, Upscaler, networks, picture, resize, weights
from sr_core.files import write_bytes
from sr_core.weights import WeightsCard
from training.degradations import DEGRADATIONS
from training.evaluate import protocols
from training.report import curves, document, grids, page, speed, tables
from training.report.tables import Row

ROOT = Path(__file__).resolve().parents[2]
SAMPLES = ROOT / "ui" / "samples"
# Side in HR px of the detail of a picture that a grid shows.
DETAIL = 56


@dataclass(frozen=True)
class Places:
    """Where the report reads and writes.

    Attributes
    ----------
    results : Path
        Folder of the report. Histories lie in it as ``NAME_history.csv``, and the cards and histories of
        runs whose weights are not given away in its folder ``study``.
    readme : Path
        The document that gets the two main tables.
    shelf : Path
        Folder of the weights.
    samples : Path
        Folder of the pictures in the grids.
    """

    results: Path = ROOT / "docs" / "results"
    readme: Path = ROOT / "README.md"
    shelf: Path = weights.FOLDER
    samples: Path = SAMPLES

    @property
    def study(self) -> Path:
        """Cards and histories of the runs on the study's pictures."""
        return self.results / "study"

    @property
    def speed(self) -> Path:
        """What `training.report.speed` measured."""
        return self.results / "speed.json"


def write(
    places: Places,
    *,
    measure_speed: bool = False,
    study_weights: Path | None = None,
    log: Callable[[str], Any] = print,
) -> None:
    """Write the whole report.

    Parameters
    ----------
    places : Places
    measure_speed : bool
        Time every network again; else the seconds of the last time are shown.
    study_weights : Path, optional
        Folder with the weights and cards of the study's runs, for their sample grid, which stays as it is
        without.
    log : callable
        Receives the name of each part.
    """
    cards, study = _cards(places)
    if measure_speed:
        log("speed")
        speed.measure(cards, places.speed)
    log("tables")
    every = rows(places)
    places.results.mkdir(parents=True, exist_ok=True)
    write_bytes(places.results / "results.csv", tables.as_csv(every).encode())
    write_bytes(places.results / "results.json", tables.as_json(every).encode())
    log("curves")
    charts = _draw_curves(places, cards, study)
    log("grids")
    pictures = _draw_grids(places, cards, study_weights)
    machine = speed.read(places.speed)["machine"]
    write_bytes(
        places.results / "README.md",
        page.page(every, machine=machine, charts=charts, pictures=pictures, detail=DETAIL).encode(),
    )
    document.renew(places.readme, {"scores": page.summary(every)})


def rows(places: Places) -> list[Row]:
    """Return every row of the tables, from the cards and the speeds measured last."""
    cards, study = _cards(places)
    return tables.rows_of([*cards, *study], speed.read(places.speed)["seconds_per_megapixel"])


def _cards(places: Places) -> tuple[list[WeightsCard], list[WeightsCard]]:
    study = weights.catalogue(places.study).values() if places.study.is_dir() else []
    return _ordered(weights.catalogue(places.shelf).values()), _ordered(study)


def _ordered(cards: Iterable[WeightsCard]) -> list[WeightsCard]:
    order = list(networks.NETWORKS)
    return sorted(cards, key=lambda card: (card.scale, order.index(card.architecture), card.name))


def _draw_curves(
    places: Places, cards: Sequence[WeightsCard], study: Sequence[WeightsCard]
) -> dict[str, Path]:
    """Draw the loss curves of every scale, and of the study; return title to file."""
    drawn = {}
    groups: dict[str, Sequence[WeightsCard]] = {
        f"×{scale}": list(group) for scale, group in groupby(cards, key=lambda card: card.scale)
    }
    if study:
        groups["the study's pictures"] = study
    for title, group in groups.items():
        folder = places.study if group is study else places.results
        histories = {}
        for card in group:
            file = folder / f"{card.name}_history.csv"
            if file.exists():
                by = "val_psnr" if card.training["recipe"].get("monitor", "psnr") == "psnr" else "val_mae"
                histories[card.name] = (curves.History.read(file, title=card.title), by)
        if histories:
            name = "study" if group is study else title.replace("×", "x")
            file = places.results / f"curves_{name}.png"
            curves.draw(histories, file)
            drawn[title] = file
    return drawn


def _draw_grids(places: Places, cards: Sequence[WeightsCard], study: Path | None) -> dict[str, Path]:
    """Draw the sample grids of x4 and of the study; return title to file."""
    drawn = {}
    files = sorted(places.samples.glob("*.png"))
    groups = {
        "×4": ("x4", [card for card in cards if card.scale == 4], "bicubic"),
        "the study's task": ("study", _ordered(weights.catalogue(study).values()) if study else [], "study"),
    }
    for title, (name, group, degradation) in groups.items():
        file = places.results / f"grid_{name}.png"
        if group and files:
            scale = group[0].scale
            originals = [resize.crop_to_multiple(picture.read(f).pixels, 4) for f in files]
            grids.draw(
                [(hr, grids.busiest(hr, DETAIL)) for hr in originals],
                {card.title.split(" ×")[0]: _restorer(card) for card in group},
                scale=scale,
                degrade=lambda hr, scale=scale, how=degradation: DEGRADATIONS[how](hr, scale),
                protocol=protocols(scale)[0],
                detail=DETAIL,
                file=file,
            )
        if file.exists():
            drawn[title] = file
    return drawn


def _restorer(card: WeightsCard) -> grids.Restore:
    upscaler = Upscaler(card)
    return lambda lr: np.asarray(upscaler.upscale(Picture(lr)).pixels)
