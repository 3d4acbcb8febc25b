"""The networks by name, with their layers, receptive radius and grid. Importing this is cheap.

Each network takes an LR batch ``(n, h, w, 3)`` of RGB in [0, 1] and returns ``(n, h*scale, w*scale, 3)``,
so that no caller needs to know which one it has.
"""

import inspect
import math
import reprlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sr_core.errors import OptionError
from sr_core.networks import autoencoder, edsr, esrgan, srcnn, vdsr
from sr_core.networks.builder import Builder, Outline

if TYPE_CHECKING:
    import keras

SCALES = (1, 2, 3, 4)


@dataclass(frozen=True, slots=True)
class Architecture:
    """A kind of network.

    Attributes
    ----------
    title : str
        Display name.
    layers : callable
        Describes the layers to a `Builder`.
    receptive_radius : callable
        Returns how far, in LR px, an output pixel can see.
    grid : int
        Windows of a picture begin at multiples of this many LR px.
    has_linear_tail : bool
        Whether the tail can be folded; see `sr_core.folding`.
    keras_only : bool
        Whether it has layers that only the Keras builder makes, so that it runs under TensorFlow only.
    """

    title: str
    layers: Callable[..., Any]
    receptive_radius: Callable[..., int]
    grid: int = 1
    has_linear_tail: bool = False
    keras_only: bool = False

    def folded(self, network: "keras.Model", **options: bool) -> "keras.Model":
        """Return a network that computes the same with less work; see `sr_core.networks.folded_tail.folded`.

        If there is nothing to fold, it is `network` itself.
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
    "edsr": Architecture("EDSR", edsr.edsr, edsr.receptive_radius, has_linear_tail=True),
}

_registered: dict[str, Architecture] = {}


def register(name: str, architecture: Architecture) -> None:
    """Add a network to this process that is not in `NETWORKS`; `build`, cards and `Upscaler` accept it.

    Raises
    ------
    OptionError
        There is another network of that name.
    """
    if {**NETWORKS, **_registered}.setdefault(name, architecture) is not architecture:
        raise OptionError(f"There is already a network of that name; received {name!r}.")
    _registered[name] = architecture


def architecture(name: str) -> Architecture:
    """Return the architecture called `name`, or raise `OptionError`."""
    try:
        return {**NETWORKS, **_registered}[name]
    except KeyError:
        known = ", ".join(NETWORKS)
        raise OptionError(
            f"There is no network of that name; choose one of: {known}; received {name!r}."
        ) from None


def check(name: str, hyperparameters: Mapping[str, Any]) -> None:
    """Check the names and types of hyper-parameters.

    Raises
    ------
    OptionError
        Unknown network or hyper-parameter, or a value of another type than the default.
    """
    own = inspect.signature(architecture(name).layers).parameters.values()
    defaults = {p.name: p.default for p in own if p.kind is p.KEYWORD_ONLY and p.name != "scale"}
    for key, value in hyperparameters.items():
        if key not in defaults:
            raise OptionError(
                f"The network {name} has no such hyper-parameter; it has {', '.join(defaults)}; "
                f"received {reprlib.repr(key)}."
            )
        if not _same_kind(value, defaults[key]):
            raise OptionError(
                f"The hyper-parameter {key} of {name} is something like {defaults[key]}, and above 0; "
                f"received {reprlib.repr(value)}."
            )


def _same_kind(value: object, default: object) -> bool:
    if isinstance(default, tuple):
        if not isinstance(value, list | tuple) or len(value) != len(default):
            return False
        return all(_same_kind(*pair) for pair in zip(value, default, strict=True))
    # Not isinstance, because True is an int.
    if type(value) is int:
        return value > 0
    return type(value) is float and isinstance(default, float) and math.isfinite(value) and value > 0


def describe(name: str, builder: Builder, lr: Any, /, *, scale: int, **hyperparameters: Any) -> Any:
    """Describe the layers of the network `name` to `builder`, and return its output.

    Parameters
    ----------
    name : str
        A key of `NETWORKS`, or a registered name.
    builder : Builder
    lr : tensor
        The input, as `builder` represents an LR batch.
    scale : {1, 2, 3, 4}
        Enlargement.
    **hyperparameters
        Of the network, e.g. ``blocks=16, channels=64``.

    Raises
    ------
    OptionError
        The scale is unknown; or see `check`.
    """
    if type(scale) is not int or scale not in SCALES:
        raise OptionError(f"A network's scale is one of 1, 2, 3 and 4; received {scale!r}.")
    check(name, hyperparameters)
    return architecture(name).layers(builder, lr, scale=scale, **hyperparameters)


def outline(name: str, /, *, scale: int, **hyperparameters: Any) -> Outline:
    """Return the shapes and the cost of a network without building it; see `describe`.

    Raises
    ------
    OptionError
        See `describe`; or the network would be unreasonably large.
    """
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
    outline(name, scale=scale, **hyperparameters)  # refuses networks that are too large
    import keras

    from sr_core.networks.keras_builder import KerasBuilder

    lr = keras.Input((None, None, 3), name="lr")
    sr = describe(name, KerasBuilder(dtype), lr, scale=scale, **hyperparameters)
    return keras.Model(lr, sr, name=f"{name}_x{scale}")
