"""Runs a network with TensorFlow: one traced function per tile shape, on the CPU or a GPU."""

import contextlib
import functools
import threading
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from sr_core import networks
from sr_core.engines import BASE_MEMORY, Precision, bytes_per_tile_pixel, tile_sizes
from sr_core.engines.processor import WORTHWHILE_SPEEDUP, bfloat16_speedup, cpu_has_bfloat16
from sr_core.errors import EngineError, OptionError
from sr_core.weights import WeightsCard, load_network

GPU_TILES = (192, 256, 384, 512)

# Bytes that a tile may take on a CPU: with it, a process stays below 850 MB for a result of 16 megapixels.
_TILE_MEMORY = 100 * 10**6

# Functions kept; each holds the buffers of one tile shape.
MAX_SHAPES = 24

# Held while an engine runs; see `_graph_rewrite`.
_RUNNING = threading.Lock()


class TensorFlowEngine:
    """See `sr_core.engines.Engine`.

    It never uses ``model.predict``, eager calls or XLA on a CPU: they take 1.3 to 2 times as long. Each shape
    is traced anew; the upscaler asks for a few fixed ones, and each picture smaller than a tile is one of its
    own.

    Parameters
    ----------
    card : WeightsCard
    precision : {"auto", "float32", "bfloat16"}
    gpu : int, optional
    clean_up : float
        See `sr_core.engines.create`.
    """

    base_memory = BASE_MEMORY["tensorflow"]

    def __init__(
        self,
        card: WeightsCard,
        *,
        precision: Precision = "auto",
        gpu: int | None = None,
        clean_up: float = 0.0,
    ):
        device = _choose_device(gpu)
        on_gpu = device is not None
        if precision == "auto":
            fast = _gpu_has_bfloat16(device) if device is not None else cpu_prefers_bfloat16()
            precision = "bfloat16" if fast else "float32"
        self.precision: str = precision
        self.device = "CPU" if device is None else device.name.removeprefix("/physical_device:")
        self._bytes_per_pixel = bytes_per_tile_pixel(card) / (2 if on_gpu and precision == "bfloat16" else 1)
        self.tile_sizes: Sequence[int] = (
            GPU_TILES if on_gpu else tile_sizes(self._bytes_per_pixel, _TILE_MEMORY)
        )
        # On a CPU, oneDNN's rewrite of the float32 graph is faster than Keras' mixed_bfloat16.
        self._rewrite = precision == "bfloat16" and not on_gpu
        self._memory = _gpu_memory(device) if device is not None else None
        with tf.device(self.device):
            mixed = precision == "bfloat16" and on_gpu
            network = load_network(card, dtype="mixed_bfloat16" if mixed else "float32", clean_up=clean_up)
            self._network = networks.architecture(card.architecture).folded(network)
        self._functions: OrderedDict[tuple[int | None, ...], Any] = OrderedDict()

    def batch(self, tile_height: int, tile_width: int) -> int:
        """Return how many tiles to run at once: one on a CPU, as many as half its memory holds on a GPU."""
        if self._memory is None:
            return 1
        one = tile_height * tile_width * self._bytes_per_pixel
        return int(max(1, min(32, self._memory // 2 // one)))

    def memory(self, tile_height: int, tile_width: int) -> int:
        """Return approximately how many bytes a call takes."""
        return int(self.batch(tile_height, tile_width) * tile_height * tile_width * self._bytes_per_pixel)

    def run(self, tiles: np.ndarray) -> np.ndarray:
        """Enlarge a batch of tiles; see `sr_core.engines.Engine.run`. One call at a time, others wait."""
        with _graph_rewrite(self._rewrite), tf.device(self.device):
            try:
                return self._function(tiles.shape)(tf.constant(tiles, tf.float32)).numpy()
            except tf.errors.ResourceExhaustedError as error:
                raise EngineError(
                    f"The memory of the {self.device} is too small for tiles of "
                    f"{tiles.shape[1]} x {tiles.shape[2]} px; choose a smaller tile."
                ) from error

    def release(self) -> None:
        """Do nothing: TensorFlow frees the memory of a call when it ends, or keeps it on a GPU."""

    def _function(self, shape: tuple[int | None, ...]) -> Any:
        # The last batch of a picture may be smaller; only a GPU gets batches of more than one.
        shape = (None if self._memory else shape[0], *shape[1:])
        if shape in self._functions:
            self._functions.move_to_end(shape)
            return self._functions[shape]
        signature = [tf.TensorSpec(shape, tf.float32)]
        network = self._network
        # A concrete function is traced here and never again, and TensorFlow does not warn of "retracing".
        function = tf.function(lambda tiles: network(tiles, training=False), input_signature=signature)
        function = function.get_concrete_function()
        self._functions[shape] = function
        if len(self._functions) > MAX_SHAPES:
            self._functions.popitem(last=False)
        return function


@contextlib.contextmanager
def _graph_rewrite(to_bfloat16: bool) -> Iterator[None]:
    """Turn oneDNN's rewrite to bfloat16 on or off within the block.

    It is a process-wide setting: no other engine may change it meanwhile, and it is restored for everything
    else that uses TensorFlow here, such as training.
    """
    name = "auto_mixed_precision_onednn_bfloat16"
    options = tf.config.optimizer
    with _RUNNING:
        before = options.get_experimental_options().get(name, False)
        options.set_experimental_options({name: to_bfloat16})
        try:
            yield
        finally:
            options.set_experimental_options({name: before})


@functools.cache
def cpu_prefers_bfloat16() -> bool:
    """Return whether this CPU convolves clearly faster in bfloat16; measured once per process in about 0.2 s.

    Some processors have the instructions and are slower with them: 0.65 times as fast was seen on a Xeon.
    """
    return cpu_has_bfloat16() and _convolution_speedup() > WORTHWHILE_SPEEDUP


def _convolution_speedup() -> float:
    """Return how many times faster a typical convolution is in bfloat16 than in float32."""
    with tf.device("CPU"):
        operands = {
            name: (tf.ones((1, 96, 96, 64), name), tf.ones((3, 3, 64, 64), name))
            for name in ("float32", "bfloat16")
        }

        def convolve(name: str) -> None:
            tf.nn.conv2d(*operands[name], 1, "SAME").numpy()

        return bfloat16_speedup({name: functools.partial(convolve, name) for name in operands})


def _choose_device(gpu: int | None) -> Any:
    if gpu == -1:
        return None
    devices = tf.config.list_physical_devices("GPU")
    if gpu is None:
        gpu = 0
        if not devices:
            return None
    if not 0 <= gpu < len(devices):
        raise OptionError(
            f"There is no such GPU; {len(devices)} can be used here, counted from 0, and -1 is the CPU; "
            f"received {gpu}."
        )
    for device in devices:
        # By default TensorFlow takes all of the memory at once. It cannot be changed for a GPU already in
        # use.
        with contextlib.suppress(RuntimeError):
            tf.config.experimental.set_memory_growth(device, True)
    return devices[gpu]


def _gpu_has_bfloat16(device: Any) -> bool:
    major, _ = tf.config.experimental.get_device_details(device).get("compute_capability", (0, 0))
    return major >= 8  # NVIDIA Ampere and later


def _gpu_memory(device: Any) -> int:
    # TensorFlow does not say how much memory a GPU has; the driver does.
    try:
        import ctypes

        cuda = ctypes.CDLL("libcuda.so.1")
        size = ctypes.c_size_t()
        index = int(device.name.rsplit(":", 1)[-1])
        handle = ctypes.c_int()
        if cuda.cuInit(0) or cuda.cuDeviceGet(ctypes.byref(handle), index):
            return _SMALL_GPU
        return _SMALL_GPU if cuda.cuDeviceTotalMem_v2(ctypes.byref(size), handle) else size.value
    except OSError:
        return _SMALL_GPU


# Assumed for a GPU whose memory size is unknown: 4 GiB.
_SMALL_GPU = 4 * 2**30
