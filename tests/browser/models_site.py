"""The page "Models" with a report of its own, for ``test_models.py``."""

import json
import tempfile
from pathlib import Path

import numpy as np
import streamlit as st

from sr_core import Picture, encode
from ui.pages import models

NETWORKS = ("bicubic", "SRCNN", "VDSR", "ESRGAN", "Autoencoder", "EDSR")
# Wider than what Streamlit shrinks and writes anew as JPEG, if it is let.
GRID = encode(Picture(np.random.default_rng(0).integers(0, 256, (90, 1600, 3), np.uint8)))


def rows() -> list[dict]:
    """Rows as ``python -m training report`` writes them, with every column filled."""
    numbers = {"ssim": 0.85, "mse": 80.0, "mae": 5.0, "above_30": 0.5, "parameters": 1_000_000}
    numbers |= {"multiply_adds": 1_000_000, "seconds_per_megapixel": 1.5, "published": "31.35 / 0.8838"}
    what = {"pictures": "Set5", "count": 5, "scale": 4, "protocol": "luma, shave 4"}
    return [
        {
            **what,
            **numbers,
            "method": title,
            "name": "" if title == "bicubic" else title,
            "psnr": 28.0 + index,
        }
        for index, title in enumerate(NETWORKS)
    ]


def main() -> None:
    """Show the page."""
    st.set_page_config(layout="wide")
    st.html(Path(__file__).parents[2] / "ui" / "page.css")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "results.json").write_text(json.dumps(rows()))
        (folder / "grid_x4.png").write_bytes(GRID)
        models.render(folder)


if __name__ == "__main__":
    main()
