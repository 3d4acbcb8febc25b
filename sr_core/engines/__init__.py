"""Executes networks. An engine turns batches of LR tiles into batches of SR tiles.

Importing this package imports nothing heavy; `create` does.
"""

import ctypes
import functools
import math
import os
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Literal, Protocol, cast

import numpy as np

from sr_core import networks
from sr_core.errors import OptionError
from sr_core.weights import WeightsCard

Precision = Literal["auto", "float32", "bfloat16"]
Kind = Literal["auto", "tensorflow", "openvino"]
KINDS: tuple[Kind, ...] = ("auto", "tensorflow", "openvino")

# Bytes that the process takes, including Python and the engine, for a picture of 64 x 64 px; the measured
# peak RSS was 698 and 175 MB.
BASE_MEMORY = {"tensorflow": 640 * 2**20, "openvino": 200 * 2**20}

# Window sizes in LR px: many, so that one divides nearly any picture with little overlap, which saves 10 to
# 30 % of the work. The first use of each costs a compilation of 0.1 to 0.5 s.
_SMALLEST_TILE, _TILE_STEP = 144, 4


class Engine(Protocol):
    """The interface of an engine.

    Attributes
    ----------
    precision : str
        Arithmetic in use, ``"float32"`` or ``"bfloat16"``.
    device : str
        Display name, e.g. ``"CPU"``.
    tile_sizes : sequence of int
        Window sizes in LR px that run well here; see `sr_core.tiling.plan`.
    base_memory : int
        Approximate bytes that the process takes before the first picture.
    """

    precision: str
    device: str
    tile_sizes: Sequence[int]
    base_memory: int

    def batch(self, tile_height: int, tile_width: int) -> int:
        """Return how many tiles of this size, in LR px, to run at once."""
        ...

    def memory(self, tile_height: int, tile_width: int) -> int:
        """Return approximately how many bytes a call on a full batch of such tiles takes."""
        ...

    def run(self, tiles: np.ndarray) -> np.ndarray:
        """Enlarge a batch: ``(n, h, w, 3)`` float32 in [0, 1] to ``(n, h*scale, w*scale, 3)`` float32."""
        ...

    def release(self) -> None:
        """Free the memory that is needed only while running. Called after each picture."""
        ...


def choose(kind: Kind = "auto", *, gpu: int | None = None) -> Literal["tensorflow", "openvino"]:
    """Choose the engine.

    Parameters
    ----------
    kind : {"auto", "tensorflow", "openvino"}
        ``"auto"`` is the environment variable ``SUPERRES_ENGINE`` if it is set; otherwise OpenVINO if it is
        installed and no GPU is used, because it starts in a fraction of the time and takes less memory.
    gpu : int, optional
        See `create`.

    Raises
    ------
    OptionError
        There is no such engine, or it is not installed.
    """
    if kind == "auto":
        kind = cast(Kind, os.environ.get("SUPERRES_ENGINE") or "auto")
    if kind not in KINDS:
        raise OptionError(f"The engine is one of {', '.join(KINDS)}; received {kind!r}.")
    available = "openvino" in installed()
    if kind == "openvino" and not available:
        raise OptionError(
            "OpenVINO is not installed; run `pip install -r requirements-openvino.txt`, or choose the engine "
            "tensorflow."
        )
    if kind != "auto":
        return kind
    on_cpu = gpu == -1 or (gpu is None and not _cuda_gpus())
    return "openvino" if available and on_cpu else "tensorflow"


def installed() -> list[Kind]:
    """Return the engines that can be used here; the first is always available."""
    return ["tensorflow", "openvino"] if find_spec("openvino") is not None else ["tensorflow"]


def base_memory() -> int:
    """Return approximately how many bytes the process takes before the first picture."""
    return BASE_MEMORY[choose()]


def create(
    card: WeightsCard,
    *,
    kind: Kind = "auto",
    precision: Precision = "auto",
    gpu: int | None = None,
    clean_up: float = 0.0,
) -> Engine:
    """Load `card` into an engine.

    Parameters
    ----------
    card : WeightsCard
    kind : {"auto", "tensorflow", "openvino"}
        See `choose`.
    precision : {"auto", "float32", "bfloat16"}
        ``"auto"`` takes bfloat16 if the processor is faster in it (a CPU is tested by a short measurement),
        and float32 otherwise.
    gpu : int, optional
        Index of the GPU to use, -1 for the CPU; by default the first GPU if there is one.
    clean_up : float
        See `sr_core.weights.load_numbers`.

    Raises
    ------
    OptionError
        There is no such engine, GPU or precision, or the network cannot clean up that much.
    WeightsError
        The weights cannot be loaded.
    """
    if precision not in ("auto", "float32", "bfloat16"):
        raise OptionError(f"The precision is one of auto, float32 and bfloat16; received {precision!r}.")
    if networks.architecture(card.architecture).keras_only:
        if kind == "openvino":
            raise OptionError(f"This network runs under TensorFlow only; received the engine {kind!r}.")
        kind = "tensorflow"
    if choose(kind, gpu=gpu) == "openvino":
        from sr_core.engines.openvino import OpenVinoEngine

        return OpenVinoEngine(card, precision=precision, gpu=gpu, clean_up=clean_up)
    # TensorFlow logs the processor and its graph rewrites at every start; it reads this variable once.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from sr_core.engines.tensorflow import TensorFlowEngine

    return TensorFlowEngine(card, precision=precision, gpu=gpu, clean_up=clean_up)


def bytes_per_tile_pixel(card: WeightsCard) -> float:
    """Return approximately how many bytes an LR px of a tile takes while running in float32 on a CPU.

    At x4 a px took 1,350 to 1,400 of peak RSS for EDSR, 9,500 to 13,050 for VDSR, 6,700 to 9,100 for ESRGAN,
    6,900 to 9,900 for the autoencoder, and 6,700 to 6,850 for SRCNN: at most 1.6 times the input and
    output of the widest layer, and what residual connections keep.
    """
    outline = networks.outline(card.architecture, scale=card.scale, **card.hyperparameters)
    return 4 * (1.65 * float(outline.widest) + 150)


def tile_sizes(bytes_per_pixel: float, budget: float) -> range:
    """Return the window sizes, in LR px, that take at most `budget` bytes; at least the smallest."""
    largest = math.isqrt(int(budget / bytes_per_pixel))
    return range(_SMALLEST_TILE, max(_SMALLEST_TILE, largest) + 1, _TILE_STEP)


@functools.cache
def _cuda_gpus() -> int:
    """Return the number of NVIDIA GPUs, asking the driver because TensorFlow takes seconds to import."""
    count = ctypes.c_int()
    try:
        cuda = ctypes.CDLL("nvcuda.dll" if sys.platform == "win32" else "libcuda.so.1")
    except OSError:
        return 0
    return 0 if cuda.cuInit(0) or cuda.cuDeviceGetCount(ctypes.byref(count)) else count.value
