"""Sizes that something else dictates: a screen, or paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sr_core.sizing import Size, TargetSize

_INCH = 2.54  # cm
_PRINT = 300  # px per inch, at which printed pixels cannot be told apart at arm's length


@dataclass(frozen=True, slots=True)
class Preset:
    """A frame that a picture is to fill as far as its shape allows, upright or lying as the picture is.

    Attributes
    ----------
    longer, shorter : int
        Sides in px.
    inches : tuple of float or None
        The same sides on paper.
    """

    longer: int
    shorter: int
    inches: tuple[float, float] | None = None

    def target(self, height: int, width: int) -> TargetSize:
        """Return the size that a picture of ``height x width`` px is to have."""
        if height > width:
            return TargetSize(height=self.longer, width=self.shorter)
        return TargetSize(height=self.shorter, width=self.longer)

    def dpi(self, size: Size) -> float | None:
        """Return the px per inch at which a picture fills the paper; None for a screen."""
        if self.inches is None:
            return None
        longer, shorter = self.inches
        return max(max(size) / longer, min(size) / shorter)


def _paper(longer: float, shorter: float) -> Preset:
    inches = longer / _INCH, shorter / _INCH
    return Preset(round(inches[0] * _PRINT), round(inches[1] * _PRINT), inches)


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "4K screen": Preset(3840, 2160),
        "Print 10 × 15 cm": _paper(15, 10),
        "Print A4": _paper(29.7, 21),
    }
)
"""By the names that people know them by."""
