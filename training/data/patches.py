"""Batches of augmented patches for training, the same under every Keras backend."""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import keras
import numpy as np

from sr_core.errors import DatasetError
from sr_core.pixels import to_unit
from training.data import detail, photo
from training.data.datasets import Pair
from training.data.detail import Cells
from training.data.folders import listed

# Share of patches drawn evenly over all positions; the others are drawn by detail.
EVEN_SHARE = 0.3

BATCHES_AHEAD = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where a patch lies, and how it is rotated and mirrored.

    Attributes
    ----------
    picture : int
        Its index among `PatchDataset.pairs`.
    top, left : int
        LR px.
    turns : int
        Counter-clockwise, by right angles.
    mirrored : bool
        Left to right, after the rotation.
    """

    picture: int
    top: int
    left: int
    turns: int = 0
    mirrored: bool = False


def usable(pairs: Sequence[Pair], patch: int) -> list[Pair]:
    """Return the pictures that are large enough for a patch of `patch` x `patch` LR px.

    Raises
    ------
    DatasetError
        None is.
    """
    large = [pair for pair in pairs if min(pair.lr.shape[:2]) >= patch]
    if not large:
        largest = max(pairs, key=lambda pair: min(pair.lr.shape[:2]), default=None)
        known = f"; the largest is {largest.name} with {_size(largest)} LR px" if largest else ""
        raise DatasetError(
            f"Every training picture is smaller than a patch of {patch} LR px; choose a smaller --patch, and "
            f"smaller ones in --phases. Received: {len(pairs)} pictures{known}"
        )
    return large


def require_squares(pairs: Sequence[Pair], side: int) -> None:
    """Raise unless each LR picture is a square of `side` px.

    Raises
    ------
    DatasetError
        Names those that are not.
    """
    others = [f"{pair.name} ({_size(pair)} px)" for pair in pairs if pair.lr.shape[:2] != (side, side)]
    if others:
        raise DatasetError(
            f"Batches of whole pictures need pictures of {side} x {side} px. Received: {listed(others)}"
        )


def _size(pair: Pair) -> str:
    return f"{pair.lr.shape[0]} x {pair.lr.shape[1]}"


class PatchDataset(keras.utils.PyDataset):
    """Random crops, flipped and rotated: ``(n, p, p, 3)`` LR and ``(n, p*s, p*s, 3)`` HR, float32 in [0, 1].

    The dataset has no end, and a batch depends only on the seed and its index, so that a resumed run sees
    the same batches as an uninterrupted one. Leaving its context stops its threads.

    Parameters
    ----------
    pairs : sequence of Pair
        Pictures smaller than a patch are left out.
    scale : int
        Enlargement ``s``.
    patch : int
        Side ``p`` of an LR patch, in LR px.
    batch : int
        Patches a batch.
    seed : int
        Seed of everything random here.
    first : int
        Index of the first batch: the number of steps before a run was resumed.
    workers : int
        Threads that prepare batches ahead.
    by_detail : bool
        Draw 70 % of the patches in proportion to their gradient energy, because many photos are half sky;
        otherwise every position in every picture is equally likely.
    lines : float
        Share of those 70 % that are drawn in proportion to straight edges (`training.data.detail.lines`).
    grid : int
        Patches begin at multiples of this many LR px.
    degradation : {"bicubic", "photo"}
        LR patches are cut from the pairs, or degraded at the same places by `training.data.photo`.

    Raises
    ------
    DatasetError
        No picture is as large as a patch.
    """

    def __init__(
        self,
        pairs: Sequence[Pair],
        *,
        scale: int,
        patch: int,
        batch: int,
        seed: int,
        first: int = 0,
        by_detail: bool = True,
        lines: float = 0.0,
        grid: int = 1,
        degradation: Literal["bicubic", "photo"] = "bicubic",
        workers: int = 2,
    ):
        # Keras' own workers begin an epoch's batches before that epoch has begun, and stop between epochs.
        super().__init__(workers=1)
        self.pairs = usable(pairs, patch)
        self.scale, self.patch, self.batch, self.seed, self.first = scale, patch, batch, seed, first
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="patches")
        self._ahead: dict[int, Future[tuple[np.ndarray, np.ndarray]]] = {}
        self._cells = [Cells.by_detail(pair.lr, patch) for pair in self.pairs]
        positions = np.array([cells.positions for cells in self._cells], np.float64)
        chance = positions / positions.sum()
        if by_detail:
            if lines:
                self._cells = _weighed_by_lines(self._cells, self.pairs, patch, lines)
            detail = np.array([cells.weights.sum() for cells in self._cells])
            chance = EVEN_SHARE * chance + (1 - EVEN_SHARE) * detail / detail.sum()
        self._chance = chance
        self._by_detail, self._grid, self._degradation = by_detail, grid, degradation

    @property
    def num_batches(self) -> Any:  # Keras types it as an int, and documents None
        """None: the dataset has no end."""
        return None

    def __enter__(self) -> "PatchDataset":
        return self

    def __exit__(self, *_: object) -> None:
        """Stop the threads and drop the batches prepared ahead."""
        self._pool.shutdown(cancel_futures=True)
        self._ahead.clear()

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        for i in range(index, index + BATCHES_AHEAD + 1):
            if i not in self._ahead:
                self._ahead[i] = self._pool.submit(self._draw, i)
        return self._ahead.pop(index).result()

    def places(self, index: int) -> list[Place]:
        """Return where the patches of a batch lie."""
        random = np.random.default_rng([self.seed, self.first + index])
        chosen = random.choice(len(self.pairs), size=self.batch, p=self._chance)
        return [self._place(int(i), random) for i in chosen]

    def _draw(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        # A generator of its own, so that places and turns do not depend on the degradation.
        faults = np.random.default_rng([self.seed, self.first + index, 1])
        crops = [self._crop(place, faults) for place in self.places(index)]
        lr, hr = (to_unit(np.stack(stack)) for stack in zip(*crops, strict=True))
        return lr, hr

    def _place(self, i: int, random: np.random.Generator) -> Place:
        p = self.patch
        height, width = self.pairs[i].lr.shape[:2]
        if self._by_detail and random.random() >= EVEN_SHARE:
            top, left = self._cells[i].draw(random)
            # Jittered by half a cell, so that patches are not tied to the grid on which detail was measured.
            top += int(random.integers(-(p // 4), p // 4 + 1))
            left += int(random.integers(-(p // 4), p // 4 + 1))
            top, left = min(max(top, 0), height - p), min(max(left, 0), width - p)
        else:
            top, left = int(random.integers(height - p + 1)), int(random.integers(width - p + 1))
        top, left = top - top % self._grid, left - left % self._grid
        return Place(i, top, left, turns=int(random.integers(4)), mirrored=bool(random.integers(2)))

    def _crop(self, place: Place, faults: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        pair, p, s = self.pairs[place.picture], self.patch, self.scale
        top, left = place.top, place.left
        if self._degradation == "photo":
            drawn = photo.draw(faults)
            lr = photo.patch(pair, top, left, side=p, scale=s, degradation=drawn, random=faults)
        else:
            lr = pair.lr[top : top + p, left : left + p]
        hr = pair.hr[top * s : (top + p) * s, left * s : (left + p) * s]
        return _turn(lr, place), _turn(hr, place)


def _weighed_by_lines(cells: Sequence[Cells], pairs: Sequence[Pair], patch: int, share: float) -> list[Cells]:
    """Return the cells with a `share` of their weight, over all pictures, moved to straight edges."""
    straight = [detail.lines(pair.lr, patch) for pair in pairs]
    of_detail = (1 - share) / sum(one.weights.sum() for one in cells)
    of_lines = share / max(sum(one.sum() for one in straight), 1e-9)
    return [
        replace(one, weights=of_detail * one.weights + of_lines * weights)
        for one, weights in zip(cells, straight, strict=True)
    ]


def _turn(patch: np.ndarray, place: Place) -> np.ndarray:
    turned = np.rot90(patch, place.turns)
    return turned[:, ::-1] if place.mirrored else turned


class WholePictures(PatchDataset):
    """Whole pictures instead of patches, each once an epoch in a new order, not augmented.

    Parameters are those of `PatchDataset`; `patch` is the side of every picture.

    Raises
    ------
    DatasetError
        A picture has another size.
    """

    def __init__(self, pairs: Sequence[Pair], *, patch: int, **options: Any):
        require_squares(pairs, patch)
        super().__init__(pairs, patch=patch, **options)

    def places(self, index: int) -> list[Place]:
        batches = -(-len(self.pairs) // self.batch)
        epoch, batch = divmod(self.first + index, batches)
        order = np.random.default_rng([self.seed, epoch]).permutation(len(self.pairs))
        return [Place(int(i), 0, 0) for i in order[batch * self.batch :][: self.batch]]
