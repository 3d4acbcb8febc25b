"""Train a network through its folded tail: the same function, gradients and files in less time."""

from typing import Any, cast

import keras

from sr_core import networks
from sr_core.folding import RING


def foldable(network: keras.Model, architecture: str) -> keras.Model:
    """Return `network` with training steps that compute its linear tail folded (`sr_core.folding`).

    Each step computes the kernel from the network's own layers, so that variables, checkpoints and `.h5` stay
    the same. The outermost LR pixel of each patch, for which folding is inexact, is left out of the loss.

    Parameters
    ----------
    network : keras.Model
        Its layers are shared.
    architecture : str
        A key of `sr_core.networks.NETWORKS`.

    Returns
    -------
    keras.Model
        `network` itself if there is nothing to fold.
    """
    folded = networks.architecture(architecture).folded(network, frozen=False, exact_border=False)
    if folded is network:
        return network
    # Not an attribute of the model, which Keras would save with it.
    return _FoldedTraining(network.input, network.output, name=network.name, folded=lambda: folded)


class _FoldedTraining(keras.Model):
    """A network whose training steps compute the same output through its folded tail."""

    def __init__(self, *args, folded: Any, **options):
        super().__init__(*args, **options)
        self._folded = folded

    def call(self, inputs, training=None, mask=None):
        if training:
            return self._folded()(inputs, training=True)
        return super().call(inputs, training=training, mask=mask)

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        if training:
            ring = RING * self._folded().get_layer("folded_tail").scale
            y, y_pred = (cast(Any, t)[:, ring:-ring, ring:-ring] for t in (y, y_pred))
        return super().compute_loss(x, y, y_pred, sample_weight, training)
