"""The conditions under which networks are scored: LR that is clean, stored as JPEG, or noisy."""

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
    """How LR is degraded before it is restored: by JPEG, by noise or not at all, always in the same way.

    Attributes
    ----------
    quality : int, optional
        Stored as JPEG by Pillow, with colours subsampled 4:2:0.
    sigma : float, optional
        Standard deviation, in grey levels of 255, of Gaussian noise that is independent in each value and
        has the same seed for each picture; the result is clipped and rounded to integers.

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
        """Return the condition with this name, as `str` gives it and cards keep it.

        Raises
        ------
        OptionError
            There is no such condition.
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
        """Sort key: clean first, then JPEG by falling quality, then noise by rising sigma."""
        if self.quality is not None:
            return 1, -self.quality
        return (0, 0.0) if self.sigma is None else (2, self.sigma)

    def __str__(self) -> str:
        if self.quality is not None:
            return f"JPEG {self.quality}"
        return "clean" if self.sigma is None else f"noise {self.sigma:g}"

    def picture(self, lr: np.ndarray) -> Picture:
        """Return an LR picture under this condition as the app opens it: as a JPEG file if it is one."""
        if self.quality is not None:
            return decode(jpeg_file(np.asarray(lr), self.quality))
        return Picture(self.apply(lr))

    def apply(self, lr: np.ndarray) -> np.ndarray:
        """Return an LR picture, ``(h, w, 3)`` uint8, under this condition."""
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
    """Return the pairs with LR under the conditions of `MIX` in turn, to validate a network for photos."""
    return [replace(pair, lr=MIX[i % len(MIX)].apply(pair.lr)) for i, pair in enumerate(pairs)]
