"""EDSR: enhanced deep residual network for super-resolution.

Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution",
CVPR Workshops 2017 (https://arxiv.org/abs/1707.02921).
"""

import math
from typing import Any

from sr_core.networks.builder import Builder, RandomInitializer

# Mean colour of DIV2K's training pictures, as in the paper's code. It only centres the numbers.
RGB_MEAN = (0.4488, 0.4371, 0.4040)

# Pixel shuffles that make up each scale: x4 is twice x2, so that x2 weights can start a x4 network.
SHUFFLES = {1: (), 2: (2,), 3: (3,), 4: (2, 2)}

# A tenth of the usual size, so that every block begins near the identity: it reaches a given PSNR sooner.
_NEAR_ZERO = RandomInitializer(0.01)


def edsr(
    build: Builder,
    lr: Any,
    *,
    scale: int = 4,
    blocks: int = 16,
    channels: int = 64,
    residual_scaling: float = 1.0,
) -> Any:
    """Describe EDSR; the defaults are the paper's baseline with 1.5 million parameters.

    Parameters
    ----------
    build : Builder
    lr : tensor
        ``(n, h, w, 3)`` RGB in [0, 1].
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    blocks, channels : int
        Residual blocks and feature channels. The paper's large network has 32 and 256.
    residual_scaling : float
        Factor on each block's residual; the paper uses 0.1 for the large network, to keep it stable.

    Returns
    -------
    tensor
        ``(n, h*scale, w*scale, 3)``, not clipped.
    """
    centred = build.shift(lr, [-mean for mean in RGB_MEAN], "subtract_mean")
    head = x = build.conv(centred, channels, 3, "head")
    for i in range(1, blocks + 1):
        residual = build.conv(x, channels, 3, f"block{i}_conv1", relu=True)
        residual = build.conv(residual, channels, 3, f"block{i}_conv2", initializer=_NEAR_ZERO)
        if residual_scaling != 1.0:
            residual = build.scaled(residual, residual_scaling, f"block{i}_scale")
        x = build.add(x, residual, f"block{i}_add")
    x = build.conv(x, channels, 3, "body_end")
    x = build.add(x, head, "body_add")
    x = build.linear_tail(x, channels, SHUFFLES[scale])  # (n, h*scale, w*scale, 3)
    return build.shift(x, RGB_MEAN, "add_mean")


def ends_block(layer: str) -> bool:
    """Return whether zeroing the weights of this layer turns its residual block into the identity."""
    return layer.startswith("block") and layer.endswith("_conv2")


def receptive_radius(*, scale: int = 4, blocks: int = 16, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see (36 for the baseline at x4)."""
    radius = 2 * blocks + 2.0  # head, blocks, body_end
    resolution = 1
    for s in SHUFFLES[scale]:
        radius += 1 / resolution
        resolution *= s
    return math.ceil(radius + 1 / resolution)  # tail
