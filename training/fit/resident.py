"""Photos kept on the device, where patches are cut, so that an accelerator never waits for the host.

The host only draws where the patches lie, some bytes each. It uses `keras.ops` only, so that it runs under
every backend, and gives the same numbers as training without it.
"""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from sr_core.errors import OptionError
from training.data.datasets import Pair
from training.data.patches import PatchDataset, Place
from training.fit.recipe import Recipe

# In one dispatch: the overhead of Keras' loop equals a small step on a fast device.
MOST_STEPS_AT_ONCE = 50
CHECKPOINT_SECONDS = 120.0

_LARGEST_INDEX = 2**31 - 1


class Photos(keras.layers.Layer):
    """The pixels of all pairs, uint8, in two arrays on the device.

    Raises
    ------
    OptionError
        There are more pixels than a 32-bit index can address.
    """

    def __init__(self, pairs: Sequence[Pair], scale: int):
        super().__init__(trainable=False, dtype="float32")
        self.scale = scale
        self._numbers = {id(pair): number for number, pair in enumerate(pairs)}
        if sum(pair.hr[..., 0].size for pair in pairs) > _LARGEST_INDEX:
            raise OptionError("--resident holds 2,147 megapixels at most; name fewer pictures with --data.")
        self._hr, self._hr_table = self._concatenated([pair.hr for pair in pairs], "hr")
        self._lr, self._lr_table = self._concatenated([pair.lr for pair in pairs], "lr")
        self.built = True

    def _concatenated(self, pictures: Sequence[np.ndarray], name: str) -> tuple[Any, Any]:
        """Return all pixels in one array ``(n, 3)``, and each picture's first index and width."""
        pixels = np.concatenate([picture.reshape(-1, 3) for picture in pictures])
        sizes = [picture.shape[0] * picture.shape[1] for picture in pictures]
        table = np.stack([np.cumsum([0, *sizes[:-1]]), [picture.shape[1] for picture in pictures]], axis=-1)
        options = {"trainable": False, "autocast": False}
        return (
            keras.Variable(pixels, dtype="uint8", name=name, **options),
            keras.Variable(table.astype(np.int32), dtype="int32", name=f"{name}_table", **options),
        )

    def rows(self, pairs: Sequence[Pair], places: Sequence[Place]) -> np.ndarray:
        """Return places in `pairs` as ``(n, 5)`` int32, as `lr` and `hr` take them."""
        return np.array(
            [
                (self._numbers[id(pairs[one.picture])], one.top, one.left, one.turns, one.mirrored)
                for one in places
            ],
            np.int32,
        )

    def lr(self, places: Any, patch: int) -> Any:
        """Return the LR patches, ``(n, patch, patch, 3)`` float32 in [0, 1]; `places` are from `rows`."""
        return _cut(self._lr, self._lr_table, places, patch, 1)

    def hr(self, places: Any, patch: int) -> Any:
        """Return the HR patches, ``(n, patch*scale, patch*scale, 3)``, of the same places."""
        return _cut(self._hr, self._hr_table, places, patch * self.scale, self.scale)


def _cut(pixels: Any, table: Any, places: Any, side: int, scale: int) -> Any:
    picture, top, left, turns, mirrored = (places[:, i, None, None] for i in range(5))  # (n, 1, 1)
    of_picture: Any = ops.take(table, picture, axis=0)  # (n, 1, 1, 2)
    begin, width = of_picture[..., 0], of_picture[..., 1]
    rows: Any = ops.reshape(ops.arange(side, dtype="int32"), (1, side, 1))
    columns: Any = ops.reshape(ops.arange(side, dtype="int32"), (1, 1, side))
    # From a pixel of the rotated and mirrored patch back to that of the picture.
    columns = ops.where(mirrored == 1, side - 1 - columns, columns)
    rows, columns = rows + 0 * columns, columns + 0 * rows  # (n, side, side)
    down: Any = ops.where(turns == 0, rows, ops.where(turns == 1, columns, side - 1 - rows))
    down = ops.where(turns == 3, side - 1 - columns, down)
    right: Any = ops.where(turns == 0, columns, ops.where(turns == 1, side - 1 - rows, side - 1 - columns))
    right = ops.where(turns == 3, rows, right)
    index = begin + (top * scale + down) * width + left * scale + right
    levels: Any = ops.take(pixels, index, axis=0)
    unit: Any = ops.cast(levels, "float32")
    return unit / 255.0


class ResidentPlaces(keras.utils.PyDataset):
    """Batches of places, ``(n, 5)`` int32, as a `PatchDataset` draws them."""

    def __init__(self, patches: PatchDataset, photos: Photos):
        super().__init__(workers=1)
        self._patches, self._photos = patches, photos

    @property
    def num_batches(self) -> Any:  # Keras types it as an int, and documents None
        """None: the dataset has no end."""
        return None

    def __getitem__(self, index: int) -> tuple[np.ndarray]:
        return (self._photos.rows(self._patches.pairs, self._patches.places(index)),)


class ResidentTraining(keras.Model):
    """A network whose training steps take places, and cut the patches themselves.

    It shares the variables and the optimizer of `network`, whose checkpoints stay the same.

    Parameters
    ----------
    network : keras.Model
        Compiled.
    photos : Photos
    patch : int
        Side of an LR patch, in LR px.
    """

    def __init__(self, network: keras.Model, photos: Photos, patch: int):
        super().__init__(dtype="float32")
        self.network, self.photos, self.patch = network, photos, patch

    def call(self, places, training=None):
        return self.network(self.photos.lr(places, self.patch), training=training)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        return self.network.compute_loss(y=self.photos.hr(x, self.patch), y_pred=y_pred, training=training)


def check(recipe: Recipe, *, all_devices: bool) -> None:
    """Raise an `OptionError` for what photos on the device cannot do."""
    if recipe.degradation != "bicubic":
        raise OptionError(
            "--resident cuts LR patches out of LR pictures, and photo makes each anew; leave one of the two "
            f"out. Received: --degradation {recipe.degradation}"
        )
    if all_devices:
        raise OptionError("--resident keeps the photos on one device; leave it or --all-devices out.")


def steps_at_once(steps_per_epoch: int) -> int:
    """Return the steps in a dispatch: the largest divisor of an epoch's, up to `MOST_STEPS_AT_ONCE`."""
    return max(n for n in range(1, MOST_STEPS_AT_ONCE + 1) if steps_per_epoch % n == 0)
