"""How sharp a picture is, without asking whether it is right: what PSNR cannot see in a GAN's results."""

import numpy as np

from sr_core.pixels import Pixels, luma

# Of an even picture, whose gradient is 0, in grey levels a px.
_FLAT = 1e-3


def gradient(picture: Pixels) -> float:
    """Return the mean gradient magnitude of luma, in units of 0..255 a px.

    Parameters
    ----------
    picture : (H, W, 3) ndarray of uint8 or uint16
        At least 2 px high and wide. The gradient is by forward differences.
    """
    brightness = luma(picture)
    down = np.diff(brightness, axis=0)[:, :-1]
    right = np.diff(brightness, axis=1)[:-1]
    return float(np.hypot(down, right).mean())


def sharpness(original: Pixels, restored: Pixels) -> float:
    """Return the mean gradient magnitude of a restored picture's luma over that of its original.

    A picture that is as sharp as its original has 1, a blurred one less, and one with noise or false edges
    more: it says how much detail there is, not that it is the right one.
    """
    return gradient(restored) / max(gradient(original), _FLAT)
