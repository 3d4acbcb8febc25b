"""The folded tail of EDSR as a layer: see `sr_core.folding` for what it is and why it is exact."""

from collections.abc import Sequence
from typing import Any, cast

import keras
import numpy as np
from keras import layers, ops

from sr_core.folding import RING, STRIP, Folded, Stage, fold
from sr_core.networks.layers import PixelShuffle, pixel_shuffle

Tail = Sequence[tuple[layers.Conv2D, PixelShuffle | None]]
"""The convolutions of a linear tail, each with the shuffle after it; the last has none."""


def folded(network: keras.Model, *, frozen: bool = True) -> keras.Model:
    """Return a network that computes what `network` does, with its linear tail folded.

    Parameters
    ----------
    network : keras.Model
        Made with `sr_core.networks.builder.Builder.linear_tail`; its layers are shared.
    frozen : bool
        See `FoldedTail`.

    Returns
    -------
    keras.Model
        `network` itself if there is nothing to fold: at scale 1.
    """
    tail = linear_tail(network)
    if len(tail) == 1:
        return network
    fold = FoldedTail(tail, frozen=frozen, name="folded_tail")
    x = fold(network.get_layer("body_add").output)
    return keras.Model(network.input, network.get_layer("add_mean")(x), name=f"{network.name}_folded")


def linear_tail(network: keras.Model) -> Tail:
    """Return the layers that `folded` replaces."""
    convolutions = [
        layer
        for layer in network.layers
        if layer.name.startswith("upsample") and layer.name.endswith("_conv")
    ]
    shuffles = [layer for layer in network.layers if isinstance(layer, PixelShuffle)]
    return [*zip(convolutions, shuffles, strict=True), (network.get_layer("tail"), None)]


class FoldedTail(layers.Layer):
    """A linear tail as one convolution: ``(n, h, w, c)`` to ``(n, h*s, w*s, 3)``.

    The result is float32 whatever the policy around it.

    Parameters
    ----------
    tail : Tail
        Layers that are built. They still belong to their network, which saves and loads them.
    frozen : bool
        Compute the kernel once, now. Otherwise each call computes it from the current weights, and gradients
        flow back to them.
    """

    def __init__(self, tail: Tail, *, frozen: bool, **options):
        # Kernels are joined in float32; the convolution is in the type of the features.
        super().__init__(dtype="float32", autocast=False, **options)
        # In a lambda, because Keras would treat layers in an attribute as sublayers.
        self._stages = lambda: tail
        self.scale = 1
        for _, shuffle in tail:
            self.scale *= shuffle.scale if shuffle else 1
        self._frozen = fold(_numbers(tail, ops.convert_to_numpy), np) if frozen else None

    def call(self, inputs):
        folded = self._frozen or fold(_numbers(self._stages(), ops.convert_to_tensor), ops)
        return self._with_border(self._convolve(inputs, folded), inputs)

    def _convolve(self, features: Any, folded: Folded) -> Any:
        kernel = ops.cast(folded.kernel, features.dtype)
        cells: Any = ops.cast(ops.conv(features, kernel, padding="same"), "float32")
        return pixel_shuffle(cells + folded.bias, self.scale)

    def _with_border(self, result: Any, features: Any) -> Any:
        """Return `result` with its border from the unfolded layers; works down to a picture of one pixel."""
        n, height, width, _ = cast(tuple[int, int, int, int], ops.shape(result))
        ring = RING * self.scale
        rows: Any = self._unfolded(ops.concatenate([features[:, :STRIP], features[:, -STRIP:]]))
        columns: Any = self._unfolded(ops.concatenate([features[:, :, :STRIP], features[:, :, -STRIP:]]))
        top, bottom = rows[:n, :ring], rows[n:, -ring:]
        left, right = columns[:n, ring:-ring, :ring], columns[n:, ring:-ring, -ring:]
        middle: Any = ops.concatenate([left, result[:, ring:-ring, ring:-ring], right], axis=2)
        # In a picture that is one pixel wide, both borders are the same pixel.
        whole: Any = ops.concatenate([top, middle[:, :, :width], bottom], axis=1)
        return whole[:, :height]

    def _unfolded(self, features: Any) -> Any:
        for convolution, shuffle in self._stages():
            features = convolution(features)
            features = shuffle(features) if shuffle else features
        return ops.cast(features, "float32")

    def compute_output_shape(self, input_shape):
        n, h, w, _ = input_shape
        return (n, h and h * self.scale, w and w * self.scale, 3)

    def compute_output_spec(self, inputs):
        return keras.KerasTensor(self.compute_output_shape(inputs.shape), "float32")


def _numbers(tail: Tail, convert: Any) -> list[Stage]:
    return [Stage(convert(c.kernel), convert(c.bias), shuffle.scale if shuffle else 1) for c, shuffle in tail]
