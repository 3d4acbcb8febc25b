"""ESRGAN's generator: residual-in-residual dense blocks (RRDB).

Wang, Yu, Wu, Gu, Liu, Dong, Loy, Qiao, Tang, "ESRGAN: Enhanced Super-Resolution Generative Adversarial
Networks", ECCV Workshops 2018 (https://arxiv.org/abs/1809.00219).
"""

import math

import keras
from keras import layers

from sr_core.networks.edsr import SHUFFLES

# Factor on every residual, in a dense block and around three of them, as in the paper.
RESIDUAL_SCALING = 0.2
_SLOPE = 0.2  # of leaky ReLU


def esrgan(
    *,
    scale: int = 4,
    blocks: int = 23,
    channels: int = 64,
    growth: int = 32,
    dtype: str = "float32",
) -> keras.Model:
    """Build the RRDB generator; the defaults are the paper's, with 16.7 million parameters.

    Parameters
    ----------
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    blocks : int
        Residual-in-residual dense blocks, each of three dense blocks of five convolutions.
    channels : int
        Feature channels between the blocks.
    growth : int
        Channels that each convolution of a dense block adds.
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, h, w, 3)`` RGB in [0, 1] to ``(n, h*scale, w*scale, 3)``; not clipped.
    """
    # A tenth of He et al.'s weights, as in the paper: deep residual networks train more easily so.
    small = keras.initializers.VarianceScaling(0.02, mode="fan_in", distribution="truncated_normal")

    def conv(filters: int, name: str, **kwargs) -> layers.Conv2D:
        return layers.Conv2D(filters, 3, padding="same", name=name, **{"dtype": dtype, **kwargs})

    def leaky(x, name: str):
        return layers.LeakyReLU(_SLOPE, name=name, dtype=dtype)(x)

    def add_scaled(x, residual, name: str):
        residual = layers.Rescaling(RESIDUAL_SCALING, name=f"{name}_scale", dtype=dtype)(residual)
        return layers.Add(name=f"{name}_add", dtype=dtype)([x, residual])

    def dense_block(x, name: str):
        seen = [x]
        for i in range(1, 5):
            known = layers.Concatenate(name=f"{name}_cat{i}", dtype=dtype)(seen) if i > 1 else x
            grown = conv(growth, f"{name}_conv{i}", kernel_initializer=small)(known)
            seen.append(leaky(grown, f"{name}_leaky{i}"))
        known = layers.Concatenate(name=f"{name}_cat5", dtype=dtype)(seen)
        return add_scaled(x, conv(channels, f"{name}_conv5", kernel_initializer=small)(known), name)

    inputs = keras.Input((None, None, 3), name="lr")
    head = x = conv(channels, "head")(inputs)
    for b in range(1, blocks + 1):
        inner = x
        for d in range(1, 4):
            inner = dense_block(inner, f"rrdb{b}_dense{d}")
        x = add_scaled(x, inner, f"rrdb{b}")
    x = layers.Add(name="body_add", dtype=dtype)([conv(channels, "body_end")(x), head])
    for i, s in enumerate(SHUFFLES[scale], start=1):
        x = layers.UpSampling2D(s, interpolation="nearest", name=f"upsample{i}", dtype=dtype)(x)
        x = leaky(conv(channels, f"upsample{i}_conv")(x), f"upsample{i}_leaky")
    x = leaky(conv(channels, "hr_conv")(x), "hr_leaky")
    # The whole picture comes out of this convolution, not a residual: bfloat16 would round it to grey levels.
    outputs = conv(3, "tail", dtype="float32")(x)
    return keras.Model(inputs, outputs, name=f"esrgan_x{scale}")


def receptive_radius(*, scale: int = 4, blocks: int = 23, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    radius = 1 + 15 * blocks + 1.0  # head, blocks, body_end
    resolution = 1
    for s in SHUFFLES[scale]:
        resolution *= s
        radius += 1 / resolution
    return math.ceil(radius + 2 / resolution)  # hr_conv and tail
