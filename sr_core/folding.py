"""Folds the linear tail of EDSR: several convolutions and pixel shuffles become one convolution.

After ``body_add`` EDSR has no activation. At x4 its tail is a convolution of 64 to 256 channels, a shuffle,
the same again at twice the size, and a convolution of 64 to 3 at four times the size. All of that is linear,
so it is ONE 5x5 convolution of 64 to 48 channels on the LR grid and one shuffle: 1,295,040 multiply-adds per
LR pixel instead of 1,983,168, and no tensor at two or four times the size. The `.h5` keeps the paper's
layers; the kernel is computed from them when a network is loaded, and again in each training step (as SESR
trains its blocks: Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super Resolution",
https://arxiv.org/abs/2103.09404).

How: a convolution after a shuffle equals one before it, whose kernel has a copy of the old one for each pixel
of a cell, shifted by that pixel (`_before_shuffle`); and two consecutive convolutions equal one, whose kernel
is the convolution of theirs (`_joined`). This is done from the last convolution to the first, because the
last has only three channels.

The border: each convolution of the tail sees zeros outside the picture at its own size, where the folded one
sees what the unfolded ones would have computed there. Only the outermost LR pixels differ for that reason
(`RING`). They are computed with the unfolded layers, from a strip of features along each border.

Not folded: the other networks have an activation after every convolution of their tails. The first
convolution of SRCNN could be joined with the bicubic enlargement before it, which would save 9 % of its
work but not be exact at the border; RRDB's nearest-neighbour enlargements could be joined with the
convolutions after them, 11 % of its work, as four small convolutions each, which are slower than the one
that they replace.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

RING = 1
"""LR px along each border of a picture in which the folded tail differs from the unfolded layers."""

STRIP = 3
"""Rows of features that the outermost LR row of the result depends on: at most one per convolution."""


class Stage(NamedTuple):
    """A convolution of the tail, ``(h, w, in, out)`` and ``(out,)``, and the scale of the shuffle after."""

    kernel: Any
    bias: Any
    shuffle: int = 1


class Folded(NamedTuple):
    """A folded tail: a convolution, ``(h, w, c, 3*s*s)`` and ``(3*s*s,)``, before a shuffle by `scale`."""

    kernel: Any
    bias: Any
    scale: int


def fold(stages: Sequence[Stage], xp: Any) -> Folded:
    """Return the one convolution that equals `stages` away from the border.

    Parameters
    ----------
    stages : sequence of Stage
        First to last; no shuffle follows the last.
    xp : module
        The array module: `numpy`, or `keras.ops`, which lets gradients flow back to the kernels.
    """
    kernel, bias, _ = stages[-1]
    scale = 1
    # Broken weights give a broken kernel, which is detected by its output.
    with np.errstate(invalid="ignore", over="ignore"):
        for stage in reversed(stages[:-1]):
            kernel, bias = _before_shuffle(kernel, bias, scale, stage.shuffle, xp)
            kernel, bias = _joined(stage, kernel, bias, xp)
            scale *= stage.shuffle
    return Folded(kernel, bias, scale)


def _before_shuffle(kernel: Any, bias: Any, inner: int, s: int, xp: Any) -> tuple[Any, Any]:
    """Return the convolution before a shuffle by `s` that equals this one after it.

    The output channels are the pixels of a cell of ``inner x inner`` px, and become those of one of
    ``(s*inner) x (s*inner)`` px, in the order of `sr_core.networks.layers.PixelShuffle`.
    """
    side, _, channels, outputs = kernel.shape
    radius = side // 2
    reach = -(-radius // s)  # of the new kernel
    length = s * (2 * reach + 1)
    moved = []
    for row in range(s):
        for column in range(s):
            before = [s * reach - radius + offset for offset in (row, column)]
            around = [(b, length - side - b) for b in before]
            moved.append(xp.pad(kernel, [*around, (0, 0), (0, 0)]))
    colours = outputs // inner**2
    cells = xp.reshape(
        xp.stack(moved), (s, s, length // s, s, length // s, s, channels, inner, inner, colours)
    )
    # (row, column, y, i, x, j, c, inner row, inner column, colour) to (y, x, i, j, c, row, inner row, ...)
    cells = xp.transpose(cells, (2, 4, 3, 5, 6, 0, 7, 1, 8, 9))
    kernel = xp.reshape(cells, (length // s, length // s, s * s * channels, s * s * outputs))
    bias = xp.broadcast_to(xp.reshape(bias, (1, inner, 1, inner, colours)), (s, inner, s, inner, colours))
    return kernel, xp.reshape(bias, (s * s * outputs,))


def _joined(first: Stage, kernel: Any, bias: Any, xp: Any) -> tuple[Any, Any]:
    """Return the convolution that equals `first` followed by that of `kernel` and `bias`."""
    side = kernel.shape[0]
    joined: Any = 0.0
    for row in range(side):
        for column in range(side):
            around = [(row, side - 1 - row), (column, side - 1 - column), (0, 0), (0, 0)]
            joined = joined + xp.pad(xp.matmul(first.kernel, kernel[row, column]), around)
    return joined, bias + xp.matmul(first.bias, xp.sum(kernel, axis=(0, 1)))
