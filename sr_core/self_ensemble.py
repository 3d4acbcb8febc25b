"""Self-ensemble: the mean of a network's results for all eight flips and rotations of a picture.

The "+" of Lim et al., "Enhanced Deep Residual Networks for Single Image Super-Resolution", CVPR Workshops
2017 (https://arxiv.org/abs/1707.02921), section 3.4.
"""

from collections.abc import Callable

import numpy as np

PASSES = 8
"""How often the network runs."""


def averaged(run: Callable[[np.ndarray], np.ndarray], tiles: np.ndarray, *, grid: int = 1) -> np.ndarray:
    """Return the mean over the eight flips and rotations.

    Parameters
    ----------
    run : callable
        Enlarges a batch, ``(n, h, w, 3)`` to ``(n, h*scale, w*scale, 3)``.
    tiles : (n, h, w, 3) ndarray
    grid : int
        Side in px of cells that must be rotated as a whole. They begin at the top left; if they do not divide
        the tiles, the last pixels are repeated, as the network itself would do.
    """
    _, height, width, _ = tiles.shape
    padded = np.pad(tiles, ((0, 0), (0, -height % grid), (0, -width % grid), (0, 0)), "edge")
    total: np.ndarray | float = 0.0
    for turns in range(4):
        for mirrored in (False, True):
            turned = np.rot90(padded, turns, axes=(1, 2))
            turned = turned[:, :, ::-1] if mirrored else turned
            sr = run(np.ascontiguousarray(turned))
            sr = sr[:, :, ::-1] if mirrored else sr
            total = total + np.rot90(sr, -turns, axes=(1, 2))
    mean = np.asarray(total) / PASSES
    scale = mean.shape[1] // padded.shape[1]
    return mean[:, : height * scale, : width * scale]
