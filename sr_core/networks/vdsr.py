"""VDSR: a very deep network that learns what bicubic interpolation leaves out.

Kim, Lee, Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks", CVPR 2016
(https://arxiv.org/abs/1511.04587).
"""

import math

import keras
from keras import layers

from sr_core.networks.layers import BICUBIC_REACH, enlarged


def vdsr(*, scale: int = 4, depth: int = 20, channels: int = 64, dtype: str = "float32") -> keras.Model:
    """Build VDSR; the defaults are the paper's 20 layers of 64 channels.

    The paper restores luma alone; this network takes and returns RGB.

    Parameters
    ----------
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    depth : int
        Convolutions, 2 or more.
    channels : int
        Feature channels.
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, h, w, 3)`` RGB in [0, 1] to ``(n, h*scale, w*scale, 3)``; not clipped.
    """

    def conv(filters: int, name: str, **kwargs) -> layers.Conv2D:
        # He et al.'s initialisation, as the paper says: twenty layers of ReLU would fade otherwise.
        return layers.Conv2D(
            filters,
            3,
            padding="same",
            name=name,
            **{"dtype": dtype, "kernel_initializer": "he_normal", **kwargs},
        )

    # The residual begins near zero, so that training begins from bicubic interpolation and not from noise.
    near_zero = keras.initializers.VarianceScaling(0.001, mode="fan_avg", distribution="uniform")
    inputs = keras.Input((None, None, 3), name="lr")
    interpolated = x = enlarged(inputs, scale)  # (n, h*scale, w*scale, 3)
    for i in range(1, depth):
        x = conv(channels, f"conv{i}", activation="relu")(x)
    residual = conv(3, f"conv{depth}", kernel_initializer=near_zero)(x)
    outputs = layers.Add(name="add_residual", dtype="float32")([interpolated, residual])
    return keras.Model(inputs, outputs, name=f"vdsr_x{scale}")


def receptive_radius(*, scale: int = 4, depth: int = 20, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    return depth if scale == 1 else math.ceil(depth / scale) + BICUBIC_REACH
