"""The protocols of each scale, and measures of what PSNR and SSIM miss: sharpness and visible artefacts."""

import cv2
import numpy as np

from sr_core import metrics
from sr_core.metrics import Protocol
from sr_core.pixels import Pixels, luma

# Grey levels a px. Stands for the gradient of an even picture, which is 0.
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

    A picture as sharp as its original has 1, a blurred one less, one with noise or false edges more: it says
    how much detail there is, not whether it is right.
    """
    return gradient(restored) / max(gradient(original), _FLAT)


def gmsd(original: Pixels, restored: Pixels) -> float:
    """Return the gradient magnitude similarity deviation: 0 for equal pictures, larger is worse.

    Edges are compared locally at half the size, and what counts is how unevenly they differ: a picture that
    is slightly soft everywhere has less than one whose grain became worm-like, or whose skin was smoothed
    out between sharp edges. PSNR and SSIM prefer such skin to noise.

    Parameters
    ----------
    original, restored : (H, W, 3) ndarray of uint8 or uint16
        Of one size, at least 4 px high and wide. The last row or column of an odd number is left out.

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


# px. Side of the corner that is scored to check a picture's size: more than border and window.
_CORNER = 64


def protocols(scale: int) -> tuple[Protocol, Protocol]:
    """Return the protocols of a scale, the one to quote first.

    Enlargement is measured as in papers, on luma with a shave of `scale` px, and on RGB with the same shave.
    At scale 1 the study's protocol comes first: RGB, the whole picture.
    """
    if scale == 1:
        return metrics.STUDY, metrics.standard(1)
    return metrics.standard(scale), Protocol("rgb", shave=scale)


def check_scorable(hr: np.ndarray, scale: int) -> None:
    """Raise if a picture is too small to be scored under the protocols of a scale.

    Raises
    ------
    MeasurementError
        It is too small.
    """
    corner = np.asarray(hr[:_CORNER, :_CORNER])
    for protocol in protocols(scale):
        metrics.measure(corner, corner, protocol)
