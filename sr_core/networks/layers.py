"""Layers that several networks share and Keras does not have."""

from typing import Any, cast

import keras
from keras import ops

from sr_core.networks import cubic


def pixel_shuffle(inputs: Any, s: int) -> Any:
    """Rearrange channels into space; see `PixelShuffle`."""
    n, h, w, c = cast(tuple[int, int, int, int], ops.shape(inputs))
    cells = ops.reshape(inputs, (n, h, w, s, s, c // (s * s)))
    rows = ops.transpose(cells, (0, 1, 3, 2, 4, 5))  # (n, h, s, w, s, c)
    return ops.reshape(rows, (n, h * s, w * s, c // (s * s)))


@keras.saving.register_keras_serializable(package="superres")
class PixelShuffle(keras.layers.Layer):
    """Rearrange channels into space: ``(n, h, w, c*s*s)`` becomes ``(n, h*s, w*s, c)``.

    The upsampling of Shi et al., "Real-Time Single Image and Video Super-Resolution Using an
    Efficient Sub-Pixel Convolutional Neural Network", CVPR 2016. Channel ``(i*s + j)*c + k`` becomes
    channel ``k`` of the pixel in row ``i`` and column ``j`` of its ``s x s`` cell (TensorFlow's order).

    Parameters
    ----------
    scale : int
        Enlargement ``s`` of height and width.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**kwargs)
        self.scale = scale

    def call(self, inputs):
        return pixel_shuffle(inputs, self.scale)

    def compute_output_shape(self, input_shape):
        n, h, w, c = input_shape
        s = self.scale
        return (n, h and h * s, w and w * s, c // (s * s))

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


@keras.saving.register_keras_serializable(package="superres")
class BicubicUpscale(keras.layers.Layer):
    """Enlarge by bicubic interpolation: ``(n, h, w, c)`` becomes ``(n, h*s, w*s, c)``, in float32.

    The same values as `sr_core.resize.upscale`, except for its rounding to integers: at the border the kernel
    is truncated and normalised again. Computed as sums of shifted pictures rather than by a convolution,
    because convolutions may run in bfloat16, and the picture that a network adds to must keep all its bits.
    Keras' own ``ops.image.resize`` has a different cubic kernel under PyTorch.

    Parameters
    ----------
    scale : int
        Enlargement ``s`` of height and width.
    """

    def __init__(self, scale: int, **kwargs):
        super().__init__(**{**kwargs, "dtype": "float32"})
        self.scale = scale

    def call(self, inputs):
        return self._along(self._along(inputs, axis=1), axis=2)

    def _along(self, inputs, axis: int):
        shape = cast(tuple[int, ...], ops.shape(inputs))
        around = [[0, 0]] * 4
        around[axis] = [cubic.REACH, cubic.REACH]
        padded: Any = ops.pad(inputs, around)
        ones = ops.ones([length if i == axis else 1 for i, length in enumerate(shape)], "float32")
        inside: Any = ops.pad(ones, around)
        phases = []
        for phase in cubic.taps(self.scale):
            total: Any = 0.0
            weight: Any = 0.0
            for tap, factor in phase:
                first = cubic.REACH + tap
                window = [slice(None)] * 4
                window[axis] = slice(first, first + shape[axis])
                total = total + factor * padded[tuple(window)]
                weight = weight + factor * inside[tuple(window)]
            phases.append(total / weight)
        stacked = ops.stack(phases, axis=axis + 1)
        grown = [length * self.scale if i == axis else length for i, length in enumerate(shape)]
        return ops.reshape(stacked, grown)

    def compute_output_shape(self, input_shape):
        n, h, w, c = input_shape
        return (n, h and h * self.scale, w and w * self.scale, c)

    def get_config(self):
        return {**super().get_config(), "scale": self.scale}


def shift(offset: list[float], *, name: str) -> keras.layers.Layer:
    """Return a layer that adds `offset`, one number per channel, in float32 whatever the policy around it."""
    # Keras documents one offset per channel, but its type hint is a single number.
    return keras.layers.Rescaling(1.0, cast(Any, offset), name=name, dtype="float32")
