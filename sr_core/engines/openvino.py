"""Runs a network with OpenVINO on the CPU: one compiled graph per tile shape, and no TensorFlow or Keras."""

import functools
import os
import threading
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset15 as ops

from sr_core.engines import BASE_MEMORY, Precision, bytes_per_tile_pixel, tile_sizes
from sr_core.engines.processor import WORTHWHILE_SPEEDUP, bfloat16_speedup, cpu_has_bfloat16
from sr_core.errors import EngineError, OptionError
from sr_core.networks.openvino_builder import between, graph
from sr_core.weights import WeightsCard, load_numbers

# Bytes that a tile may take; more memory means less overlap.
_TILE_MEMORY = 200 * 10**6

# Compiled graphs kept: of a shape, and of the shape rotated by 90 degrees for the self-ensemble. Each takes
# 18 MB, and while it runs the buffers of its tile shape.
MAX_SHAPES = 2

_HINTS = {"float32": "f32", "bfloat16": "bf16"}


class OpenVinoEngine:
    """See `sr_core.engines.Engine`.

    Parameters
    ----------
    card : WeightsCard
    precision : {"auto", "float32", "bfloat16"}
    gpu : int, optional
        Only -1, the CPU, can be used.
    clean_up : float
        See `sr_core.engines.create`.
    """

    device = "CPU"
    base_memory = BASE_MEMORY["openvino"]

    def __init__(
        self,
        card: WeightsCard,
        *,
        precision: Precision = "auto",
        gpu: int | None = None,
        clean_up: float = 0.0,
    ):
        if gpu not in (None, -1):
            raise OptionError(
                "There is no such GPU; OpenVINO computes on the CPU here, which is -1; for a GPU choose the "
                f"engine tensorflow; received {gpu}."
            )
        if precision == "auto":
            precision = "bfloat16" if cpu_prefers_bfloat16() else "float32"
        self.precision: str = precision
        self._bytes_per_pixel = bytes_per_tile_pixel(card)
        self.tile_sizes: Sequence[int] = tile_sizes(self._bytes_per_pixel, _TILE_MEMORY)
        self._card = card
        self._numbers = load_numbers(card, clean_up=clean_up)
        self._compiled: OrderedDict[tuple[int, ...], ov.CompiledModel] = OrderedDict()
        # Requests hold the last tiles and the buffers, so they are kept for one picture only.
        self._requests: dict[tuple[int, ...], ov.InferRequest] = {}
        self._lock = threading.Lock()

    def batch(self, tile_height: int, tile_width: int) -> int:
        """Return how many tiles to run at once: one."""
        return 1

    def memory(self, tile_height: int, tile_width: int) -> int:
        """Return approximately how many bytes a call takes."""
        return int(tile_height * tile_width * self._bytes_per_pixel)

    def run(self, tiles: np.ndarray) -> np.ndarray:
        """Enlarge a batch of tiles; see `sr_core.engines.Engine.run`. One call at a time, others wait."""
        with self._lock:
            try:
                return self._request(tiles.shape).infer([np.ascontiguousarray(tiles, np.float32)])[0].copy()
            except (MemoryError, RuntimeError) as error:
                # OpenVINO has no exception class for it: "bad_alloc", or "Failed to allocate".
                if isinstance(error, RuntimeError) and "alloc" not in str(error):
                    raise
                _, height, width, _ = tiles.shape
                raise EngineError(
                    f"The memory of the CPU is too small for tiles of {height} x {width} px; "
                    "choose a smaller tile."
                ) from error

    def release(self) -> None:
        """Free the buffers of all graphs."""
        with self._lock:
            self._requests.clear()
            for compiled in self._compiled.values():
                compiled.release_memory()

    def _request(self, shape: tuple[int, ...]) -> ov.InferRequest:
        compiled = self._graph(shape)
        if shape not in self._requests:
            self._requests[shape] = compiled.create_infer_request()
        return self._requests[shape]

    def _graph(self, shape: tuple[int, ...]) -> ov.CompiledModel:
        if shape in self._compiled:
            self._compiled.move_to_end(shape)
            return self._compiled[shape]
        card = self._card
        if len(self._compiled) >= MAX_SHAPES:
            oldest, _ = self._compiled.popitem(last=False)
            self._requests.pop(oldest, None)
        model = graph(card.architecture, self._numbers, shape, scale=card.scale, **card.hyperparameters)
        compiled = self._compiled[shape] = compile_for_cpu(model, self.precision)
        return compiled


@functools.cache
def _core() -> ov.Core:
    return ov.Core()


def compile_for_cpu(model: ov.Model, precision: str) -> ov.CompiledModel:
    """Compile a graph for one call at a time on all cores, or on ``OMP_NUM_THREADS`` of them."""
    hints: dict[str, Any] = {"INFERENCE_PRECISION_HINT": _HINTS[precision], "PERFORMANCE_HINT": "LATENCY"}
    if (threads := os.environ.get("OMP_NUM_THREADS", "")).isdecimal():
        hints["INFERENCE_NUM_THREADS"] = int(threads)
    return _core().compile_model(model, "CPU", hints)


@functools.cache
def cpu_prefers_bfloat16() -> bool:
    """Return whether OpenVINO convolves clearly faster in bfloat16 on this CPU; measured once per process."""
    return cpu_has_bfloat16() and _convolution_speedup() > WORTHWHILE_SPEEDUP


def _convolution_speedup() -> float:
    """Return how many times faster a typical convolution is in bfloat16 than in float32."""
    features = np.ones((1, 64, 96, 96), np.float32)
    kernel = np.ones((64, 64, 3, 3), np.float32)
    x: Any = ops.parameter(features.shape, np.float32)
    # Two convolutions, because the first also rounds its input.
    y: Any = x
    for _ in range(2):
        y = ops.convolution(y, kernel, [1, 1], [1, 1], [1, 1], [1, 1])
    model = between(x, y)
    compiled = {precision: compile_for_cpu(model, precision) for precision in _HINTS}
    return bfloat16_speedup({name: functools.partial(call, features) for name, call in compiled.items()})
