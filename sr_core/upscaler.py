"""`Upscaler`: enlarges a picture, with progress, cancelling and an estimate."""

import math
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from sr_core import cleaning, engines, sizing, tiling, transparency, weights
from sr_core.cleaning import Choice
from sr_core.errors import EngineError, OptionError
from sr_core.estimate import Clock, Estimate, Progress, memory
from sr_core.files import Provenance
from sr_core.flat_areas import FlatAreas
from sr_core.picture import Picture
from sr_core.pixels import Pixels, to_integer, to_unit
from sr_core.self_ensemble import PASSES, averaged
from sr_core.weights import WeightsCard

# Side in LR px of the picture that `Upscaler.warm_up` enlarges to learn the speed.
WARM_UP_SIDE = 96

CleanUp = float | Literal["auto"]

# Engines kept of one network: one for each clean-up strength that is chosen automatically.
_MAX_ENGINES = 3


class Upscaler:
    """Enlarges pictures with one network.

    Parameters
    ----------
    card : WeightsCard
        Which network; see `sr_core.weights.find`.
    engine : {"auto", "tensorflow", "openvino"}
        What runs the network; see `sr_core.engines.choose`.
    precision : {"auto", "float32", "bfloat16"}
        ``"auto"`` takes bfloat16 if the processor is faster in it.
    gpu : int, optional
        Index of the GPU, -1 for the CPU; by default the first GPU if there is one.
    tile : int
        Side of a tile in LR px, including the overlap; 0 chooses.
    halo : int, optional
        Overlap of a tile beyond the part it owns, in LR px; by default the card's. From the network's
        receptive radius on, the result equals that of the whole picture to float rounding.
    clean_up : float or "auto"
        How strongly to remove JPEG blocks and grain, if the weights have a counterpart for that (see
        `sr_core.weights.counterpart`): from 0, not at all, to 1; ``"auto"`` is as much as each picture needs.

    Raises
    ------
    WeightsError, OptionError
    """

    def __init__(
        self,
        card: WeightsCard,
        *,
        engine: engines.Kind = "auto",
        precision: engines.Precision = "auto",
        gpu: int | None = None,
        tile: int = 0,
        halo: int | None = None,
        clean_up: CleanUp = 0.0,
    ):
        self.card = card
        self.scale = card.scale
        self.halo = card.halo if halo is None else halo
        if tile < 0:
            raise OptionError(f"A tile's side is a number of px above 0, or 0 to choose; received {tile}.")
        self._tile = tile
        self._create = partial(engines.create, card, kind=engine, precision=precision, gpu=gpu)
        self._engines: OrderedDict[float, engines.Engine] = OrderedDict()
        self._lock = threading.Lock()
        self.clean_up: CleanUp = clean_up
        self.can_clean_up = weights.can_clean_up(card)
        self.engine = self._engine(0.0 if isinstance(clean_up, str) else clean_up)
        self._grid = card.grid
        self._seconds_per_pixel = math.inf
        self.plan(1, 1)  # raises now if tile and halo do not fit

    @classmethod
    def from_weights(cls, name: str | Path = "edsr_x4", **options: Any) -> "Upscaler":
        """Create an upscaler from weights in the catalogue, or from a ``.h5`` with its card beside it.

        `name` is the name or the path; `options` are those of `Upscaler`.
        """
        return cls(weights.find(name), **options)

    def choose_clean_up(self, picture: Picture) -> Choice:
        """Return how strongly `upscale` cleans up this picture, and why."""
        if not isinstance(self.clean_up, str):
            return Choice(self.clean_up)
        return cleaning.choose(picture) if self.can_clean_up else Choice(0.0)

    def _engine(self, strength: float) -> engines.Engine:
        """Return the engine for a clean-up strength; the last few that were used are kept."""
        with self._lock:
            if strength not in self._engines:
                self._engines[strength] = self._create(clean_up=strength)
                if len(self._engines) > _MAX_ENGINES:
                    self._engines.popitem(last=False)
            self._engines.move_to_end(strength)
            return self._engines[strength]

    def plan(self, height: int, width: int) -> tiling.Plan:
        """Return the tiles for a picture of ``height x width`` LR px."""
        sizes = (self._tile,) if self._tile else self.engine.tile_sizes
        return tiling.plan(height, width, sizes=sizes, halo=self.halo, grid=self._grid)

    def provenance(self, clean_up: float = 0.0) -> Provenance:
        """Return the provenance of a picture that was enlarged with this clean-up; see `sr_core.encode`."""
        return Provenance(self.card.name, self.scale, clean_up=clean_up)

    def estimate(
        self,
        height: int,
        width: int,
        *,
        alpha: bool = False,
        bit_depth: int = 8,
        size: tuple[int, int] | None = None,
        self_ensemble: bool = False,
    ) -> Estimate:
        """Estimate the time and memory of an enlargement.

        Parameters
        ----------
        height, width : int
            Of the picture in LR px.
        alpha : bool
            Whether it has an alpha plane that varies, which goes through the network too.
        bit_depth : int
            8 or 16.
        size, self_ensemble
            See `upscale`.

        Raises
        ------
        OptionError
            `size` is larger than the network's output.
        """
        if math.isinf(self._seconds_per_pixel):
            self.warm_up()
        size = self._size(height, width, size)
        plan, rounds = self.plan(height, width), 2 if alpha else 1
        tiles = rounds * len(plan)
        # Rotated by 90 degrees, an oblong tile is another shape.
        shapes = 2 if self_ensemble and plan.tile_height != plan.tile_width else 1
        used = memory(
            height * width,
            scale=self.scale,
            result=size[0] * size[1],
            alpha=alpha,
            bit_depth=bit_depth,
            process=self.engine.base_memory,
            running=shapes * self.engine.memory(plan.tile_height, plan.tile_width),
        )
        seconds = self._seconds_per_pixel * plan.computed * rounds * (PASSES if self_ensemble else 1)
        return Estimate(*size, seconds=seconds, memory_mib=used / 2**20, tiles=tiles)

    def estimate_for(
        self, picture: Picture, *, size: tuple[int, int] | None = None, self_ensemble: bool = False
    ) -> Estimate:
        """Estimate the time and memory of enlarging `picture`; see `estimate`."""
        return self.estimate(
            picture.height,
            picture.width,
            alpha=transparency.varies(picture.alpha),
            bit_depth=picture.bit_depth,
            size=size,
            self_ensemble=self_ensemble,
        )

    def warm_up(self) -> None:
        """Run the network, so that the first picture does not wait for compilation and the speed is known."""
        grey = Picture(np.full((WARM_UP_SIDE, WARM_UP_SIDE, 3), 128, np.uint8))
        for strength in (0.0, 1.0) if self.clean_up == "auto" and self.can_clean_up else (None,):
            self.upscale(grey, clean_up=strength)  # compiles
        self.upscale(grey)

    def upscale(
        self,
        picture: Picture,
        *,
        size: tuple[int, int] | None = None,
        clean_up: float | None = None,
        self_ensemble: bool = False,
        progress: Callable[[Progress], object] | None = None,
    ) -> Picture:
        """Enlarge a picture.

        Colours are bled under transparent pixels, and an alpha plane that varies goes through the network
        as a grey picture: see `sr_core.transparency`.

        Parameters
        ----------
        picture : Picture
            Of ``(h, w)`` px; grey, alpha, bit depth, colour profile and EXIF are kept.
        size : (height, width), optional
            Exact size of the result in px; by default ``(h*scale, w*scale)``, and at most that. The network's
            result is reduced to it with antialiased bicubic interpolation. `sr_core.sizing.fit` computes it.
        clean_up : float, optional
            In [0, 1]; by default what `choose_clean_up` says.
        self_ensemble : bool
            Slightly better, in eight times the time: see `sr_core.self_ensemble`.
        progress : callable, optional
            Called with a `Progress` before the first batch of tiles and after each. An exception raised
            in it cancels the work and propagates.

        Returns
        -------
        Picture
            Of `size`.

        Raises
        ------
        OptionError
            `size` is larger than the network's output.
        EngineError
            Out of memory, or the network's output is not a picture.
        """
        size = self._size(picture.height, picture.width, size)
        small_alpha = picture.alpha
        plan, rounds = self.plan(picture.height, picture.width), 2 if transparency.varies(small_alpha) else 1
        pixels = self._allocate(picture.pixels)
        alpha = None if small_alpha is None else self._allocate(small_alpha)
        engine = self._engine(self.choose_clean_up(picture).strength if clean_up is None else clean_up)
        clock = Clock(rounds * len(plan), progress or (lambda _: None))
        bled = transparency.bleed(picture.pixels, small_alpha)
        try:
            self._enlarge(bled, pixels, plan, engine, clock, self_ensemble=self_ensemble)
            if small_alpha is not None and alpha is not None and rounds == 2:
                self._enlarge(small_alpha, alpha, plan, engine, clock, self_ensemble=self_ensemble)
        finally:
            engine.release()
        if small_alpha is not None and alpha is not None:
            transparency.keep_even_areas(pixels, alpha, small_alpha)
        # The best so far, because the first call also compiles, and a tiny picture is nearly all overhead.
        speed = clock.seconds / (rounds * plan.computed * (PASSES if self_ensemble else 1))
        self._seconds_per_pixel = min(self._seconds_per_pixel, speed)
        if pixels.shape[:2] != size:
            pixels, alpha = transparency.reduce(pixels, alpha, *size)
        return picture.with_pixels(pixels, alpha)

    def _size(self, height: int, width: int, size: tuple[int, int] | None) -> tuple[int, int]:
        if size is None:
            return height * self.scale, width * self.scale
        sizing.check_reach(height, width, size, reach=self.scale)
        return size[0], size[1]

    def _allocate(self, small: Pixels) -> Pixels:
        """Return an uninitialised array for `small` enlarged."""
        height, width = small.shape[0] * self.scale, small.shape[1] * self.scale
        try:
            return np.empty((height, width, *small.shape[2:]), small.dtype)
        except MemoryError as error:
            raise EngineError(
                "The memory is too small for the enlarged picture; choose a smaller one. It would be "
                f"{height:,} x {width:,} px (height x width)."
            ) from error

    def _enlarge(
        self,
        small: Pixels,
        result: Pixels,
        plan: tiling.Plan,
        engine: engines.Engine,
        clock: Clock,
        *,
        self_ensemble: bool,
    ) -> None:
        """Fill `result` with `small` enlarged: an RGB picture, or a plane, treated as a grey picture."""
        s, areas = self.scale, FlatAreas.of(small)
        run = partial(averaged, engine.run, grid=self._grid) if self_ensemble else engine.run
        for tiles in _batches(plan, engine.batch(plan.tile_height, plan.tile_width)):
            windows = [
                small[t.rows.start :, t.columns.start :][: plan.tile_height, : plan.tile_width] for t in tiles
            ]
            lr = to_unit(np.stack(windows))
            if small.ndim == 2:
                sr = run(np.repeat(lr[..., np.newaxis], 3, axis=3))  # (n, h*s, w*s, 3)
                sr = sr.mean(axis=3)  # (n, h*s, w*s)
            else:
                sr = run(lr)
            for tile, before, after in zip(tiles, lr, sr, strict=True):
                inside = tile.rows.inside(), tile.columns.inside()
                owned = tile.rows.owned(), tile.columns.owned()
                pixels = np.ascontiguousarray(after[tile.rows.inside(s), tile.columns.inside(s)])
                areas.keep(pixels, before[inside], owned)
                result[tile.rows.owned(s), tile.columns.owned(s)] = to_integer(pixels, result.dtype)
            clock.advance(len(tiles))


def _batches(plan: tiling.Plan, size: int) -> Iterator[list[tiling.Tile]]:
    tiles = list(plan)
    for first in range(0, len(tiles), size):
        yield tiles[first : first + size]
