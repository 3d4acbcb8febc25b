"""What is measured at each scale, and what PSNR and SSIM do not see: sharpness and disturbing errors."""

import cv2
import numpy as np

from sr_core import metrics
from sr_core.metrics import Protocol
from sr_core.pixels import Pixels, luma

# Of an even picture, whose gradient is 0, in grey levels a px.
_FLAT = 1e-3
_PREWITT = np.array([[1, 0, -1]] * 3) / 3
_CONTRAST = 170.0  # the paper's T, for brightness in 0..255


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


def gmsd(original: Pixels, restored: Pixels) -> float:
    """Return the gradient magnitude similarity deviation: 0 for equal pictures, and the more the worse.

    Edges are compared place by place at half the size, and what counts is how unevenly they are off: a
    picture that is a little soft everywhere has less than one whose grain is drawn as worms, or whose skin
    has been ironed out between sharp edges. PSNR and SSIM prefer such skin to noise.

    Parameters
    ----------
    original, restored : (H, W, 3) ndarray of uint8 or uint16
        Of one size, at least 4 px high and wide. A last row or column of odd number is left out.

    References
    ----------
    W. Xue, L. Zhang, X. Mou, A. C. Bovik, "Gradient Magnitude Similarity Deviation: A Highly Efficient
    Perceptual Image Quality Index", IEEE TIP, 2014, arXiv 1308.3052.
    """
    first, second = _half_gradient(original), _half_gradient(restored)
    similarity = (2 * first * second + _CONTRAST) / (first**2 + second**2 + _CONTRAST)
    return float(similarity.std())


def _half_gradient(picture: Pixels) -> np.ndarray:
    # The authors' full-range grey, of which luma is 219/255.
    grey = (luma(picture) - 16) * (255 / 219)
    height, width = (length // 2 for length in grey.shape)
    half = grey[: 2 * height, : 2 * width].reshape(height, 2, width, 2).mean(axis=(1, 3))
    # Zeros around the picture, as in the authors' code.
    across, down = (cv2.filter2D(half, -1, k, borderType=cv2.BORDER_CONSTANT) for k in (_PREWITT, _PREWITT.T))
    return np.hypot(across, down)


# px of a corner that is scored to find out whether a picture is large enough: more than border and window.
_CORNER = 64


def protocols(scale: int) -> tuple[Protocol, Protocol]:
    """Return the protocols of a scale, the one that is quoted first.

    Enlargement is measured as papers do, on luma and shaving `scale` px, and on RGB with the same shave. At
    scale 1 the study's protocol comes first: RGB, the whole picture.
    """
    if scale == 1:
        return metrics.STUDY, metrics.standard(1)
    return metrics.standard(scale), Protocol("rgb", shave=scale)


def check_scorable(hr: np.ndarray, scale: int) -> None:
    """Check that a picture of this size can be scored under the protocols of a scale.

    Raises
    ------
    MeasurementError
        It is too small.
    """
    corner = np.asarray(hr[:_CORNER, :_CORNER])
    for protocol in protocols(scale):
        metrics.measure(corner, corner, protocol)
