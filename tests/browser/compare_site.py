"""The page "Compare" with five tiny networks of its own, for ``test_compare_models.py``."""

import tempfile
from pathlib import Path
from typing import Any

import streamlit as st

from service import methods, networks, process
from sr_core import Upscaler, WeightsCard
from tests.ui.conftest import saved
from ui import server, session
from ui.components.frame import draw_frame
from ui.pages import compare

KINDS: dict[str, dict[str, Any]] = {
    "edsr": {"blocks": 1, "channels": 4},
    "autoencoder": {"depth": 1, "channels": 4},
    "esrgan": {"blocks": 1, "channels": 4, "growth": 2},
    "srcnn": {"kernels": [3, 1, 3], "channels": [4, 4]},
    # Not that tiny: there must be time to cancel it.
    "vdsr": {"depth": 12, "channels": 48},
}


@st.cache_resource
def cards() -> dict[str, WeightsCard]:
    """Saved once; the folder ends with the process."""
    process.start_tensorflow()  # which loading weights of the app would have done
    folder = Path(tempfile.mkdtemp(prefix="superres-test-"))
    return {card.name: card for card in (saved(folder, kind, 4, **more) for kind, more in KINDS.items())}


def main() -> None:
    """Show the page."""
    st.set_page_config(layout="wide")
    st.html(Path(__file__).parents[2] / "ui" / "page.css")
    known = cards()
    methods.catalogue = compare.catalogue = lambda: known
    networks._load = lambda name: Upscaler(known[name])
    session.set_page_state(session.PageState())
    compare.render()
    draw_frame()


if __name__ == "__main__":
    main()
else:
    app = st.App(__file__, routes=server.routes(), middleware=server.middleware())
