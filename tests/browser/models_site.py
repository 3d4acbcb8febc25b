"""The page "Models" with a report of its own, for ``test_models.py``."""

import base64
import json
import tempfile
from pathlib import Path

import numpy as np
import streamlit as st

from sr_core import Picture, encode
from ui.pages import models

NETWORKS = ("bicubic", "SRCNN", "VDSR", "ESRGAN", "Autoencoder", "EDSR")
DETAIL = (
    f"data:image/png;base64,{base64.b64encode(encode(Picture(np.full((1, 1, 3), 200, np.uint8)))).decode()}"
)
HOSTILE = "<img src=x onerror=alert(1)>"
SAMPLES = [
    {
        "whole": DETAIL,
        "panels": [{"title": t, "scores": "30.00 dB, 0.80", "detail": DETAIL} for t in ("EDSR", HOSTILE)],
    }
]
CURVES = {
    "x4": [
        {
            "title": "EDSR",
            "said": ["kept: step 200"],
            "kept": 200,
            "begins": [100],
            "low": 4.0,
            "high": 9.0,
            "lines": {"training patches": [[[10, 8.0], [100, 6.0]], [[110, 6.0], [200, 5.0]]]},
        }
    ]
}


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
        (folder / "grid_x4.json").write_text(json.dumps(SAMPLES))
        (folder / "curves.json").write_text(json.dumps(CURVES))
        models.render(folder)


if __name__ == "__main__":
    main()
