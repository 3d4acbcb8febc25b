"""Builds the Keras model of a network from its description."""

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
from keras import layers, ops

from sr_core.networks.builder import GLOROT_UNIFORM, Builder, Initializer, PassThroughInitializer
from sr_core.networks.layers import BicubicUpscale, PixelShuffle, shift


class KerasBuilder(Builder):
    """See `Builder`; tensors are symbolic Keras tensors.

    Parameters
    ----------
    dtype : str
        Keras dtype policy, ``"float32"`` or ``"mixed_bfloat16"``,, for layers that are not exact.
    """

    def __init__(self, dtype: str):
        self._dtype = dtype

    def conv(
        self,
        x: Any,
        channels: int,
        side: int,
        name: str,
        *,
        stride: int = 1,
        relu: bool = False,
        exact: bool = False,
        initializer: Initializer = GLOROT_UNIFORM,
    ) -> Any:
        # A new one for each layer, because an initializer gives the same numbers at each call.
        # Keras' type hints allow only names of initializers.
        own: Any = "glorot_uniform" if initializer == GLOROT_UNIFORM else _keras_initializer(initializer)
        layer = layers.Conv2D(
            channels,
            side,
            strides=stride,
            padding="same",
            activation="relu" if relu else None,
            kernel_initializer=own,
            name=name,
            dtype=self._precision(exact),
        )
        return layer(x)

    def leaky_relu(self, x: Any, slope: float, name: str) -> Any:
        return layers.LeakyReLU(slope, name=name, dtype=self._dtype)(x)

    def scaled(self, x: Any, factor: float, name: str) -> Any:
        return layers.Rescaling(factor, name=name, dtype=self._dtype)(x)

    def add(self, a: Any, b: Any, name: str, *, exact: bool = False) -> Any:
        return layers.Add(name=name, dtype=self._precision(exact))([a, b])

    def concatenate(self, tensors: Sequence[Any], name: str) -> Any:
        return layers.Concatenate(name=name, dtype=self._dtype)(list(tensors))

    def shuffle(self, x: Any, scale: int, name: str) -> Any:
        return PixelShuffle(scale, name=name, dtype=self._dtype)(x)

    def nearest(self, x: Any, scale: int, name: str) -> Any:
        return layers.UpSampling2D(scale, interpolation="nearest", name=name, dtype=self._dtype)(x)

    def bicubic(self, x: Any, scale: int, name: str) -> Any:
        return BicubicUpscale(scale, name=name)(x)

    def shift(self, x: Any, offset: Sequence[float], name: str) -> Any:
        return shift(list(offset), name=name)(x)

    def _precision(self, exact: bool) -> str:
        return "float32" if exact else self._dtype


@keras.saving.register_keras_serializable(package="superres")
class PassThrough(keras.initializers.Initializer):
    """Passes the three colours through a convolution unchanged, beside ordinary random weights.

    A network of such convolutions begins as the identity (SRCNN: as bicubic interpolation), and needs no
    training to learn that.

    Parameters
    ----------
    gain : float
        Factor on the usual variance of the random weights.
    """

    def __init__(self, gain: float = 1.0):
        self.gain = gain
        self._random = keras.initializers.VarianceScaling(gain, mode="fan_avg", distribution="uniform")

    def __call__(self, shape, dtype=None):
        height, width, channels_in, channels_out = shape
        colours = min(3, channels_in, channels_out)
        identity = np.zeros(shape, np.float32)
        for c in range(colours):
            identity[height // 2, width // 2, c, c] = 1
        if channels_out == colours:  # the last convolution: adds what the others found
            return identity + self._random(shape, dtype)
        passing = np.arange(channels_out) < colours
        return ops.where(passing, identity, self._random(shape, dtype))

    def get_config(self):
        return {"gain": self.gain}


def _keras_initializer(initializer: Initializer) -> keras.initializers.Initializer:
    if isinstance(initializer, PassThroughInitializer):
        return PassThrough(initializer.gain)
    return keras.initializers.VarianceScaling(
        initializer.variance, mode=initializer.mode, distribution=initializer.distribution
    )
