"""Compares this project with the alternatives, on whole pictures and the same weights.

The others run the network as it was saved, with the tail unfolded; ONNX Runtime and PyTorch get it from the
same description and the same numbers as our own engines (`sr_core.networks.builder`). They are timed on
plain float32 arrays, ours on 8-bit pictures, including cutting, stitching and rounding.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from itertools import product
from typing import Any, NamedTuple, cast

import numpy as np

from benchmarks import processes
from sr_core import Picture, Upscaler, engines, networks, weights
from sr_core.engines import Precision
from sr_core.networks.builder import GLOROT_UNIFORM, Builder, Initializer
from sr_core.weights import WeightsCard
from sr_core.weights_file import Convolution

SIZES = ((128, 128), (320, 480), (1024, 1024))
PRECISIONS: tuple[Precision, ...] = ("float32", "bfloat16")
ROUNDS = 2
_SECONDS = 3.0  # of timed pictures per process
_LARGE = 10**6  # LR px from which one round is enough, because a picture takes so long

Run = Callable[[np.ndarray], object]


@dataclass(frozen=True, slots=True)
class Peer:
    """A way to enlarge pictures.

    Attributes
    ----------
    title : str
    modules : sequence of str
        Required modules.
    load : callable
        Given a card, a precision and a shape ``(1, h, w, 3)``, returns a function that enlarges 8-bit pixels.
    precisions : sequence of str
        That it supports on a CPU.
    """

    title: str
    modules: Sequence[str]
    load: Callable[[WeightsCard, Precision, Sequence[int]], Run]
    precisions: Sequence[Precision] = PRECISIONS


def _ours(kind: engines.Kind) -> Callable[[WeightsCard, Precision, Sequence[int]], Run]:
    def load(card: WeightsCard, precision: Precision, shape: Sequence[int]) -> Run:
        upscaler = Upscaler(card, engine=kind, precision=precision)
        return lambda pixels: upscaler.upscale(Picture(pixels[0]))

    return load


def _predict(card: WeightsCard, precision: Precision, shape: Sequence[int]) -> Run:
    network: Any = weights.load_network(
        card, dtype="mixed_bfloat16" if precision == "bfloat16" else "float32"
    )
    return lambda pixels: network.predict(_unit(pixels), verbose=0)


def _openvino(card: WeightsCard, precision: Precision, shape: Sequence[int]) -> Run:
    from openvino import opset15 as ops

    from sr_core.engines.openvino import compile_for_cpu
    from sr_core.networks.openvino_builder import OpenVinoBuilder, between

    class Unfolded(OpenVinoBuilder):
        linear_tail = Builder.linear_tail

    tiles = ops.parameter(list(shape), np.float32)
    sr = _described(card, Unfolded(weights.load_numbers(card)), ops.transpose(tiles, [0, 3, 1, 2]))
    compiled = compile_for_cpu(between(tiles, ops.transpose(sr, [0, 2, 3, 1])), precision)
    return lambda pixels: compiled(_unit(pixels))[0]


def _onnxruntime(card: WeightsCard, precision: Precision, shape: Sequence[int]) -> Run:
    import onnxruntime  # pyright: ignore[reportMissingImports]  # requirements-benchmark.txt

    model = _OnnxBuilder(weights.load_numbers(card)).model(card, shape)
    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return lambda pixels: session.run(None, {"lr": _unit(pixels)})


def _pytorch(card: WeightsCard, precision: Precision, shape: Sequence[int]) -> Run:
    import torch  # pyright: ignore[reportMissingImports]  # its wheel is large

    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    builder = _TorchBuilder(weights.load_numbers(card), dtype)

    @torch.inference_mode()
    def run(pixels: np.ndarray) -> object:
        lr = torch.from_numpy(_unit(pixels)).permute(0, 3, 1, 2)  # channels last in memory
        return _described(card, builder, lr).float().permute(0, 2, 3, 1).numpy()

    return run


PEERS: Mapping[str, Peer] = {
    "superres_tensorflow": Peer("SuperRes, TensorFlow", ["tensorflow"], _ours("tensorflow")),
    "superres_openvino": Peer("SuperRes, OpenVINO", ["openvino"], _ours("openvino")),
    "predict": Peer("Keras' `model.predict`", ["tensorflow"], _predict),
    "openvino": Peer("OpenVINO", ["openvino"], _openvino),
    "onnxruntime": Peer("ONNX Runtime", ["onnx", "onnxruntime"], _onnxruntime, ["float32"]),
    "pytorch": Peer("PyTorch", ["torch"], _pytorch),
}


def _described(card: WeightsCard, builder: Builder, lr: Any) -> Any:
    return networks.describe(card.architecture, builder, lr, scale=card.scale, **card.hyperparameters)


def _unit(pixels: np.ndarray) -> np.ndarray:
    return pixels.astype(np.float32) / np.float32(255)


class _EdsrBuilder(Builder):
    """Supports only the layers of EDSR; to compare another network, add its layers."""

    def __init__(self, numbers: Mapping[str, Convolution]):
        self.numbers = numbers

    def _missing(self, *_: object, **__: object) -> Any:
        raise NotImplementedError("Only EDSR can be compared with ONNX Runtime and PyTorch.")

    leaky_relu = concatenate = nearest = bicubic = _missing


class _OnnxBuilder(_EdsrBuilder):
    """Builds an ONNX model; tensors are names of values ``(n, c, h, w)``."""

    def __init__(self, numbers: Mapping[str, Convolution]):
        super().__init__(numbers)
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self, card: WeightsCard, shape: Sequence[int]) -> bytes:
        """Return the network of a card as an ONNX file, from and to ``(n, h, w, 3)``."""
        from onnx import TensorProto, helper  # pyright: ignore[reportMissingImports]

        lr = self._node("Transpose", ["lr"], perm=[0, 3, 1, 2])
        sr = self._node("Transpose", [_described(card, self, lr)], perm=[0, 2, 3, 1])
        inputs = [helper.make_tensor_value_info("lr", TensorProto.FLOAT, list(shape))]
        outputs = [helper.make_tensor_value_info(sr, TensorProto.FLOAT, None)]
        graph = helper.make_graph(self._nodes, card.name, inputs, outputs, self._constants)
        opset = [helper.make_opsetid("", 21)]
        return helper.make_model(graph, opset_imports=opset, ir_version=10).SerializeToString()

    def _node(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        from onnx import helper  # pyright: ignore[reportMissingImports]

        name = f"value{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name

    def _constant(self, array: np.ndarray) -> str:
        from onnx import numpy_helper  # pyright: ignore[reportMissingImports]

        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(array, np.float32), name))
        return name

    def conv(
        self,
        x: str,
        channels: int,
        side: int,
        name: str,
        *,
        stride: int = 1,
        relu: bool = False,
        exact: bool = False,
        initializer: Initializer = GLOROT_UNIFORM,
    ) -> str:
        kernel, bias = self.numbers[name]
        operands = [x, self._constant(kernel.transpose(3, 2, 0, 1)), self._constant(bias)]
        y = self._node("Conv", operands, auto_pad="SAME_UPPER", strides=[stride, stride])
        return self._node("Relu", [y]) if relu else y

    def scaled(self, x: str, factor: float, name: str) -> str:
        return self._node("Mul", [x, self._constant(np.array(factor))])

    def add(self, a: str, b: str, name: str, *, exact: bool = False) -> str:
        return self._node("Add", [a, b])

    def shuffle(self, x: str, scale: int, name: str) -> str:
        return self._node("DepthToSpace", [x], blocksize=scale, mode="DCR")

    def shift(self, x: str, offset: Sequence[float], name: str) -> str:
        return self._node("Add", [x, self._constant(np.reshape(offset, (1, -1, 1, 1)))])


class _TorchBuilder(_EdsrBuilder):
    """Computes eagerly; tensors are PyTorch's, ``(n, c, h, w)`` with channels last in memory."""

    def __init__(self, numbers: Mapping[str, Convolution], dtype: Any):
        import torch  # pyright: ignore[reportMissingImports]

        super().__init__(numbers)
        self._torch, self._dtype = torch, dtype
        self._parameters = {
            name: (
                torch.from_numpy(np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)))
                .to(dtype)
                .contiguous(memory_format=torch.channels_last),
                torch.from_numpy(bias).to(dtype),
            )
            for name, (kernel, bias) in numbers.items()
        }

    def conv(
        self,
        x: Any,
        channels: int,
        side: int,
        name: str,
        *,
        stride: int = 1,
        relu: bool = False,
        exact: bool = False,
        initializer: Initializer = GLOROT_UNIFORM,
    ) -> Any:
        kernel, bias = self._parameters[name]
        convolve = self._torch.nn.functional.conv2d
        y = convolve(x.to(self._dtype), kernel, bias, stride=stride, padding=side // 2)
        return y.relu_() if relu else y

    def scaled(self, x: Any, factor: float, name: str) -> Any:
        return x * factor

    def add(self, a: Any, b: Any, name: str, *, exact: bool = False) -> Any:
        return a + b

    def shuffle(self, x: Any, scale: int, name: str) -> Any:
        # PyTorch orders the channels of a cell the other way round.
        n, channels, height, width = x.shape
        x = x.reshape(n, scale**2, channels // scale**2, height, width).transpose(1, 2)
        return self._torch.nn.functional.pixel_shuffle(x.reshape(n, channels, height, width), scale)

    def shift(self, x: Any, offset: Sequence[float], name: str) -> Any:
        return x.float() + self._torch.tensor(offset).reshape(1, -1, 1, 1)


class Timing(NamedTuple):
    """Of a process: seconds per picture, seconds from its start to the first, and peak RSS in bytes."""

    seconds: float
    cold: float
    peak: float


def report(name: str) -> Iterator[str]:
    """Yield tables in Markdown: one per size and precision, with a row per peer.

    They alternate: each round starts one process after the other, on the same cores.
    """
    card = weights.find(name)
    for (height, width), precision in product(SIZES, PRECISIONS):
        work = 2 * card.multiply_adds * height * width / 1e9
        timings = _in_turns(name, precision, height, width)
        others = [t.seconds for key, t in timings.items() if t and not key.startswith("superres")]
        lines = [
            f"\n{card.title}, {width} x {height} LR px, {precision}\n",
            "| | ms | GFLOP/s | peak RSS MB | cold start s | against the best of the others |",
            "| --- | ---: | ---: | ---: | ---: | ---: |",
        ]
        for key, timing in timings.items():
            if timing is None:
                cells = ["out of memory", "", "", "", ""]
            else:
                ratio = min(others) / timing.seconds if others and key.startswith("superres") else None
                cells = [f"{timing.seconds * 1e3:,.0f}", f"{work / timing.seconds:.0f}"]
                cells += [f"{timing.peak / 1e6:,.0f}", f"{timing.cold:.1f}"]
                cells += [f"{ratio:.2f} times as fast" if ratio else ""]
            lines.append(f"| {' | '.join([PEERS[key].title, *cells])} |")
        yield "\n".join(lines)


def _in_turns(name: str, precision: Precision, height: int, width: int) -> dict[str, Timing | None]:
    measured: dict[str, list[Timing]] = {
        key: []
        for key, peer in PEERS.items()
        if precision in peer.precisions and all(find_spec(module) for module in peer.modules)
    }
    killed = set()
    for _ in range(ROUNDS if height * width < _LARGE else 1):
        for key, timings in measured.items():
            try:
                timings.append(timed(key, name, precision, height, width))
            except processes.KilledError:
                killed.add(key)
    return {
        key: None if key in killed else Timing(*map(statistics.median, zip(*timings, strict=True)))
        for key, timings in measured.items()
    }


def timed(key: str, name: str, precision: Precision, height: int, width: int) -> Timing:
    """Time one peer in its own process."""
    # The start is taken from the system clock, which all processes share.
    began = time.time()
    command = [sys.executable, "-m", "benchmarks.peers", key, name, precision, str(height), str(width)]
    usage = processes.measure(command)
    answer = json.loads(usage.output.splitlines()[-1])
    return Timing(answer["seconds"], answer["first"] - began, usage.peak)


def main(key: str, name: str, precision: Precision, height: int, width: int) -> None:
    """Time one peer in this process; print the seconds per picture and the time of the first result."""
    shape = (1, height, width, 3)
    pixels = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    run = PEERS[key].load(weights.find(name), precision, shape)
    run(pixels)
    first, seconds = time.time(), []
    while sum(seconds) < _SECONDS:
        began = time.perf_counter()
        run(pixels)
        seconds.append(time.perf_counter() - began)
    print(json.dumps({"seconds": statistics.median(seconds), "first": first}))


if __name__ == "__main__":
    _key, _name, _precision, _height, _width = sys.argv[1:]
    main(_key, _name, cast(Precision, _precision), int(_height), int(_width))
