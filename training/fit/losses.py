"""Pixel losses and adversarial losses. Backend-neutral.

Pixel losses take ``(n, H, W, 3)`` RGB in [0, 1], original first, and return the mean over the batch in
float32. Adversarial losses take the raw logits of a discriminator.

Relativistic average GAN: the discriminator estimates how much more likely an original is to be real than the
average SR picture, and vice versa. Jolicoeur-Martineau, "The relativistic discriminator: a key
element missing from standard GAN" (https://arxiv.org/abs/1807.00734); Wang et al., ESRGAN
(https://arxiv.org/abs/1809.00219), section 3.2. Each loss is the mean of its two halves, as in the authors'
code, where the paper's text adds them; so a weight of 5e-3 means the same as there. At a draw both losses
are ln 2 = 0.693.
"""

from collections.abc import Callable, Sequence
from typing import Any

from keras import ops

from sr_core.pixels import LUMA_WEIGHTS
from training.fit.recipe import Loss

# Weight of the frequencies beside the pixels.
_FREQUENCIES = 0.1
# Weight of RGB beside luma, which alone would leave the colours to chance.
_COLOURS = 0.1


def relativistic(real: Any, fake: Any) -> tuple[Any, Any]:
    """Return the logits of originals and of SR pictures, each less the mean logit of the others.

    Parameters
    ----------
    real, fake : tensor
        ``(n, 1)`` logits of HR and of SR pictures.
    """
    return real - ops.mean(fake), fake - ops.mean(real)


def discriminator_loss(real: Any, fake: Any) -> Any:
    """Return the loss of the discriminator; parameters are those of `relativistic`."""
    real, fake = relativistic(real, fake)
    return (_negative_log_sigmoid(real) + _negative_log_sigmoid(-fake)) / 2


def adversarial_loss(real: Any, fake: Any) -> Any:
    """Return the adversarial loss of the generator; parameters are those of `relativistic`.

    Unlike in a plain GAN the originals count too: their logits are compared with those of SR pictures.
    """
    real, fake = relativistic(real, fake)
    return (_negative_log_sigmoid(-real) + _negative_log_sigmoid(fake)) / 2


def probabilities(real: Any, fake: Any) -> tuple[Any, Any]:
    """Return D(real) and D(fake), each 0.5 at a draw; parameters are those of `relativistic`.

    D(real) is the mean probability that an original is real, compared with the average SR picture; D(fake)
    that an SR picture is, compared with the average original.
    """
    real, fake = relativistic(real, fake)
    return ops.mean(ops.sigmoid(real)), ops.mean(ops.sigmoid(fake))


def feature_distance(of: Sequence[Any], to: Sequence[Any]) -> Any:
    """Return the mean absolute difference (L1) of feature maps, each weighted equally, in float32."""
    return sum(absolute_error(a, b) for a, b in zip(of, to, strict=True)) / len(of)


def absolute_error(a: Any, b: Any) -> Any:
    """Return the mean absolute difference (L1) of two tensors, in float32."""
    first: Any = ops.cast(a, "float32")
    return ops.mean(ops.abs(first - ops.cast(b, "float32")))


def _negative_log_sigmoid(logits: Any) -> Any:
    # -log sigmoid(x) as softplus(-x), which is finite for every logit.
    return ops.mean(ops.softplus(-logits))


def mae_and_frequencies(original: Any, restored: Any) -> Any:
    """MAE, plus a little of the mean absolute difference of Fourier coefficients.

    MAE favours what is likely for each pixel on its own, which is blurred; a displaced pattern costs less
    among the frequencies. Cho et al., "Rethinking Coarse-to-Fine Approach in Single Image
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
    """MSE of BT.601 luma, on which PSNR is measured, plus a little of that of RGB."""
    difference = _difference(original, restored)
    luma: Any = ops.sum(difference * ops.convert_to_tensor(LUMA_WEIGHTS, "float32"), axis=-1)
    return _mean(ops.square(luma)) + _COLOURS * _mean(ops.square(difference))


def by_name(name: Loss) -> str | Callable[[Any, Any], Any]:
    """Return the loss called `name` as `keras.Model.compile` takes it."""
    return {"mae_fft": mae_and_frequencies, "luma_mse": luma_mse}.get(name, name)


def _difference(original: Any, restored: Any) -> Any:
    first: Any = ops.cast(restored, "float32")
    return first - ops.cast(original, "float32")


def _mean(values: Any) -> Any:  # Keras types it as optional
    return ops.mean(values)
