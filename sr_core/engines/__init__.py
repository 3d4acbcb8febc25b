"""How a network is executed. An engine turns batches of LR tiles into batches of SR tiles.

Importing this package imports nothing heavy; `create` does.
"""

import os
from collections.abc import Sequence
from typing import Literal, Protocol

import numpy as np

from sr_core.errors import OptionError
from sr_core.weights import WeightsCard

Precision = Literal["auto", "float32", "bfloat16"]


class Engine(Protocol):
    """What the upscaler needs of an engine.

    Attributes
    ----------
    precision : str
        Arithmetic in use, ``"float32"`` or ``"bfloat16"``.
    device : str
        For people, e.g. ``"CPU"``.
    tile_sizes : sequence of int
        Window sizes in LR px that run well here.
    """

    precision: str
    device: str
    tile_sizes: Sequence[int]

    def batch(self, tile_height: int, tile_width: int) -> int:
        """Return how many tiles of this size, in LR px, to hand over at once."""
        ...

    def memory(self, tile_height: int, tile_width: int) -> int:
        """Return about how many bytes one call on a full batch of such tiles takes."""
        ...

    def run(self, tiles: np.ndarray) -> np.ndarray:
        """Enlarge a batch: ``(n, h, w, 3)`` float32 in [0, 1] to ``(n, h*scale, w*scale, 3)`` float32."""
        ...


def create(
    card: WeightsCard, *, precision: Precision = "auto", gpu: int | None = None, clean_up: float = 0.0
) -> Engine:
    """Load `card` into an engine.

    Parameters
    ----------
    card : WeightsCard
    precision : {"auto", "float32", "bfloat16"}
        ``"auto"`` takes bfloat16 where the processor is faster in it (a CPU is asked by a short measurement)
        and float32 elsewhere.
    gpu : int, optional
        Index of the GPU to use, -1 for the CPU; by default the first GPU if there is one.
    clean_up : float
        See `sr_core.weights.load_network`.

    Raises
    ------
    OptionError
        There is no such GPU or precision, or the network cannot clean up that much.
    WeightsError
        The weights cannot be loaded.
    """
    if precision not in ("auto", "float32", "bfloat16"):
        raise OptionError(f"The precision is one of auto, float32 and bfloat16; received {precision!r}.")
    # TensorFlow tells about the processor and its rewriting of the graph on every start, and reads this once.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from sr_core.engines.tensorflow import TensorFlowEngine

    return TensorFlowEngine(card, precision=precision, gpu=gpu, clean_up=clean_up)
