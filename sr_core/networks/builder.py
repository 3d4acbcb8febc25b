"""What a network is described to: once, and independently of who computes it.

Each network here is a function that tells a `Builder` its layers, from the first to the last. Keras' builder
(`sr_core.networks.keras_builder`) makes a model that can be trained; OpenVINO's (`sr_core.engines.openvino`)
a graph for tiles of one shape; and `Outline` only counts. So a network has the same names, order and meaning
everywhere, and what is not trained needs no Keras.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from sr_core.errors import OptionError

# Far above every published network of these kinds (EDSR's largest: 70 convolutions, 43 million parameters, 50
# million multiply-adds); beyond, a card of a few bytes could have a network built for hours.
MOST_CONVOLUTIONS = 1_000
MOST_PARAMETERS = 100_000_000
MOST_MULTIPLY_ADDS = 1_000_000_000  # per LR px


class RandomStart(NamedTuple):
    """Random weights of a convolution before training; see Keras' ``VarianceScaling``."""

    variance: float
    mode: Literal["fan_in", "fan_avg"] = "fan_avg"
    distribution: Literal["uniform", "truncated_normal"] = "uniform"


class PassThroughStart(NamedTuple):
    """The three colours go through unchanged, beside usual random weights of so much of their variance."""

    gain: float = 1.0


Start = RandomStart | PassThroughStart

USUAL = RandomStart(1.0)
"""Glorot and Bengio's, Keras' own choice."""


class Builder(ABC):
    """Makes the layers of a network; tensors are whatever it makes of them, ``(n, h, w, c)`` in meaning.

    Layers compute in the builder's precision, but for those that are `exact`: these in float32.
    """

    @abstractmethod
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
        start: Start = USUAL,
    ) -> Any:
        """Convolve with zeros around the picture; with a stride, sides are rounded up."""

    @abstractmethod
    def leaky_relu(self, x: Any, slope: float, name: str) -> Any:
        """Scale what is negative by `slope`."""

    @abstractmethod
    def scaled(self, x: Any, factor: float, name: str) -> Any:
        """Multiply by a number."""

    @abstractmethod
    def add(self, a: Any, b: Any, name: str, *, exact: bool = False) -> Any:
        """Add two tensors of one shape."""

    @abstractmethod
    def concatenate(self, tensors: Sequence[Any], name: str) -> Any:
        """Put the channels of several tensors one behind the other."""

    @abstractmethod
    def shuffle(self, x: Any, scale: int, name: str) -> Any:
        """Rearrange channels into space; see `sr_core.networks.layers.PixelShuffle`."""

    @abstractmethod
    def nearest(self, x: Any, scale: int, name: str) -> Any:
        """Repeat each pixel `scale` times in both directions."""

    @abstractmethod
    def bicubic(self, x: Any, scale: int, name: str) -> Any:
        """Enlarge in float32; see `sr_core.networks.layers.BicubicUpscale`."""

    @abstractmethod
    def shift(self, x: Any, offset: Sequence[float], name: str) -> Any:
        """Add one number a channel, in float32."""

    def linear_tail(self, x: Any, channels: int, shuffles: Sequence[int]) -> Any:
        """Enlarge features to a picture as EDSR does: a convolution before each shuffle, and a last one.

        No activation is between these layers, so that a builder may make one of them: `sr_core.folding`.
        """
        for i, s in enumerate(shuffles, start=1):
            x = self.conv(x, channels * s * s, 3, f"upsample{i}_conv")
            x = self.shuffle(x, s, f"upsample{i}_shuffle")  # (n, h*s, w*s, channels)
        return self.conv(x, 3, 3, "tail")

    def enlarged(self, lr: Any, scale: int) -> Any:
        """Return `lr` enlarged by bicubic interpolation, or as it is at scale 1."""
        return lr if scale == 1 else self.bicubic(lr, scale, "bicubic")


_FOLDED_SIDE = 5  # of the kernel that all convolutions of a linear tail become, at any scale


class _Size(NamedTuple):
    channels: int
    resolution: Fraction  # px per LR px, in each direction


def _numbers(size: _Size) -> Fraction:
    return size.channels * size.resolution**2


class Outline(Builder):
    """The convolutions of a network, and what they cost, without anything computed.

    Attributes
    ----------
    kernels : dict
        Shapes ``(height, width, in, out)`` by the layers' names, first to last.
    parameters : int
        Numbers in the kernels and biases.
    multiply_adds : Fraction
        Per LR pixel, with the layers as they are.
    saved : int
        How many of these folding a linear tail saves.
    widest : int
        Numbers per LR pixel that go into and come out of the layer that has most of them, with a linear tail
        folded.
    """

    LR = _Size(3, Fraction(1))

    def __init__(self) -> None:
        self.kernels: dict[str, tuple[int, int, int, int]] = {}
        self.parameters = 0
        self.multiply_adds = Fraction(0)
        self.saved = Fraction(0)
        self.widest = Fraction(0)

    def conv(self, x, channels, side, name, *, stride=1, relu=False, exact=False, start=USUAL) -> _Size:
        if channels < 1:
            raise OptionError(f"The layer {name} would have no channels; choose more channels.")
        self.kernels[name] = (side, side, x.channels, channels)
        size = _Size(channels, x.resolution / stride)
        self.parameters += (side * side * x.channels + 1) * channels
        self.multiply_adds += side * side * x.channels * channels * size.resolution**2
        self.widest = max(self.widest, _numbers(x) + _numbers(size))
        if (
            len(self.kernels) > MOST_CONVOLUTIONS
            or self.parameters > MOST_PARAMETERS
            or self.multiply_adds > MOST_MULTIPLY_ADDS
        ):
            raise OptionError(
                f"A network has at most {MOST_CONVOLUTIONS:,} convolutions, {MOST_PARAMETERS:,} parameters "
                f"and {MOST_MULTIPLY_ADDS:,} multiply-adds for a pixel; choose fewer layers or channels."
            )
        return size

    def linear_tail(self, x, channels, shuffles) -> _Size:
        cost, widest = self.multiply_adds, self.widest
        result = super().linear_tail(x, channels, shuffles)
        if shuffles:
            self.saved = self.multiply_adds - cost - _FOLDED_SIDE**2 * _numbers(x) * _numbers(result)
        self.widest = max(widest, _numbers(x) + _numbers(result))
        return result

    def leaky_relu(self, x, slope, name) -> _Size:
        return x

    def scaled(self, x, factor, name) -> _Size:
        return x

    def add(self, a, b, name, *, exact=False) -> _Size:
        return a

    def concatenate(self, tensors, name) -> _Size:
        return tensors[0]._replace(channels=sum(x.channels for x in tensors))

    def shuffle(self, x, scale, name) -> _Size:
        return _Size(x.channels // scale**2, x.resolution * scale)

    def nearest(self, x, scale, name) -> _Size:
        return x._replace(resolution=x.resolution * scale)

    def bicubic(self, x, scale, name) -> _Size:
        return self.nearest(x, scale, name)

    def shift(self, x, offset, name) -> _Size:
        return x
