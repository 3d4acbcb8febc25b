"""Reads the numbers in a ``.h5`` written by Keras: of weights alone, or of a whole Keras 2 or 3 model.

Keras is not used, so that every engine reads the same files, and nothing in them is ever turned into code.
"""

import io
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import h5py

Shape = tuple[int, ...]

DAMAGED = (OSError, ValueError, KeyError, TypeError, AttributeError, RuntimeError, OverflowError)
"""What h5py raises for a damaged file, or one that lacks what is read."""


class Convolution(NamedTuple):
    """A kernel, ``(h, w, in, out)``, and a bias, ``(out,)``, in float32."""

    kernel: np.ndarray
    bias: np.ndarray


def read(data: bytes, kernels: Mapping[str, Shape]) -> dict[str, Convolution]:
    """Read the convolutions of a network.

    Parameters
    ----------
    data : bytes
        The content of the ``.h5``.
    kernels : mapping
        The expected shape of each kernel by layer name, in the network's order. Keras numbers the layers of a
        file in that order, whatever their names there.

    Raises
    ------
    DAMAGED
        The file is damaged, or is that of another network.
    """
    import h5py

    with h5py.File(io.BytesIO(data)) as file:
        layers = list(_layers(file))
        if len(layers) != len(kernels):
            raise ValueError(f"{len(layers)} layers with weights instead of {len(kernels)}")
        read = {}
        for (name, shape), (kernel, bias) in zip(kernels.items(), layers, strict=True):
            read[name] = Convolution(_array(file, kernel, shape), _array(file, bias, shape[-1:]))
        return read


def _layers(file: "h5py.File") -> Iterator[list["h5py.Dataset"]]:
    """Yield the variables of each layer that has any."""
    top: Any = file.get("model_weights", file)
    if names := _names(top, "layer_names"):  # by Keras 2, or of a whole model
        groups: Iterable[Any] = (top[name] for name in names)
        layers = [[group[name] for name in _names(group, "weight_names")] for group in groups]
    else:
        # "_layer..." before Keras 3.
        top = file["layers"] if "layers" in file else file["_layer_checkpoint_dependencies"]
        groups = (top[name].get("vars", {}) for name in sorted(top, key=_number))
        layers = [[group[name] for name in sorted(group, key=int)] for group in groups]
    return (layer for layer in layers if layer)


def _names(group: "h5py.Group", attribute: str) -> list[str]:
    """Return a list of names, which Keras splits into numbered parts if it is long."""
    attributes = group.attrs
    parts = [attribute] if attribute in attributes else []
    while (part := f"{attribute}{len(parts)}") in attributes:
        parts.append(part)
    names: list[Any] = [name for part in parts for name in np.asarray(attributes[part])]
    return [name.decode() if isinstance(name, bytes) else str(name) for name in names]


def _number(layer: str) -> tuple[str, int]:
    """Return a sort key for conv2d, conv2d_1, ... conv2d_10 in numerical order."""
    match = re.fullmatch(r"(.*?)(?:_(\d+))?", layer)
    return (match[1], int(match[2] or 0)) if match else (layer, 0)


def _array(file: "h5py.File", dataset: "h5py.Dataset", shape: Shape) -> np.ndarray:
    # A file may claim any size, or refer to other files of this machine.
    if dataset.shape != shape:
        raise ValueError(f"{dataset.name} has the shape {dataset.shape} instead of {shape}")
    if dataset.file != file or dataset.external or dataset.is_virtual:
        raise ValueError(f"{dataset.name} lies in another file")
    return dataset[()].astype(np.float32)
