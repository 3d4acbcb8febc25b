"""SRCNN: three convolutions that repair a picture enlarged by bicubic interpolation.

Dong, Loy, He, Tang, "Image Super-Resolution Using Deep Convolutional Networks", IEEE TPAMI 2016
(https://arxiv.org/abs/1501.00092).
"""

import math
from collections.abc import Sequence
from typing import Any

from sr_core.networks import cubic
from sr_core.networks.builder import Builder, PassThroughInitializer


def srcnn(
    build: Builder,
    lr: Any,
    *,
    scale: int = 4,
    kernels: Sequence[int] = (9, 5, 5),
    channels: Sequence[int] = (64, 32),
) -> Any:
    """Describe SRCNN; the defaults are the paper's 9-5-5, its best.

    The paper restores luma alone; this network takes and returns RGB, one of the paper's own variants.
    It begins as bicubic interpolation; the paper's begins with noise and takes millions of steps.

    Parameters
    ----------
    build : Builder
    lr : tensor
        ``(n, h, w, 3)`` RGB in [0, 1].
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    kernels : sequence of 3 odd int
        Sides of the kernels, e.g. ``(9, 1, 5)`` for the paper's smallest.
    channels : sequence of 2 int
        Feature channels after the first and the second convolution.

    Returns
    -------
    tensor
        ``(n, h*scale, w*scale, 3)``, not clipped.
    """
    extraction, mapping, reconstruction = kernels
    x = build.enlarged(lr, scale)  # (n, h*scale, w*scale, 3)
    x = build.conv(x, channels[0], extraction, "extraction", relu=True, initializer=PassThroughInitializer())
    x = build.conv(x, channels[1], mapping, "mapping", relu=True, initializer=PassThroughInitializer())
    # This convolution returns the whole picture, not a residual: bfloat16 would round it to grey levels.
    return build.conv(
        x, 3, reconstruction, "reconstruction", exact=True, initializer=PassThroughInitializer(0.01)
    )


def receptive_radius(*, scale: int = 4, kernels: Sequence[int] = (9, 5, 5), **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    radius = sum(side // 2 for side in kernels)
    return radius if scale == 1 else math.ceil(radius / scale) + cubic.REACH
