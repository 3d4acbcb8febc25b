"""VDSR: a very deep network that learns what bicubic interpolation leaves out.

Kim, Lee, Lee, "Accurate Image Super-Resolution Using Very Deep Convolutional Networks", CVPR 2016
(https://arxiv.org/abs/1511.04587).
"""

import math
from typing import Any

from sr_core.networks import cubic
from sr_core.networks.builder import Builder, RandomInitializer

# He et al.'s initialisation, as in the paper: otherwise signals fade in twenty layers of ReLU.
_HE = RandomInitializer(2.0, "fan_in", "truncated_normal")
# The residual begins near zero, so that training begins with bicubic interpolation and not with noise.
_NEAR_ZERO = RandomInitializer(0.001)


def vdsr(build: Builder, lr: Any, *, scale: int = 4, depth: int = 20, channels: int = 64) -> Any:
    """Describe VDSR; the defaults are the paper's 20 layers of 64 channels.

    The paper restores luma alone; this network takes and returns RGB.

    Parameters
    ----------
    build : Builder
    lr : tensor
        ``(n, h, w, 3)`` RGB in [0, 1].
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    depth : int
        Convolutions, 2 or more.
    channels : int
        Feature channels.

    Returns
    -------
    tensor
        ``(n, h*scale, w*scale, 3)``, not clipped.
    """
    interpolated = x = build.enlarged(lr, scale)  # (n, h*scale, w*scale, 3)
    for i in range(1, depth):
        x = build.conv(x, channels, 3, f"conv{i}", relu=True, initializer=_HE)
    residual = build.conv(x, 3, 3, f"conv{depth}", initializer=_NEAR_ZERO)
    return build.add(interpolated, residual, "add_residual", exact=True)


def receptive_radius(*, scale: int = 4, depth: int = 20, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    return depth if scale == 1 else math.ceil(depth / scale) + cubic.REACH
