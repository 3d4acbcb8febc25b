"""Standard sizes of screens and paper."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sr_core.sizing import Size, TargetSize

_INCH = 2.54  # cm
_PRINT = 300  # px per inch; at arm's length the eye cannot resolve pixels printed this small


@dataclass(frozen=True, slots=True)
class Preset:
    """A frame to fit a picture into, in portrait or landscape to match the picture.

    Attributes
    ----------
    longer, shorter : int
        Sides in px.
    inches : tuple of float or None
        The same sides on paper, in inches; None for a screen.
    """

    longer: int
    shorter: int
    inches: tuple[float, float] | None = None

    def target(self, height: int, width: int) -> TargetSize:
        """Return the target size of a picture of ``height x width`` px."""
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
"""By display name."""
