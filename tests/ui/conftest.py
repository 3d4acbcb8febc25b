"""Networks small enough to be loaded and run in a moment, for the pages that choose among several."""

import gc
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from service.task import shared_resources
from sr_core import Upscaler, networks, weights
from sr_core.weights import WeightsCard


@pytest.fixture(scope="module", autouse=True)
def frozen_heap() -> Iterator[None]:
    """Leave what is there already out of the collections of garbage that Streamlit makes after each run.

    After thousands of tests a collection takes longer than drawing a page.
    """
    gc.collect()
    gc.freeze()
    yield
    gc.unfreeze()


@pytest.fixture(scope="session")
def tiny_cards(tmp_path_factory: pytest.TempPathFactory) -> dict[str, WeightsCard]:
    """Cards and weights of three networks: EDSR and SRCNN ×4, and SRCNN ×2. They begin near bicubic."""
    folder = tmp_path_factory.mktemp("weights")
    kinds = {"edsr": {"blocks": 1, "channels": 4}, "srcnn": {"kernels": [3, 1, 3], "channels": [4, 4]}}
    return {
        card.name: card
        for card in (
            saved(folder, kind, scale, **kinds[kind])
            for kind, scale in (("edsr", 4), ("srcnn", 4), ("srcnn", 2))
        )
    }


def saved(folder: Path, architecture: str, scale: int, **hyperparameters: Any) -> WeightsCard:
    network = networks.build(architecture, scale=scale, **hyperparameters)
    known = networks.architecture(architecture)
    card = WeightsCard(
        name=f"tiny_{architecture}_x{scale}",
        title=f"{known.title} ×{scale}",
        architecture=architecture,
        scale=scale,
        hyperparameters=hyperparameters,
        sha256="",
        parameters=network.count_params(),
        multiply_adds=1,
        receptive_radius=8,
        halo=8,
        licence="CC0",
        folder=folder,
    )
    return weights.save_network(network, card)


@pytest.fixture
def tiny_networks(tiny_cards: dict[str, WeightsCard], monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Have the page "Measure" offer the tiny networks only; gives the names of those that were run."""
    ran: list[str] = []

    class Counted(Upscaler):
        def upscale(self, *args, **options):
            ran.append(self.card.name)
            return super().upscale(*args, **options)

    def load(name: str) -> Upscaler:
        upscaler = Counted(tiny_cards[name])
        upscaler.warm_up()
        del ran[-2:]  # what warmed it up
        return upscaler

    monkeypatch.setattr("service.methods.catalogue", lambda: tiny_cards)
    monkeypatch.setattr("service.networks._load", load)
    shared_resources.cache_clear()
    yield ran
    shared_resources.cache_clear()


def downloads(app: Any) -> list[str]:
    """The labels of the links to files."""
    bodies = [element.proto.body for element in app.get("html")]
    return [found[1] for body in bodies if (found := re.fullmatch(r'<a class="download.*>([^<]*)</a>', body))]
