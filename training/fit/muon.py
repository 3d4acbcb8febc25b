"""Muon for networks of convolutions: the optimizer of the recipes `best`."""

from typing import Any

import keras
from keras import ops

from training.fit.averaging import Averaging

# Keras types these two more narrowly than it takes them.
_NO_DECAY: Any = None
_HALF: Any = 0.5

# Channels of a picture: Muon is for the kernels between the first and the last.
_PICTURE_CHANNELS = 3


class ConvolutionMuon(Averaging, keras.optimizers.Muon):
    """Muon (Jordan et al. 2024) on the kernels between the first and the last convolution, Adam on the rest.

    Keras' own Muon leaves all convolutions to Adam. Here a kernel (h, w, in, out) is treated as the matrix
    (h w in, out) that patches are multiplied by, and its momentum is orthogonalised by Newton-Schulz
    iterations: all directions of an update get the same length, so that rare ones are learnt as fast as
    common ones. The update is scaled to the size of Adam's (Liu et al. 2025, arXiv:2502.16982), so that one
    rate suits both. There is no weight decay.

    Parameters
    ----------
    learning_rate : float
    beta_2 : float
        Adam's second moment.
    options
        For `keras.optimizers.Optimizer`.
    """

    def __init__(self, learning_rate: float, *, beta_2: float, **options):
        super().__init__(
            learning_rate,
            adam_beta_2=beta_2,
            # At the same rate Adam's updates would be larger: Muon's are 0.2 in the mean square.
            adam_lr_ratio=_HALF,
            weight_decay=_NO_DECAY,
            adam_weight_decay=_NO_DECAY,
            **options,
        )

    def _should_use_adamw(self, variable) -> bool:
        return len(variable.shape) != 4 or min(variable.shape[2:]) <= _PICTURE_CHANNELS

    def _muon_update_step(self, gradient, variable, lr, m) -> None:
        self.assign_add(m, ops.add(gradient, m * (self.momentum - 1)))
        ahead = ops.add(gradient, self.momentum * m)
        matrix = ops.reshape(ahead, (-1, variable.shape[-1]))
        update = self.lr_adjust(lr * self.zeropower_via_newtonschulz5(matrix, self.ns_steps))
        self.assign_sub(variable, ops.reshape(update, variable.shape))
