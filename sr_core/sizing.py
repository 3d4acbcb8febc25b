"""Target sizes, such as 800 px wide or 2000 px on the longest side, and what they are in px."""

from dataclasses import dataclass
from typing import NamedTuple

from sr_core.errors import OptionError


class Size(NamedTuple):
    """Height and width of a picture in px."""

    height: int
    width: int


@dataclass(frozen=True, slots=True)
class TargetSize:
    """The size that a result should have; by default, that of the network's output.

    Attributes
    ----------
    scale : int or None
        Factor on height and width.
    width, height : int or None
        Exact size in px; the other side follows. With both: as large as fits into them.
    longest : int or None
        Exact length of the longer side in px.

    Raises
    ------
    OptionError
        If a number is below 1, or two of them conflict.
    """

    scale: int | None = None
    width: int | None = None
    height: int | None = None
    longest: int | None = None

    def __post_init__(self) -> None:
        for name in ("scale", "width", "height", "longest"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise OptionError(f"A {_NAMES[name]} is a whole number above 0; received {value}.")
        given = (self.scale, self.width or self.height, self.longest)
        if sum(one is not None for one in given) > 1:
            raise OptionError(
                "One of scale, longest side, or width and height says how large a picture becomes; "
                "leave the others out."
            )

    def suffix(self, reach: int) -> str:
        """Return the suffix for file names: ``_x4``, ``_w800``, ``_h600``, ``_longest2000``."""
        if self.longest is not None:
            return f"_longest{self.longest}"
        sides = [f"_{name}{side}" for name, side in (("w", self.width), ("h", self.height)) if side]
        return "".join(sides) or f"_x{self.scale or reach}"


_NAMES = {"scale": "scale", "width": "width in px", "height": "height in px", "longest": "longest side in px"}


def fit(height: int, width: int, target: TargetSize, *, reach: int) -> Size:
    """Return the size of the result, its aspect ratio kept.

    Parameters
    ----------
    height, width : int
        Of the picture, in px.
    target : TargetSize
    reach : int
        The network's scale.

    Returns
    -------
    Size
        The requested side is exact; the other is rounded to the nearest px (halves up), at least 1.

    Raises
    ------
    OptionError
        If it is larger than the network's output.
    """
    if target.longest is not None:
        target = TargetSize(**{"height" if height > width else "width": target.longest})
    if target.width is not None and target.height is not None:
        # The tighter of the two applies; compared without division, so exactly.
        by_width = target.width * height <= target.height * width
        target = TargetSize(width=target.width) if by_width else TargetSize(height=target.height)
    if target.width is not None:
        size = Size(_rounded(height * target.width, width), target.width)
    elif target.height is not None:
        size = Size(target.height, _rounded(width * target.height, height))
    else:
        size = Size(height * (target.scale or reach), width * (target.scale or reach))
    check_reach(height, width, size, reach=reach)
    return size


def check_reach(height: int, width: int, size: tuple[int, int], *, reach: int) -> None:
    """Check that the network can make a picture of ``height x width`` px as large as `size`.

    Raises
    ------
    OptionError
        If it cannot, or `size` is not positive.
    """
    if min(size) < 1:
        raise OptionError(f"A picture must be at least 1 x 1 px; received {size[0]} x {size[1]}.")
    if size[0] > height * reach or size[1] > width * reach:
        raise OptionError(
            f"This network enlarges ×{reach}, so it makes at most {height * reach:,} x {width * reach:,} px "
            f"(height x width) of this picture; choose a smaller size or a larger picture; "
            f"received {size[0]:,} x {size[1]:,} px."
        )


def _rounded(numerator: int, denominator: int) -> int:
    return max(1, (2 * numerator + denominator) // (2 * denominator))
