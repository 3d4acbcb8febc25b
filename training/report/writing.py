"""Write the report: tables, training curves, sample grids and crops."""

import os
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np

from sr_core import Picture, Upscaler, networks, read, resize, weights
from sr_core.files import write_bytes
from sr_core.upscaler import CleanUp
from sr_core.weights import WeightsCard
from training.data.degradations import DEGRADATIONS
from training.evaluate import PRECISION
from training.measures import protocols
from training.report import crops, curves, document, gains, grids, page, speed, tables
from training.report.places import Places
from training.report.tables import Row
from training.study import three_ways

# HR px. Side of the details in a grid.
DETAIL = 96
# Titles of the groups of the study's runs.
STUDY = "the study's pictures"
AS_WRITTEN = "the study as it was written"

_TITLES = [one.title for one in networks.NETWORKS.values()]


def write(
    places: Places,
    *,
    measure_speed: bool = False,
    study_weights: Path | None = None,
    crops_of: Path | None = None,
    log: Callable[[str], Any] = print,
) -> None:
    """Write the whole report.

    Parameters
    ----------
    places : Places
    measure_speed : bool
        Time every network again; else the last measurement is shown.
    study_weights : Path, optional
        Folder with the weights and cards of the study's runs, for their sample grid, which is otherwise left
        unchanged, and their seconds.
    crops_of : Path, optional
        Folder of CID22's validation pictures, for the sheets of crops, which are otherwise left unchanged.
    log : callable
        Receives the name of each part, and of what is missing.
    """
    cards, study = _cards(places)
    as_written = _cards_in(places.as_written)
    if measure_speed:
        log("speed")
        of_study = weights.catalogue(study_weights).values() if study_weights else ()
        speed.measure([*cards, *of_study], places.speed)
    log("tables")
    all_rows = rows(places)
    places.results.mkdir(parents=True, exist_ok=True)
    write_bytes(places.results / "results.csv", tables.as_csv(all_rows).encode())
    write_bytes(places.results / "results.json", tables.as_json(all_rows).encode())
    log("curves")
    runs = _runs(places, cards, study, as_written)
    charts = {title: places.results / f"curves_{_file_name(title)}.png" for title in runs}
    for title, file in charts.items():
        curves.draw(runs[title], file)
    plain = curves.as_json({_file_name(title): found for title, found in runs.items()})
    write_bytes(places.results / "curves.json", plain.encode())
    log("gains")
    measured = gains.groups(all_rows)
    plots = {group: places.results / gains.name_of(group) for group in measured}
    for group, file in plots.items():
        gains.draw(measured[group], file)
    log("grids")
    if crops_of is not None:
        log("crops")
        for scale in crops.SCALES:
            crops.draw(crops_of, scale, _for_photos(cards, scale), places.results)
    illustrations = page.Illustrations(
        runs=runs,
        charts=charts,
        gains=plots,
        grids=_draw_grids(places, cards, study_weights),
        crops=crops.existing(places.results),
        three_ways=three_ways.markdown(as_written, study, runs.get(AS_WRITTEN, ()), runs.get(STUDY, ())),
    )
    machine, absent = speed.read(places.speed)["machine"], missing(cards, study)
    for what in absent:
        log(f"not there yet: {what}")
    text = page.page(all_rows, machine=machine, missing=absent, illustrations=illustrations)
    write_bytes(places.results / "README.md", text.encode())
    document.renew(places.readme, {"scores": front_page(places)})


def rows(places: Places) -> list[Row]:
    """Return all rows of the tables, from the cards and the last measurement of speed."""
    cards, study = _cards(places)
    return tables.rows_of([*cards, *study], speed.read(places.speed)["seconds_per_megapixel"])


def front_page(places: Places) -> str:
    """Return the part of the front page that `write` writes."""
    link = os.path.relpath(places.results / "README.md", places.readme.parent)
    return page.summary(rows(places), link=Path(link).as_posix())


def missing(cards: Sequence[WeightsCard], study: Sequence[WeightsCard]) -> list[str]:
    """Return, as phrases, which of the five networks lack weights at x4, and which a run of the study."""
    groups = {"at ×4": [card for card in cards if card.scale == 4], f"on {STUDY}": study}
    absent = []
    for where, group in groups.items():
        present = {networks.architecture(card.architecture).title for card in group}
        titles = [title for title in _TITLES if title not in present]
        if titles:
            absent.append(f"{', '.join(titles)} {where}")
    if not any(tables.is_adversarial(card) for card in cards):
        absent.append("ESRGAN trained against a discriminator")
    return absent


