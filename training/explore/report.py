"""Write the results of an exploration: a page, the charts as PNG, and every number as ``summary.json``."""

import json
from pathlib import Path

from sr_core.files import write_bytes
from training import storage
from training.charts import DARK, LIGHT
from training.explore.conclusions import conclude
from training.explore.facts import Exploration
from training.explore.figures import figures
from training.explore.page import page
from training.explore.samples import grid, png, samples
from training.explore.summary import summary

PAGE, SUMMARY, SAMPLES = "index.html", "summary.json", "samples.png"


def write(found: Exploration, folder: Path) -> Path:
    """Write the page and its files into `folder`; return the page's path.

    Each file is written atomically, the page last. Other files in the folder are left alone.

    Raises
    ------
    OptionError
        The folder cannot be created.
    PictureError
        A file cannot be written.
    """
    with storage.writing(folder, option="--out"):
        folder.mkdir(parents=True, exist_ok=True)
    conclusions, charts, shown = conclude(found), figures(found), samples(found)
    drawn = {one.name: (one.chart.draw(LIGHT), one.chart.draw(DARK)) for one in charts}
    for name, (light, _) in drawn.items():
        write_bytes(folder / f"{name}.png", light)
    if shown:
        write_bytes(folder / SAMPLES, png(grid(shown)))
    numbers = json.dumps(summary(found), indent=1, ensure_ascii=False, allow_nan=False)
    write_bytes(folder / SUMMARY, numbers.encode())
    write_bytes(folder / PAGE, page(found, conclusions, charts, drawn, shown).encode())
    return folder / PAGE
