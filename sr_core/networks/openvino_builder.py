"""Builds the OpenVINO graph of a network from its description, for tiles of one shape."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import openvino as ov
from openvino import opset15 as ops

from sr_core import networks
from sr_core.folding import RING, STRIP, Stage, fold
from sr_core.networks import cubic
from sr_core.networks.builder import GLOROT_UNIFORM, Builder, Initializer
from sr_core.weights_file import Convolution

_ROWS, _COLUMNS = 2, 3


def graph(name: str, numbers: Mapping[str, Convolution], shape: Sequence[int], **settings: Any) -> ov.Model:
    """Build the graph of a network.

    Parameters
    ----------
    name, **settings
        See `sr_core.networks.describe`.
    numbers : mapping
        The convolutions by layer name.
    shape : (n, h, w, 3)
        Of the tiles, RGB float32 in [0, 1].

    Returns
    -------
    openvino.Model
        Returns ``(n, h*scale, w*scale, 3)`` float32.
    """
    tiles = ops.parameter(list(shape), np.float32, name="lr")
    lr = ops.transpose(tiles, [0, 3, 1, 2])
    sr = networks.describe(name, OpenVinoBuilder(numbers), lr, **settings)
    return between(tiles, ops.transpose(sr, [0, 2, 3, 1]))


def between(inputs: Any, outputs: Any) -> ov.Model:
    """Return the graph from `inputs` to `outputs`."""
    model: Any = ov.Model  # its type hints contradict those of its base class
    return model([ops.result(outputs)], [inputs])


class OpenVinoBuilder(Builder):
    """See `Builder`; tensors are nodes of static shape, and ``(n, c, h, w)``.

    OpenVINO chooses what is computed in bfloat16: everything up to the last convolution, but not what
    follows, nor the picture that a residual is added to. `exact` has no effect.

    Parameters
    ----------
    numbers : mapping
        The convolutions by layer name.
    """

    def __init__(self, numbers: Mapping[str, Convolution]):
        self._numbers = numbers

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
        kernel, bias = self._numbers[name]
        convolved = _convolve(x, kernel, bias, stride=stride)
        return ops.relu(convolved) if relu else convolved

    def leaky_relu(self, x: Any, slope: float, name: str) -> Any:
        return ops.prelu(x, np.float32(slope))

    def scaled(self, x: Any, factor: float, name: str) -> Any:
        return ops.multiply(x, np.float32(factor))

    def add(self, a: Any, b: Any, name: str, *, exact: bool = False) -> Any:
        return ops.add(a, b)

    def concatenate(self, tensors: Sequence[Any], name: str) -> Any:
        return ops.concat(list(tensors), 1)

    def shuffle(self, x: Any, scale: int, name: str) -> Any:
        return ops.depth_to_space(x, "blocks_first", scale)

    def nearest(self, x: Any, scale: int, name: str) -> Any:
        n, channels, height, width = x.shape
        cells = ops.reshape(x, [n, channels, height, 1, width, 1], False)
        repeated = ops.broadcast(cells, [n, channels, height, scale, width, scale])
        return ops.reshape(repeated, [n, channels, height * scale, width * scale], False)

    def bicubic(self, x: Any, scale: int, name: str) -> Any:
        return _enlarge(_enlarge(x, scale, _ROWS), scale, _COLUMNS)

    def shift(self, x: Any, offset: Sequence[float], name: str) -> Any:
        return ops.add(x, np.asarray(offset, np.float32).reshape(1, -1, 1, 1))

    def linear_tail(self, x: Any, channels: int, shuffles: Sequence[int]) -> Any:
        """Compute the inside with the folded tail, and the border with the unfolded layers."""

        def unfolded(features: Any) -> Any:
            return super(OpenVinoBuilder, self).linear_tail(features, channels, shuffles)

        n, _, height, width = x.shape
        if not shuffles or min(height, width) <= 2 * RING:
            return unfolded(x)
        names = [f"upsample{i}_conv" for i, _ in enumerate(shuffles, start=1)]
        stages = [Stage(*self._numbers[name], s) for name, s in zip(names, shuffles, strict=True)]
        folded = fold([*stages, Stage(*self._numbers["tail"])], np)
        result = self.shuffle(_convolve(x, folded.kernel, folded.bias), folded.scale, "folded_tail")

        ring = RING * folded.scale
        strips = []
        for axis in (_ROWS, _COLUMNS):
            both = ops.concat([_cut(x, axis, 0, STRIP), _cut(x, axis, -STRIP, None)], 0)
            border = unfolded(both)
            first, last = _cut(border, 0, 0, n), _cut(border, 0, n, 2 * n)
            strips.append((_cut(first, axis, 0, ring), _cut(last, axis, -ring, None)))
        (top, bottom), (left, right) = strips
        inside = _cut(_cut(result, _ROWS, ring, -ring), _COLUMNS, ring, -ring)
        left, right = (_cut(strip, _ROWS, ring, -ring) for strip in (left, right))
        return ops.concat([top, ops.concat([left, inside, right], _COLUMNS), bottom], _ROWS)


def _convolve(x: Any, kernel: np.ndarray, bias: np.ndarray, *, stride: int = 1) -> Any:
    weights = np.ascontiguousarray(kernel.transpose(3, 2, 0, 1))  # (out, in, h, w)
    strides, around = [stride, stride], [0, 0]
    convolved = ops.convolution(x, weights, strides, around, around, [1, 1], auto_pad="same_upper")
    return ops.add(convolved, bias.reshape(1, -1, 1, 1))


def _cut(x: Any, axis: int, first: int, last: int | None) -> Any:
    return ops.slice(x, [first], [x.shape[axis] if last is None else last], [1], [axis])


def _enlarge(x: Any, scale: int, axis: int) -> Any:
    """Enlarge along one axis; see `sr_core.networks.cubic`."""
    shape = list(x.shape)
    length = shape[axis]
    around = [cubic.REACH if i == axis else 0 for i in range(4)]
    padded = ops.pad(x, around, around, "constant", np.float32(0))
    inside = np.pad(np.ones(length, np.float32), cubic.REACH)
    phases = []
    for phase in cubic.taps(scale):
        total: Any = None
        weight = np.zeros(length, np.float32)
        for tap, factor in phase:
            first = cubic.REACH + tap
            part = ops.multiply(_cut(padded, axis, first, first + length), np.float32(factor))
            total = part if total is None else ops.add(total, part)
            weight += np.float32(factor) * inside[first : first + length]
        along = [length if i == axis else 1 for i in range(4)]
        phases.append(ops.multiply(total, (1 / weight).reshape(along)))
    stacked = ops.concat([ops.unsqueeze(phase, [axis + 1]) for phase in phases], axis + 1)
    shape[axis] *= scale
    return ops.reshape(stacked, shape, False)
