"""Sampling weights of patches: the detail at each place of a picture, and how straight its edges are."""

from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np

# Scharr's kernel is 32 times the difference of neighbours.
_SCHARR = 32
# Grey levels a px: a weaker gradient, such as that of a sky, is no edge.
_WEAKEST_EDGE = 8


@dataclass(frozen=True, eq=False)
class Cells:
    """The weights by which one picture's patches are drawn, on a grid of half a patch.

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
        """Weigh patches of `patch` x `patch` LR px by their gradient energy."""
        height, width = lr.shape[:2]
        weights = box_sums(gradient_energy(lr), patch, step=_step(patch)) + 1e-3
        return cls(weights, _step(patch), positions=(height - patch + 1) * (width - patch + 1))

    @cached_property
    def _cumulative(self) -> np.ndarray:
        return np.cumsum(self.weights)

    def draw(self, random: np.random.Generator) -> tuple[int, int]:
        """Return the top and left of a patch, in LR px."""
        where = np.searchsorted(self._cumulative, random.random() * self._cumulative[-1])
        row, column = divmod(min(int(where), self.weights.size - 1), self.weights.shape[1])
        return row * self.step, column * self.step


def lines(lr: np.ndarray, patch: int) -> np.ndarray:
    """Return how much straight edge each patch on the grid of `Cells` holds.

    Buildings, windows and letters have edges in one direction or in two perpendicular ones; leaves, hair
    and stone have them in all. The gradient energy of the edges is multiplied by the square of a coherence in
    [0, 1]: that of the structure tensor (Bigün, Granlund, "Optimal orientation detection of linear symmetry",
    ICCV 1987), but with four times the gradient's angle where the tensor has twice that, so that
    perpendicular edges count as one direction instead of cancelling out.
    """
    green = lr[..., 1].astype(np.float32)
    gradient = cv2.Scharr(green, cv2.CV_32F, 1, 0) + 1j * cv2.Scharr(green, cv2.CV_32F, 0, 1)
    steepness = np.abs(gradient) / _SCHARR
    edges = np.maximum(steepness - _WEAKEST_EDGE, 0.0)
    directions = edges * np.exp(4j * np.angle(gradient))
    energy, tensor = (box_sums(field, patch, step=_step(patch)) for field in (edges, directions))
    coherence = np.abs(tensor) / np.maximum(energy, 1e-9)
    return energy * coherence**2


def _step(patch: int) -> int:
    return max(1, patch // 2)


def gradient_energy(picture: np.ndarray) -> np.ndarray:
    """Return the absolute gradient, ``(h, w)``, of the green channel of an ``(h, w, 3)`` picture."""
    green = picture[..., 1].astype(np.float32)
    gradient = np.zeros(green.shape)
    gradient[1:, 1:] = np.abs(np.diff(green, axis=0))[:, 1:] + np.abs(np.diff(green, axis=1))[1:]
    return gradient


def box_sums(field: np.ndarray, side: int, *, step: int) -> np.ndarray:
    """Return the sums of `field` over squares of `side` x `side` px, one every `step` px."""
    height, width = field.shape
    integral = np.zeros((height + 1, width + 1), np.result_type(field, np.float64))
    integral[1:, 1:] = field.cumsum(0).cumsum(1)
    top = np.arange(0, height - side + 1, step)
    left = np.arange(0, width - side + 1, step)
    below, right = top + side, left + side
    sums = integral[np.ix_(below, right)] - integral[np.ix_(top, right)]
    return sums + integral[np.ix_(top, left)] - integral[np.ix_(below, left)]
