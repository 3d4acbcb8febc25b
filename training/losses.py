"""The losses of adversarial training, on the raw logits of a discriminator. Backend-neutral.

Relativistic average GAN: the discriminator estimates how much likelier an original is to be one than the
average SR picture is, and the other way round. Jolicoeur-Martineau, "The relativistic discriminator: a key
element missing from standard GAN" (https://arxiv.org/abs/1807.00734); Wang et al., ESRGAN
(https://arxiv.org/abs/1809.00219), section 3.2. Each loss is the mean of its two halves, as in the authors'
code, where the paper's text adds them; so a weight of 5e-3 means what it means there. At a draw both losses
are ln 2 = 0.693.
"""

from collections.abc import Sequence
from typing import Any

from keras import ops


def relativistic(real: Any, fake: Any) -> tuple[Any, Any]:
    """Return the logits of originals and of SR pictures, each less the mean logit of the others.

    Parameters
    ----------
    real, fake : tensor
        ``(n, 1)`` logits of HR and of SR pictures.
    """
    return real - ops.mean(fake), fake - ops.mean(real)


def discriminator_loss(real: Any, fake: Any) -> Any:
    """Return how badly originals are told from SR pictures; parameters are those of `relativistic`."""
    real, fake = relativistic(real, fake)
    return (_surprise(real) + _surprise(-fake)) / 2


def adversarial_loss(real: Any, fake: Any) -> Any:
    """Return how well they are told apart, for the generator; parameters are those of `relativistic`.

    Unlike in a plain GAN the originals count too: their logits are compared with those of SR pictures.
    """
    real, fake = relativistic(real, fake)
    return (_surprise(-real) + _surprise(fake)) / 2


def probabilities(real: Any, fake: Any) -> tuple[Any, Any]:
    """Return D(real) and D(fake), each 0.5 at a draw; parameters are those of `relativistic`.

    D(real) is the mean probability that an original is one, seen beside the average SR picture; D(fake) that
    an SR picture is one, seen beside the average original.
    """
    real, fake = relativistic(real, fake)
    return ops.mean(ops.sigmoid(real)), ops.mean(ops.sigmoid(fake))


def feature_distance(of: Sequence[Any], to: Sequence[Any]) -> Any:
    """Return the mean absolute difference (L1) of feature maps, each map counting the same, in float32."""
    return sum(absolute_error(a, b) for a, b in zip(of, to, strict=True)) / len(of)


def absolute_error(a: Any, b: Any) -> Any:
    """Return the mean absolute difference (L1) of two tensors, in float32."""
    first: Any = ops.cast(a, "float32")
    return ops.mean(ops.abs(first - ops.cast(b, "float32")))


def _surprise(logits: Any) -> Any:
    # -log sigmoid(x), as softplus(-x): finite for every logit.
    return ops.mean(ops.softplus(-logits))
