"""What a restored patch is compared with its original by, besides MAE and MSE. Backend-neutral.

Each takes ``(n, H, W, 3)`` RGB in [0, 1], original first, and returns the mean over the batch in float32.
"""

from collections.abc import Callable
from typing import Any

from keras import ops

from sr_core.pixels import LUMA_WEIGHTS
from training.recipes import Loss

# Of the frequencies, beside the pixels.
_FREQUENCIES = 0.1
# Of RGB, beside luma, which alone would leave the colours to chance.
_COLOURS = 0.1


def mae_and_frequencies(original: Any, restored: Any) -> Any:
    """MAE, and a little of the mean absolute difference of Fourier coefficients.

    MAE favours what is likely for each pixel by itself, which is blurred; a pattern that is out of place
    costs less among the frequencies. Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image
    Deblurring", ICCV 2021 (https://arxiv.org/abs/2108.05054); the transform is orthonormal here, so that its
    share does not depend on the size of the patches.
    """
    difference = _difference(original, restored)
    planes: Any = ops.transpose(difference, (0, 3, 1, 2))
    coefficients: Any = ops.fft2((planes, ops.zeros_like(planes)))
    real, imaginary = coefficients
    shape: Any = ops.shape(planes)
    height, width = shape[2:]
    size: Any = ops.sqrt(ops.cast(height * width, "float32"))
    frequencies = _mean(ops.abs(real)) + _mean(ops.abs(imaginary))
    return _mean(ops.abs(difference)) + _FREQUENCIES * frequencies / size


def luma_mse(original: Any, restored: Any) -> Any:
    """MSE of BT.601 luma, which PSNR is measured on, and a little of that of RGB."""
    difference = _difference(original, restored)
    luma: Any = ops.sum(difference * ops.convert_to_tensor(LUMA_WEIGHTS, "float32"), axis=-1)
    return _mean(ops.square(luma)) + _COLOURS * _mean(ops.square(difference))


def by_name(name: Loss) -> str | Callable[[Any, Any], Any]:
    """Return the loss of a recipe in the way that `keras.Model.compile` takes it."""
    return {"mae_fft": mae_and_frequencies, "luma_mse": luma_mse}.get(name, name)


def _difference(original: Any, restored: Any) -> Any:
    first: Any = ops.cast(restored, "float32")
    return first - ops.cast(original, "float32")


def _mean(values: Any) -> Any:  # Keras types it as optional
    return ops.mean(values)
