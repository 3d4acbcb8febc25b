"""EDSR: enhanced deep residual network for super-resolution.

Lim, Son, Kim, Nah, Lee, "Enhanced Deep Residual Networks for Single Image Super-Resolution",
CVPR Workshops 2017 (https://arxiv.org/abs/1707.02921).
"""

import math
from typing import Any

from sr_core.errors import OptionError
from sr_core.networks.builder import Builder, RandomStart

# Mean colour of DIV2K's training pictures, as in the paper's code. It only centres the numbers.
RGB_MEAN = (0.4488, 0.4371, 0.4040)

# Pixel shuffles that make up each scale: x4 is twice x2, so that x2 weights can start a x4 network.
SHUFFLES = {1: (), 2: (2,), 3: (3,), 4: (2, 2)}

# An enlargement by two is undone, and what undoes it sees so many px far.
_BEFORE = 2
_BEFORE_REACH = 2

# A tenth of the usual size lets every block begin near the identity: faster to a given PSNR.
_NEAR_ZERO = RandomStart(0.01)


def edsr(
    build: Builder,
    lr: Any,
    *,
    scale: int = 4,
    blocks: int = 16,
    channels: int = 64,
    residual_scaling: float = 1.0,
    enlarged_before: int = 1,
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
    enlarged_before : {1, 2}
        How many times the picture was enlarged before, by bilinear interpolation. It holds no more than its
        LR picture did; 2 undoes that enlargement, and what follows is the network for `scale` times 2.

    Returns
    -------
    tensor
        ``(n, h*scale, w*scale, 3)``, not clipped.

    Raises
    ------
    OptionError
        `enlarged_before` is another number, or no upsampling is known for `scale` times that.
    """
    if enlarged_before not in (1, _BEFORE):
        raise OptionError(f"EDSR can undo an enlargement by 2, or by 1: none. Received: {enlarged_before!r}")
    if scale * enlarged_before not in SHUFFLES:
        raise OptionError(
            f"EDSR's scale times the enlargement before is at most {max(SHUFFLES)}; "
            f"received {scale} times {enlarged_before}."
        )
    small = build.undo_bilinear(lr, "undo_bilinear") if enlarged_before > 1 else lr
    centred = build.shift(small, [-mean for mean in RGB_MEAN], "subtract_mean")
    head = x = build.conv(centred, channels, 3, "head")
    for i in range(1, blocks + 1):
        residual = build.conv(x, channels, 3, f"block{i}_conv1", relu=True)
        residual = build.conv(residual, channels, 3, f"block{i}_conv2", start=_NEAR_ZERO)
        if residual_scaling != 1.0:
            residual = build.scaled(residual, residual_scaling, f"block{i}_scale")
        x = build.add(x, residual, f"block{i}_add")
    x = build.conv(x, channels, 3, "body_end")
    x = build.add(x, head, "body_add")
    x = build.linear_tail(x, channels, SHUFFLES[scale * enlarged_before])  # (n, h*scale, w*scale, 3)
    sr = build.shift(x, RGB_MEAN, "add_mean")
    # An enlargement need not divide the picture's sides.
    return build.crop_like(sr, lr, scale, "crop") if enlarged_before > 1 else sr


def ends_block(layer: str) -> bool:
    """Whether a residual block is the identity where all weights of the layer of that name are zero."""
    return layer.startswith("block") and layer.endswith("_conv2")


def receptive_radius(*, scale: int = 4, blocks: int = 16, enlarged_before: int = 1, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see (36 for the baseline at x4)."""
    radius = (2 * blocks + 2.0) * enlarged_before  # head, blocks, body_end
    resolution = 1 / enlarged_before
    for s in SHUFFLES[scale * enlarged_before]:
        radius += 1 / resolution
        resolution *= s
    return math.ceil(radius + 1 / resolution) + (_BEFORE_REACH if enlarged_before > 1 else 0)  # tail


def grid(*, enlarged_before: int = 1, **_: object) -> int:
    """Return what windows must begin at multiples of, in LR px: the pixels that one was enlarged to."""
    return enlarged_before