def _cards(places: Places) -> tuple[list[WeightsCard], list[WeightsCard]]:
    return _ordered(weights.catalogue(places.weights).values()), _cards_in(places.study)


def _cards_in(folder: Path) -> list[WeightsCard]:
    return _ordered(weights.catalogue(folder).values()) if folder.is_dir() else []


def _ordered(cards: Iterable[WeightsCard]) -> list[WeightsCard]:
    """Return the cards in the order of `NETWORKS`, PSNR-trained ones first."""
    return sorted(
        cards,
        key=lambda card: (
            card.scale,
            _TITLES.index(networks.architecture(card.architecture).title),
            tables.is_adversarial(card),
            card.name,
        ),
    )


def _runs(
    places: Places,
    cards: Sequence[WeightsCard],
    study: Sequence[WeightsCard],
    as_written: Sequence[WeightsCard],
) -> dict[str, list[curves.Run]]:
    """Return the runs with a history: those of every scale, and the study's."""
    groups = {
        f"×{scale}": (places.results, list(group))
        for scale, group in groupby(cards, key=lambda card: card.scale)
    }
    groups[STUDY] = (places.study, list(study))
    groups[AS_WRITTEN] = (places.as_written, list(as_written))
    runs = {
        title: [
            curves.Run.last_of(curves.History.read(file, title=card.title.split(" ×")[0]), card.training)
            for card in group
            if (file := folder / f"{card.name}_history.csv").exists()
        ]
        for title, (folder, group) in groups.items()
    }
    return {title: found for title, found in runs.items() if found}


def _file_name(title: str) -> str:
    return {STUDY: "study", AS_WRITTEN: "as_written"}.get(title, title.replace("×", "x"))


def _draw_grids(
    places: Places, cards: Sequence[WeightsCard], study: Path | None
) -> dict[str, tuple[Path, str]]:
    """Draw the sample grids of x4 and of the study; return their files and protocols by title."""
    drawn = {}
    files = sorted(places.samples.glob("*.png"))
    groups = {
        "×4": (4, [card for card in cards if card.scale == 4], "bicubic"),
        STUDY: (1, _ordered(weights.catalogue(study).values()) if study else [], "study"),
    }
    for title, (scale, group, degradation) in groups.items():
        file = places.results / f"grid_{_file_name(title)}.webp"
        protocol = protocols(scale)[0]
        if group and files:
            details = grids.restore(
                [resize.crop_to_multiple(read(f).pixels, 4) for f in files],
                {card.title.split(" ×")[0]: _restorer(card) for card in group},
                scale=scale,
                degrade=lambda hr, scale=scale, how=degradation: DEGRADATIONS[how](hr, scale),
                protocol=protocol,
                detail=DETAIL,
            )
            grids.draw(details, file)
            write_bytes(file.with_suffix(".json"), grids.as_json(details).encode())
        if file.exists():
            drawn[title] = file, protocol.short()
    return drawn


def _for_photos(cards: Sequence[WeightsCard], scale: int) -> dict[str, crops.Restore]:
    """Return the methods on the sheets of crops: EDSR, and with its weights for photos if there are any."""
    methods: dict[str, crops.Restore] = {}
    for card in cards:
        if card.name == f"edsr_x{scale}":
            strengths: dict[str, CleanUp] = {"EDSR": 0.0}
            if weights.counterpart(card) is not None:
                strengths |= {"photo": 1.0, "auto": "auto"}
            for name, strength in strengths.items():
                upscaler = Upscaler(card, precision=PRECISION, clean_up=strength)
                methods[name] = lambda lr, upscaler=upscaler: np.asarray(upscaler.upscale(lr).pixels)
    return methods


def _restorer(card: WeightsCard) -> grids.Restore:
    # In float32, so that the same weights give the same file on every machine.
    upscaler = Upscaler(card, precision=PRECISION)
    return lambda lr: np.asarray(upscaler.upscale(Picture(lr)).pixels)
