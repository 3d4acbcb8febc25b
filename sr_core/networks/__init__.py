"""The networks, by name: what each is, how far it sees, and where it may begin. Importing this is cheap.

Each network takes an LR batch ``(n, h, w, 3)`` of RGB in [0, 1] and returns ``(n, h*scale, w*scale, 3)``,
so that no caller ever asks which one it has.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sr_core.errors import OptionError
from sr_core.networks import autoencoder, edsr, esrgan, srcnn, vdsr
from sr_core.networks.builder import Builder, Outline

if TYPE_CHECKING:
    import keras

SCALES = (1, 2, 3, 4)


def _any_pixel(**_: object) -> int:
    return 1


@dataclass(frozen=True, slots=True)
class Architecture:
    """One kind of network, and what people call it.

    `layers` describes it to a `Builder`; `grid` tells what a window of a picture must begin at multiples of,
    in LR px.
    """

    title: str
    layers: Callable[..., Any]
    receptive_radius: Callable[..., int]
    grid: Callable[..., int] = _any_pixel
    has_linear_tail: bool = False

    def folded(self, network: "keras.Model", **options: bool) -> "keras.Model":
        """Return a network that computes the same with less work; see `sr_core.networks.folded_tail.folded`.

        That is `network` itself where there is nothing to fold.
        """
        if not self.has_linear_tail:
            return network
        from sr_core.networks import folded_tail

        return folded_tail.folded(network, **options)


NETWORKS: Mapping[str, Architecture] = {
    "srcnn": Architecture("SRCNN", srcnn.srcnn, srcnn.receptive_radius),
    "vdsr": Architecture("VDSR", vdsr.vdsr, vdsr.receptive_radius),
    "esrgan": Architecture("ESRGAN", esrgan.esrgan, esrgan.receptive_radius),
    "autoencoder": Architecture("Autoencoder", autoencoder.autoencoder, autoencoder.receptive_radius),
    "edsr": Architecture("EDSR", edsr.edsr, edsr.receptive_radius, edsr.grid, has_linear_tail=True),
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


def describe(name: str, builder: Builder, lr: Any, /, *, scale: int, **hyperparameters: Any) -> Any:
    """Tell `builder` the layers of the network `name`, and return its output.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`.
    builder : Builder
    lr : tensor
        The input: what `builder` makes of an LR batch.
    scale : {1, 2, 3, 4}
        Enlargement.
    **hyperparameters
        What the network's own function takes, e.g. ``blocks=16, channels=64``.

    Raises
    ------
    OptionError
        Unknown network, scale or hyper-parameter.
    """
    if scale not in SCALES:
        raise OptionError(f"A network's scale is one of 1, 2, 3 and 4; received {scale!r}.")
    try:
        return architecture(name).layers(builder, lr, scale=scale, **hyperparameters)
    except (TypeError, ValueError) as error:
        raise OptionError(f"The network {name} cannot be built with these settings: {error}") from error


def outline(name: str, /, *, scale: int, **hyperparameters: Any) -> Outline:
    """Return the shapes and the cost of a network without building it; see `describe`."""
    counted = Outline()
    describe(name, counted, Outline.LR, scale=scale, **hyperparameters)
    return counted


def build(name: str, /, *, scale: int, dtype: str = "float32", **hyperparameters: Any) -> "keras.Model":
    """Build the network `name` as a Keras model with fresh weights.

    It maps ``(n, h, w, 3)`` RGB in [0, 1] to ``(n, h*scale, w*scale, 3)``; input and output are float32.

    Parameters
    ----------
    dtype : str
        Keras dtype policy of the computation, ``"float32"`` or ``"mixed_bfloat16"``.
    name, scale, **hyperparameters
        See `describe`.
    """
    import keras

    from sr_core.networks.keras_builder import KerasBuilder

    lr = keras.Input((None, None, 3), name="lr")
    sr = describe(name, KerasBuilder(dtype), lr, scale=scale, **hyperparameters)
    return keras.Model(lr, sr, name=f"{name}_x{scale}")
