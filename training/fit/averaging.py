"""The moving average of a network's weights: validated and exported, while the raw ones are trained."""

import keras
import numpy as np


class Averaging:
    """A mixin for optimizers that keep a moving average: `fit` leaves the raw weights in the network.

    Keras overwrites them with the average whenever `fit` ends. A run calls `fit` once for each phase, so it
    would go on from other weights than one that resumes from its checkpoint. Under JAX the network and the
    average would also share their arrays, and a step fails that is given the same array twice.
    """

    def finalize_variable_values(self, var_list) -> None:
        """Do nothing; see `averaged_weights`."""


def averaged_weights(model: keras.Model, optimizer: keras.optimizers.Optimizer) -> list[np.ndarray]:
    """Return the moving average of the weights if the optimizer keeps one, else the weights themselves."""
    current = model.get_weights()
    keras.optimizers.Optimizer.finalize_variable_values(optimizer, model.trainable_variables)
    averaged = model.get_weights()
    model.set_weights(current)
    return averaged
