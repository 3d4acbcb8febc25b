"""Where in a picture patches are drawn: the detail of each place, and how straight its edges are."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

# Scharr's kernel weighs 32 times a difference of neighbours.
_SCHARR = 32
# In grey levels a px: gradients that are no edge of a thing, such as those of skies.
_SOFT = 8


@dataclass(frozen=True, eq=False)
class Cells:
    """The weights with which one picture's patches are drawn, on a grid of half a patch.

    Attributes
    ----------
    weights : (rows, columns) ndarray of float64
    step : int
        LR px between two cells.
    positions : int
        How many patches the picture holds.
    """

    weights: np.ndarray
    step: int
    positions: int

    @classmethod
    def by_detail(cls, lr: np.ndarray, patch: int) -> "Cells":
        """Weigh patches of a side of `patch` LR px by their gradient energy."""
        height, width = lr.shape[:2]
        green = lr[..., 1].astype(np.float32)
        gradient = np.zeros((height, width))
        gradient[1:, 1:] = np.abs(np.diff(green, axis=0))[:, 1:] + np.abs(np.diff(green, axis=1))[1:]
        positions = (height - patch + 1) * (width - patch + 1)
        return cls(_sums(gradient, patch) + 1e-3, _step(patch), positions)

    @cached_property
    def _cumulative(self) -> np.ndarray:
        return np.cumsum(self.weights)

    def draw(self, random: np.random.Generator) -> tuple[int, int]:
        """Return the top and left of a patch, in LR px."""
        where = np.searchsorted(self._cumulative, random.random() * self._cumulative[-1])
        row, column = divmod(min(int(where), self.weights.size - 1), self.weights.shape[1])
        return row * self.step, column * self.step


def lines(lr: np.ndarray, patch: int) -> np.ndarray:
    """Return how much of each patch, on the grid of `Cells`, are straight edges at right angles.

    Buildings, windows and letters have edges of one direction or of two that are perpendicular; leaves, hair
    and stone have all. The gradient energy of the edges is multiplied by the square of a coherence in [0, 1]:
    that of the structure tensor (Bigün, Granlund, "Optimal orientation detection of linear symmetry", ICCV
    1987), but with four times the gradient's angle where the tensor has twice that, so that perpendicular
    edges count as one direction instead of cancelling out.
    """
    green = lr[..., 1].astype(np.float32)
    gradient = cv2.Scharr(green, cv2.CV_32F, 1, 0) + 1j * cv2.Scharr(green, cv2.CV_32F, 0, 1)
    steepness = np.abs(gradient) / _SCHARR
    edges = np.maximum(steepness - _SOFT, 0.0)
    directions = edges * np.exp(4j * np.angle(gradient))
    energy = _sums(edges, patch)
    coherence = np.abs(_sums(directions, patch)) / np.maximum(energy, 1e-9)
    return energy * coherence**2


def _step(patch: int) -> int:
    return max(1, patch // 2)


def _sums(field: np.ndarray, patch: int) -> np.ndarray:
    """Return the sum of `field` over each patch of the grid."""
    height, width = field.shape
    integral = np.zeros((height + 1, width + 1), np.result_type(field, np.float64))
    integral[1:, 1:] = field.cumsum(0).cumsum(1)
    top = np.arange(0, height - patch + 1, _step(patch))
    left = np.arange(0, width - patch + 1, _step(patch))
    below, right = top + patch, left + patch
    sums = integral[np.ix_(below, right)] - integral[np.ix_(top, right)]
    return sums + integral[np.ix_(top, left)] - integral[np.ix_(below, left)]
