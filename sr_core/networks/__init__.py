"""The networks, by name. Importing this package imports Keras.

Each network takes an LR batch ``(n, h, w, 3)`` of RGB in [0, 1] and returns ``(n, h*scale, w*scale, 3)``,
so that no caller ever asks which one it has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import keras

from sr_core.errors import OptionError
from sr_core.networks import autoencoder, edsr, esrgan, srcnn, vdsr

SCALES = (1, 2, 3, 4)


def _any_pixel(**_: object) -> int:
    return 1


def _as_it_is(network: keras.Model, **_: bool) -> keras.Model:
    return network


@dataclass(frozen=True, slots=True)
class Architecture:
    """How to build one kind of network, what people call it, how far it sees, and where it may begin.

    `grid` tells what a window of a picture must begin at multiples of, in LR px. `folded` returns a network
    that computes the same with less work, where there is one: see `sr_core.networks.edsr.folded`.
    """

    title: str
    build: Callable[..., keras.Model]
    receptive_radius: Callable[..., int]
    grid: Callable[..., int] = _any_pixel
    folded: Callable[..., keras.Model] = _as_it_is


NETWORKS: Mapping[str, Architecture] = {
    "srcnn": Architecture("SRCNN", srcnn.srcnn, srcnn.receptive_radius),
    "vdsr": Architecture("VDSR", vdsr.vdsr, vdsr.receptive_radius),
    "esrgan": Architecture("ESRGAN", esrgan.esrgan, esrgan.receptive_radius),
    "autoencoder": Architecture("Autoencoder", autoencoder.autoencoder, autoencoder.receptive_radius),
    "edsr": Architecture("EDSR", edsr.edsr, edsr.receptive_radius, edsr.grid, edsr.folded),
}


def architecture(name: str) -> Architecture:
    """Return the architecture called `name`, or raise `OptionError`."""
    try:
        return NETWORKS[name]
    except KeyError:
        known = ", ".join(NETWORKS)
        raise OptionError(
            f"There is no network of that name; choose one of: {known}; received {name!r}."
        ) from None


def build(name: str, *, scale: int, dtype: str = "float32", **hyperparameters: Any) -> keras.Model:
    """Build the network `name` with fresh weights.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`.
    scale : {1, 2, 3, 4}
        Enlargement.
    dtype : str
        Keras dtype policy of the computation.
    **hyperparameters
        What the network's own builder takes, e.g. ``blocks=16, channels=64``.

    Raises
    ------
    OptionError
        Unknown network, scale or hyper-parameter.
    """
    if scale not in SCALES:
        raise OptionError(f"A network's scale is one of 1, 2, 3 and 4; received {scale!r}.")
    try:
        return architecture(name).build(scale=scale, dtype=dtype, **hyperparameters)
    except TypeError as error:
        raise OptionError(f"The network {name} cannot be built with these settings: {error}") from error


def multiply_adds(network: keras.Model, *, size: int = 32) -> int:
    """Return the multiply-adds that `network` spends per LR pixel in its convolutions.

    Counted over a ``size x size`` LR picture, which every stride of the network should divide.
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def trace(layer: keras.layers.Layer, *args: Any, **kwargs: Any) -> Any:
        outputs = layer(*args, **kwargs)
        if isinstance(layer, keras.layers.Conv2D):
            shapes[layer.name] = outputs.shape
        return outputs

    keras.models.clone_model(
        network,
        input_tensors=keras.Input((size, size, 3)),
        call_function=trace,
        clone_function=lambda layer: layer,
    )
    total = 0
    for layer_name, (_, height, width, _) in shapes.items():
        kernel_height, kernel_width, channels_in, channels_out = network.get_layer(layer_name).kernel.shape
        total += height * width * kernel_height * kernel_width * channels_in * channels_out
    return total // (size * size)
