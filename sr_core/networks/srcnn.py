"""SRCNN: three convolutions that repair a picture enlarged by bicubic interpolation.

Dong, Loy, He, Tang, "Image Super-Resolution Using Deep Convolutional Networks", IEEE TPAMI 2016
(https://arxiv.org/abs/1501.00092).
"""

import math
from collections.abc import Sequence

import keras
import numpy as np
from keras import layers, ops

from sr_core.networks.layers import BICUBIC_REACH, enlarged


@keras.saving.register_keras_serializable(package="superres")
class PassThrough(keras.initializers.Initializer):
    """Let the three colours through a convolution unchanged, beside ordinary random weights.

    A network of such convolutions begins as the identity, here as bicubic interpolation, and spends no
    training on learning that. The paper begins from noise and takes millions of steps.

    Parameters
    ----------
    gain : float
        Factor on the random weights' usual variance.
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain
        self._random = keras.initializers.VarianceScaling(gain, mode="fan_avg", distribution="uniform")

    def __call__(self, shape, dtype=None):
        height, width, channels_in, channels_out = shape
        colours = min(3, channels_in, channels_out)
        identity = np.zeros(shape, np.float32)
        for c in range(colours):
            identity[height // 2, width // 2, c, c] = 1
        if channels_out == colours:  # the last convolution: what the others found is added
            return identity + self._random(shape, dtype)
        passing = np.arange(channels_out) < colours
        return ops.where(passing, identity, self._random(shape, dtype))

    def get_config(self):
        return {"gain": self.gain}


def srcnn(
    *,
    scale: int = 4,
    kernels: Sequence[int] = (9, 5, 5),
    channels: Sequence[int] = (64, 32),
    dtype: str = "float32",
) -> keras.Model:
    """Build SRCNN; the defaults are the paper's 9-5-5, its best.

    The paper restores luma alone; this network takes and returns RGB, one of the paper's own variants.

    Parameters
    ----------
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    kernels : sequence of 3 odd int
        Sides of the kernels, e.g. ``(9, 1, 5)`` for the paper's smallest.
    channels : sequence of 2 int
        Feature channels after the first and the second convolution.
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, h, w, 3)`` RGB in [0, 1] to ``(n, h*scale, w*scale, 3)``; not clipped.
    """
    extraction, mapping, reconstruction = kernels

    def conv(filters: int, side: int, name: str, **kwargs) -> layers.Conv2D:
        options = {"dtype": dtype, "kernel_initializer": PassThrough(), **kwargs}
        return layers.Conv2D(filters, side, padding="same", name=name, **options)

    inputs = keras.Input((None, None, 3), name="lr")
    x = enlarged(inputs, scale)  # (n, h*scale, w*scale, 3)
    x = conv(channels[0], extraction, "extraction", activation="relu")(x)
    x = conv(channels[1], mapping, "mapping", activation="relu")(x)
    # The whole picture comes out of this convolution, not a residual: bfloat16 would round it to grey levels.
    last = {"dtype": "float32", "kernel_initializer": PassThrough(0.01)}
    outputs = conv(3, reconstruction, "reconstruction", **last)(x)
    return keras.Model(inputs, outputs, name=f"srcnn_x{scale}")


def receptive_radius(*, scale: int = 4, kernels: Sequence[int] = (9, 5, 5), **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    radius = sum(side // 2 for side in kernels)
    return radius if scale == 1 else math.ceil(radius / scale) + BICUBIC_REACH
