"""Autoencoder: a convolutional encoder and decoder with symmetric skips.

Mao, Shen, Yang, "Image Restoration Using Very Deep Convolutional Encoder-Decoder Networks with
Symmetric Skip Connections", NIPS 2016 (https://arxiv.org/abs/1603.09056).
"""

import math
from typing import Any

from sr_core.networks import cubic
from sr_core.networks.builder import Builder, RandomInitializer
from sr_core.networks.edsr import SHUFFLES

# The residual begins near zero, so that training begins with bicubic interpolation and not with noise.
_NEAR_ZERO = RandomInitializer(0.01)


def autoencoder(build: Builder, lr: Any, *, scale: int = 4, depth: int = 5, channels: int = 64) -> Any:
    """Describe the autoencoder; the defaults have as many features as EDSR-baseline and a third of its depth.

    The picture, enlarged by bicubic interpolation, is encoded to the resolution of LR and decoded again. So
    the encoder's strides divide every enlarged picture, and at scale 1 there are none, as in the paper. Each
    encoder layer is added to the decoder layer of its resolution (the paper adds every second one).

    Parameters
    ----------
    build : Builder
    lr : tensor
        ``(n, h, w, 3)`` RGB in [0, 1].
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    depth : int
        Number of convolutions of the encoder at LR resolution, and of the decoder.
    channels : int
        Feature channels at LR resolution; half as many above it.

    Returns
    -------
    tensor
        ``(n, h*scale, w*scale, 3)``, not clipped.
    """

    def conv(x: Any, filters: int, name: str, stride: int = 1) -> Any:
        return build.conv(x, filters, 3, name, stride=stride, relu=True)

    strides = SHUFFLES[scale]
    interpolated = build.enlarged(lr, scale)  # (n, h*scale, w*scale, 3)

    x = conv(interpolated, channels // 2 if strides else channels, "head")
    skips = [x]
    for i, stride in enumerate(strides, start=1):
        x = conv(x, channels if i == len(strides) else channels // 2, f"reduce{i}", stride)
        skips.append(x)
    for i in range(1, depth + 1):
        x = conv(x, channels, f"encoder{i}")
        skips.append(x)
    for i in range(1, depth + 1):
        x = build.add(x, skips.pop(), f"skip{i}")
        x = conv(x, channels, f"decoder{i}")
    for i, stride in enumerate(reversed(strides), start=1):
        x = build.add(x, skips.pop(), f"enlarge{i}_skip")
        x = conv(x, channels // 2 * stride**2, f"enlarge{i}_conv")
        x = build.shuffle(x, stride, f"enlarge{i}_shuffle")
    x = build.add(x, skips.pop(), "head_skip")
    residual = build.conv(x, 3, 3, "tail", initializer=_NEAR_ZERO)
    return build.add(interpolated, residual, "add_residual", exact=True)


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
    return math.ceil(radius) + (cubic.REACH if strides else 0)
