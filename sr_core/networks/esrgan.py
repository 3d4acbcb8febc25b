"""ESRGAN's generator: residual-in-residual dense blocks (RRDB).

Wang, Yu, Wu, Gu, Liu, Dong, Loy, Qiao, Tang, "ESRGAN: Enhanced Super-Resolution Generative Adversarial
Networks", ECCV Workshops 2018 (https://arxiv.org/abs/1809.00219).
"""

import math
from typing import Any

from sr_core.networks.builder import Builder, RandomInitializer
from sr_core.networks.edsr import SHUFFLES

# Factor on every residual, in a dense block and around three of them, as in the paper.
RESIDUAL_SCALING = 0.2
_SLOPE = 0.2  # of leaky ReLU

# A tenth of He et al.'s weights, as in the paper: deep residual networks are easier to train with it.
_SMALL = RandomInitializer(0.02, "fan_in", "truncated_normal")


def esrgan(
    build: Builder,
    lr: Any,
    *,
    scale: int = 4,
    blocks: int = 23,
    channels: int = 64,
    growth: int = 32,
) -> Any:
    """Describe the RRDB generator; the defaults are the paper's, with 16.7 million parameters.

    Parameters
    ----------
    build : Builder
    lr : tensor
        ``(n, h, w, 3)`` RGB in [0, 1].
    scale : {1, 2, 3, 4}
        Enlargement; 1 restores at the same size.
    blocks : int
        Residual-in-residual dense blocks, each of three dense blocks of five convolutions.
    channels : int
        Feature channels between the blocks.
    growth : int
        Channels that each convolution of a dense block adds.

    Returns
    -------
    tensor
        ``(n, h*scale, w*scale, 3)``, not clipped.
    """

    def conv(x: Any, filters: int, name: str) -> Any:
        return build.leaky_relu(build.conv(x, filters, 3, f"{name}_conv"), _SLOPE, f"{name}_leaky")

    head = x = build.conv(lr, channels, 3, "head")
    for b in range(1, blocks + 1):
        inner = x
        for d in range(1, 4):
            inner = _dense_block(build, inner, channels, growth, f"rrdb{b}_dense{d}")
        x = _add_scaled(build, x, inner, f"rrdb{b}")
    x = build.add(build.conv(x, channels, 3, "body_end"), head, "body_add")
    for i, s in enumerate(SHUFFLES[scale], start=1):
        x = conv(build.nearest(x, s, f"upsample{i}"), channels, f"upsample{i}")
    x = conv(x, channels, "hr")
    # This convolution returns the whole picture, not a residual: bfloat16 would round it to grey levels.
    return build.conv(x, 3, 3, "tail", exact=True)


def _dense_block(build: Builder, x: Any, channels: int, growth: int, name: str) -> Any:
    seen = [x]
    for i in range(1, 5):
        known = build.concatenate(seen, f"{name}_cat{i}") if i > 1 else x
        grown = build.conv(known, growth, 3, f"{name}_conv{i}", initializer=_SMALL)
        seen.append(build.leaky_relu(grown, _SLOPE, f"{name}_leaky{i}"))
    known = build.concatenate(seen, f"{name}_cat5")
    return _add_scaled(build, x, build.conv(known, channels, 3, f"{name}_conv5", initializer=_SMALL), name)


def _add_scaled(build: Builder, x: Any, residual: Any, name: str) -> Any:
    return build.add(x, build.scaled(residual, RESIDUAL_SCALING, f"{name}_scale"), f"{name}_add")


def receptive_radius(*, scale: int = 4, blocks: int = 23, **_: object) -> int:
    """Return how far, in LR px, an output pixel can see."""
    radius = 1 + 15 * blocks + 1.0  # head, blocks, body_end
    resolution = 1
    for s in SHUFFLES[scale]:
        resolution *= s
        radius += 1 / resolution
    return math.ceil(radius + 2 / resolution)  # hr_conv and tail
