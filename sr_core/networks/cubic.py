"""Bicubic enlargement as weighted sums of shifted pictures, for any engine.

Keys' cubic convolution with a = -0.5, as in Pillow and MATLAB (see `sr_core.resize`). At the border the
kernel is truncated and normalised again.
"""

REACH = 2
"""Radius of the kernel, in px."""

_A = -0.5


def taps(scale: int) -> list[list[tuple[int, float]]]:
    """Return the offsets and factors of the sum for each of the `scale` output px of an input px."""
    phases = []
    for phase in range(scale):
        centre = (phase + 0.5) / scale - 0.5  # of the output px, relative to its input px
        factors = [(tap, _keys(abs(tap - centre))) for tap in range(-REACH, REACH + 1)]
        phases.append([(tap, factor) for tap, factor in factors if factor])
    return phases


def _keys(d: float) -> float:
    if d < 1:
        return (_A + 2) * d**3 - (_A + 3) * d**2 + 1
    return _A * d**3 - 5 * _A * d**2 + 8 * _A * d - 4 * _A if d < 2 else 0.0
