"""Fold the linear tail of EDSR: several convolutions and pixel shuffles become one convolution.

Behind ``body_add`` EDSR has no activation. At x4 its tail is a convolution of 64 to 256 channels, a
shuffle, the same again at twice the size, and a convolution of 64 to 3 at four times the size. All of that
is linear, so it is ONE 5x5 convolution of 64 to 48 channels on the LR grid and one shuffle: 1,295,040
multiply-adds per LR pixel instead of 1,983,168, and no tensor at two or four times the size. The `.h5`
keeps the paper's layers; the kernel is made from them when a network is loaded, and anew in each step of a
training (as SESR trains its blocks: Bhardwaj et al., "Collapsible Linear Blocks for Super-Efficient Super
Resolution", https://arxiv.org/abs/2103.09404).

How: a convolution behind a shuffle is a convolution in front of it, with a kernel that has a copy of the
old one for each pixel of a cell, moved by that pixel (`_before_shuffle`); and two convolutions in a row are
one, whose kernel is the convolution of theirs (`_joined`). This is done from the last convolution to the
first, because the last has three channels only.

The border: each convolution of the tail sees zeros outside of the picture at its own size, where the folded
one sees what the unfolded ones would have computed there. The outermost LR pixels differ by that, and no
others (`RING`). They are computed with the layers as they are, from a strip of features along each border.

What is not folded: the other networks have an activation behind every convolution of their tails. The first
convolution of SRCNN could be joined with the bicubic enlargement before it, which would save 9 % of its
work but not be exact at the border; RRDB's nearest-neighbour enlargements could be joined with the
convolutions behind them, 11 % of its work, as four small convolutions each, which are slower than the one
that they replace.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

RING = 1
"""LR px along each border of a picture in which the folded tail differs from the layers as they are."""

STRIP = 3
"""Rows of features that the outermost LR row of the result depends on: one per convolution at most."""


class Stage(NamedTuple):
    """A convolution of the tail, ``(h, w, in, out)`` and ``(out,)``, and the shuffle behind it."""

    kernel: Any
    bias: Any
    shuffle: int = 1


class Folded(NamedTuple):
    """A whole tail: a convolution, ``(h, w, c, 3*s*s)`` and ``(3*s*s,)``, before a shuffle by `scale`."""

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
        What computes: `numpy`, or `keras.ops`, through which gradients flow back to the kernels.
    """
    kernel, bias, _ = stages[-1]
    scale = 1
    # Broken weights give a broken kernel, and whoever sees its output says so.
    with np.errstate(invalid="ignore", over="ignore"):
        for stage in reversed(stages[:-1]):
            kernel, bias = _before_shuffle(kernel, bias, scale, stage.shuffle, xp)
            kernel, bias = _joined(stage, kernel, bias, xp)
            scale *= stage.shuffle
    return Folded(kernel, bias, scale)


def _before_shuffle(kernel: Any, bias: Any, inner: int, s: int, xp: Any) -> tuple[Any, Any]:
    """Return the convolution in front of a shuffle by `s` that equals this one behind it.

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
    """Return the one convolution that equals `first` and then the one of `kernel` and `bias`."""
    side = kernel.shape[0]
    joined: Any = 0.0
    for row in range(side):
        for column in range(side):
            around = [(row, side - 1 - row), (column, side - 1 - column), (0, 0), (0, 0)]
            joined = joined + xp.pad(xp.matmul(first.kernel, kernel[row, column]), around)
    return joined, bias + xp.matmul(first.bias, xp.sum(kernel, axis=(0, 1)))
