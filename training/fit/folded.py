"""Train a network through its folded tail: the same function, gradients and files in less time."""

from typing import Any

import keras

from sr_core import networks


def foldable(network: keras.Model, architecture: str) -> keras.Model:
    """Return `network` with training steps that compute its linear tail folded (`sr_core.folding`).

    Each step computes the kernel from the network's own layers, so that variables, checkpoints and `.h5` stay
    the same. The outermost LR pixels come from the unfolded layers, as in serving: left out of the loss, they
    drift away in a long run, and every enlarged picture gets a border of wrong pixels.

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
    folded = networks.architecture(architecture).folded(network, frozen=False)
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
