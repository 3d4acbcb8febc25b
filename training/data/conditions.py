"""The states in which LR pictures are given to a network to be scored: clean, as JPEG, with noise."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sr_core import Picture, decode
from sr_core.errors import OptionError
from sr_core.pixels import to_integer
from training.data.datasets import Pair
from training.data.degradations import jpeg, jpeg_file


@dataclass(frozen=True, slots=True)
class Condition:
    """What happens to an LR picture before it is restored: one thing at most, always in the same way.

    Attributes
    ----------
    quality : int, optional
        Stored as JPEG by Pillow, with colours subsampled 4:2:0.
    sigma : float, optional
        Gaussian noise of this standard deviation in grey levels of 255, independent in each value and of the
        same seed for each picture; clipped, and rounded to integers.

    Raises
    ------
    OptionError
        A quality outside 1 to 100, a sigma not above 0, or both at once.
    """

    quality: int | None = None
    sigma: float | None = None

    def __post_init__(self):
        if self.quality is not None and self.sigma is not None:
            raise OptionError(f"A picture is stored as JPEG or gets noise, not both. Received: {self!r}")
        if self.quality is not None and not 1 <= self.quality <= 100:
            raise OptionError(f"The quality of a JPEG is 1 to 100. Received: {self.quality}")
        if self.sigma is not None and not 0 < self.sigma <= 255:
            raise OptionError(f"The sigma of noise is above 0, and 255 at most. Received: {self.sigma}")

    @classmethod
    def named(cls, name: str) -> "Condition":
        """Return the condition of this name, as `str` gives it and cards keep it.

        Raises
        ------
        OptionError
            There is none.
        """
        kind, _, value = name.partition(" ")
        try:
            condition = {
                "clean": lambda: cls(),
                "JPEG": lambda: cls(quality=int(value)),
                "noise": lambda: cls(sigma=float(value)),
            }[kind]()
        except (KeyError, ValueError):
            condition = None
        if condition is None or str(condition) != name:
            raise OptionError(f'A condition is clean, or such as "JPEG 60" or "noise 8". Received: {name!r}')
        return condition

    @property
    def order(self) -> tuple[int, float]:
        """What sorts conditions: clean, JPEG from the best quality on, noise from the least on."""
        if self.quality is not None:
            return 1, -self.quality
        return (0, 0.0) if self.sigma is None else (2, self.sigma)

    def __str__(self) -> str:
        if self.quality is not None:
            return f"JPEG {self.quality}"
        return "clean" if self.sigma is None else f"noise {self.sigma:g}"

    def picture(self, lr: np.ndarray) -> Picture:
        """Return an LR picture in this state as the app opens it: with what its file tells of its loss."""
        if self.quality is not None:
            return decode(jpeg_file(np.asarray(lr), self.quality))
        return Picture(self.apply(lr))

    def apply(self, lr: np.ndarray) -> np.ndarray:
        """Return an LR picture, ``(h, w, 3)`` uint8, in this state."""
        if self.quality is not None:
            return jpeg(np.asarray(lr), self.quality)
        if self.sigma is None:
            return lr
        noise = np.random.default_rng(0).normal(0.0, self.sigma, lr.shape)
        return to_integer((lr + noise) / 255, np.dtype(np.uint8))


CLEAN = Condition()

MIX = (CLEAN, Condition(quality=80), Condition(sigma=8), Condition(quality=60), Condition(sigma=15))
MIX += (Condition(quality=40),)


def mixed(pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with LR in the states of `MIX` in turns, to validate a network for photos on."""
    return [replace(pair, lr=MIX[i % len(MIX)].apply(pair.lr)) for i, pair in enumerate(pairs)]
