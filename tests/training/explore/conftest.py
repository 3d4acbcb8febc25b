"""Small datasets with something wrong in them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from training.explore.dataset import explore
from training.explore.facts import Exploration, Settings


@pytest.fixture
def look() -> Callable[..., Exploration]:
    """Explore a folder with these settings."""

    def run(folder: Path, **settings: Any) -> Exploration:
        return explore(folder, Settings(**settings))

    return run
