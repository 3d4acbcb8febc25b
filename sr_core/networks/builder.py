"""The interface to which networks are described, independently of what computes them.

Each network is a function that describes its layers to a `Builder`, from first to last. The Keras builder
(`sr_core.networks.keras_builder`) makes a model that can be trained, the OpenVINO builder
(`sr_core.networks.openvino_builder`) a graph for tiles of one shape, and `Outline` only counts the work. So
layer names, order and meaning are the same everywhere, and running a network does not need Keras.
"""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from fractions import Fraction
from typing import Any, Literal, NamedTuple

from sr_core.errors import OptionError

# Far above every published network of these kinds (EDSR's largest: 70 convolutions, 43 million parameters, 50
# million multiply-adds); above, a card of a few bytes could start a build of hours.
MAX_CONVOLUTIONS = 1_000
MAX_PARAMETERS = 100_000_000
MAX_MULTIPLY_ADDS = 1_000_000_000  # per LR px


class RandomInitializer(NamedTuple):
    """Random initial weights of a convolution; see Keras' ``VarianceScaling``."""

    variance: float
    mode: Literal["fan_in", "fan_avg"] = "fan_avg"
    distribution: Literal["uniform", "truncated_normal"] = "uniform"


class PassThroughInitializer(NamedTuple):
    """Initial weights that pass the three colours through unchanged, beside random weights.

    `gain` is a factor on the usual variance of the random weights.
    """

    gain: float = 1.0


Initializer = RandomInitializer | PassThroughInitializer

GLOROT_UNIFORM = RandomInitializer(1.0)
"""Initialisation of Glorot and Bengio, the default of Keras."""


class Builder(ABC):
    """Makes the layers of a network from their description.

    Tensors are of the builder's own type; conceptually they are ``(n, h, w, c)``. Layers compute in the
    builder's precision, except `exact` ones, which compute in float32.
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
        initializer: Initializer = GLOROT_UNIFORM,
    ) -> Any:
        """Convolve, with zeros around the picture; with a stride, the sides are rounded up."""

    @abstractmethod
    def leaky_relu(self, x: Any, slope: float, name: str) -> Any:
        """Scale negative values by `slope`."""

    @abstractmethod
    def scaled(self, x: Any, factor: float, name: str) -> Any:
        """Multiply by `factor`."""

    @abstractmethod
    def add(self, a: Any, b: Any, name: str, *, exact: bool = False) -> Any:
        """Add two tensors of one shape."""

    @abstractmethod
    def concatenate(self, tensors: Sequence[Any], name: str) -> Any:
        """Concatenate the channels of several tensors."""

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
        """Add one number per channel, in float32."""

    def linear_tail(self, x: Any, channels: int, shuffles: Sequence[int]) -> Any:
        """Enlarge features to a picture as EDSR does: a convolution before each shuffle, and a last one.

        There is no activation between these layers, so a builder may fold them into one: `sr_core.folding`.
        """
        for i, s in enumerate(shuffles, start=1):
            x = self.conv(x, channels * s * s, 3, f"upsample{i}_conv")
            x = self.shuffle(x, s, f"upsample{i}_shuffle")  # (n, h*s, w*s, channels)
        return self.conv(x, 3, 3, "tail")

    def enlarged(self, lr: Any, scale: int) -> Any:
        """Return `lr` enlarged by bicubic interpolation, or unchanged at scale 1."""
        return lr if scale == 1 else self.bicubic(lr, scale, "bicubic")


_FOLDED_SIDE = 5  # of the kernel that all convolutions of a linear tail become, at any scale


class _Size(NamedTuple):
    channels: int
    resolution: Fraction  # px per LR px, in each direction


def _numbers(size: _Size) -> Fraction:
    return size.channels * size.resolution**2


class Outline(Builder):
    """Counts the convolutions of a network and their cost, without computing anything.

    Attributes
    ----------
    kernels : dict
        Shapes ``(height, width, in, out)`` by layer name, first to last.
    parameters : int
        Number of weights in kernels and biases.
    multiply_adds : Fraction
        Per LR pixel, without folding.
    saved : Fraction
        How many of them folding the linear tail saves.
    widest : Fraction
        Largest number of values per LR pixel that go into and come out of one layer, with the linear tail
        folded.
    """

    LR = _Size(3, Fraction(1))

    def __init__(self) -> None:
        self.kernels: dict[str, tuple[int, int, int, int]] = {}
        self.parameters = 0
        self.multiply_adds = Fraction(0)
        self.saved = Fraction(0)
        self.widest = Fraction(0)

    def conv(
        self, x, channels, side, name, *, stride=1, relu=False, exact=False, initializer=GLOROT_UNIFORM
    ) -> _Size:
        if channels < 1:
            raise OptionError(f"The layer {name} would have no channels; choose more channels.")
        self.kernels[name] = (side, side, x.channels, channels)
        size = _Size(channels, x.resolution / stride)
        self.parameters += (side * side * x.channels + 1) * channels
        self.multiply_adds += side * side * x.channels * channels * size.resolution**2
        self.widest = max(self.widest, _numbers(x) + _numbers(size))
        if (
            len(self.kernels) > MAX_CONVOLUTIONS
            or self.parameters > MAX_PARAMETERS
            or self.multiply_adds > MAX_MULTIPLY_ADDS
        ):
            raise OptionError(
                f"A network has at most {MAX_CONVOLUTIONS:,} convolutions, {MAX_PARAMETERS:,} parameters "
                f"and {MAX_MULTIPLY_ADDS:,} multiply-adds per pixel; choose fewer layers or channels."
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
