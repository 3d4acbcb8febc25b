"""Bicubic enlargement as sums of shifted pictures, whoever computes them.

Keys' cubic convolution with a = -0.5, as Pillow and MATLAB have it (see `sr_core.resize`). At the border the
kernel is cut and normalised again.
"""

REACH = 2
"""How far it sees, in px."""

_A = -0.5


def taps(scale: int) -> list[list[tuple[int, float]]]:
    """Return the offsets and factors of what is summed for each of the `scale` output px of an input px."""
    phases = []
    for phase in range(scale):
        centre = (phase + 0.5) / scale - 0.5  # of this output px, in input px from its cell
        factors = [(tap, _keys(abs(tap - centre))) for tap in range(-REACH, REACH + 1)]
        phases.append([(tap, factor) for tap, factor in factors if factor])
    return phases


def _keys(d: float) -> float:
    if d < 1:
        return (_A + 2) * d**3 - (_A + 3) * d**2 + 1
    return _A * d**3 - 5 * _A * d**2 + 8 * _A * d - 4 * _A if d < 2 else 0.0
