"""Autoencoder: a convolutional encoder and decoder with symmetric skips.

Mao, Shen, Yang, "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with
Symmetric Skip Connections", NIPS 2016 (https://arxiv.org/abs/1603.09056).
"""

import math

import keras
from keras import layers

from sr_core.networks.edsr import SHUFFLES
from sr_core.networks.layers import BICUBIC_REACH, PixelShuffle, enlarged


def autoencoder(*, scale: int = 4, depth: int = 5, channels: int = 64, dtype: str = "float32") -> keras.Model:
    """Build the autoencoder; the defaults have as many features as EDSR-baseline and a third of its depth.

    The picture, enlarged by bicubic interpolation, is encoded down to the resolution of LR and decoded back
    up. So the encoder's strides divide every enlarged picture, and at scale 1 there are none, as in the
    paper. Each encoder layer is added to the decoder layer of its resolution (the paper adds every second).

    Parameters
    ----------
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    depth : int
        Convolutions of the encoder at LR's resolution, and as many of the decoder.
    channels : int
        Feature channels at LR's resolution; half as many above it.
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``. Input and output stay float32.

    Returns
    -------
    keras.Model
        Maps ``(n, h, w, 3)`` RGB in [0, 1] to ``(n, h*scale, w*scale, 3)``; not clipped.
    """

    def conv(filters: int, name: str, **kwargs) -> layers.Conv2D:
        return layers.Conv2D(
            filters, 3, padding="same", name=name, **{"dtype": dtype, "activation": "relu", **kwargs}
        )

    def add(name: str, a, b):
        return layers.Add(name=name, dtype=dtype)([a, b])

    # The residual begins near zero, so that training begins from bicubic interpolation and not from noise.
    near_zero = keras.initializers.VarianceScaling(0.01, mode="fan_avg", distribution="uniform")
    strides = SHUFFLES[scale]
    inputs = keras.Input((None, None, 3), name="lr")
    interpolated = enlarged(inputs, scale)  # (n, h*scale, w*scale, 3)

    x = conv(channels // 2 if strides else channels, "head")(interpolated)
    skips = [x]
    for i, stride in enumerate(strides, start=1):
        filters = channels if i == len(strides) else channels // 2
        x = conv(filters, f"reduce{i}", strides=stride)(x)
        skips.append(x)
    for i in range(1, depth + 1):
        x = conv(channels, f"encoder{i}")(x)
        skips.append(x)
    for i in range(1, depth + 1):
        x = add(f"skip{i}", x, skips.pop())
        x = conv(channels, f"decoder{i}")(x)
    for i, stride in enumerate(reversed(strides), start=1):
        x = add(f"enlarge{i}_skip", x, skips.pop())
        x = conv(channels // 2 * stride**2, f"enlarge{i}_conv")(x)
        x = PixelShuffle(stride, name=f"enlarge{i}_shuffle", dtype=dtype)(x)
    x = add("head_skip", x, skips.pop())
    residual = conv(3, "tail", activation=None, kernel_initializer=near_zero)(x)
    outputs = layers.Add(name="add_residual", dtype="float32")([interpolated, residual])
    return keras.Model(inputs, outputs, name=f"autoencoder_x{scale}")


def receptive_radius(*, scale: int = 4, depth: int = 5, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    strides = SHUFFLES[scale]
    radius = 1 / scale  # tail
    resolution = float(scale)
    for stride in strides:  # the encoder's reductions, and the decoder's enlargements
        radius += 1 / resolution
        resolution /= stride
        radius += 1 / resolution
    radius += 2 * depth + 1 / scale  # encoder, decoder, head
    return math.ceil(radius) + (BICUBIC_REACH if strides else 0)
