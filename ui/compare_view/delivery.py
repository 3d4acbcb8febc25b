"""Which messages bring the layers of a view to the browser."""

from collections.abc import Iterator, Sequence

import streamlit as st

from sr_core import MeasurementError, OptionError
from ui.compare_view.layers import Layer
from ui.compare_view.messages import Part, mount, pack


def check_layers(layers: Sequence[Layer]) -> None:
    """Check that layers can be chosen from, or stand side by side.

    Raises
    ------
    MeasurementError
        They differ in size.
    OptionError
        There is none, or two have the same label.
    """
    if not layers:
        raise OptionError("There must be a picture to show on each side; received none.")
    labels = [layer.label for layer in layers]
    if len(set(labels)) < len(labels):
        raise OptionError(f"Pictures that can be chosen from need different names; received {labels}.")
    for layer in layers[1:]:
        check_sizes(layers[0], layer)


def check_sizes(first: Layer, second: Layer) -> None:
    """Check that two layers can be laid over each other.

    Raises
    ------
    MeasurementError
        They differ in size.
    """
    if first.size != second.size:
        raise MeasurementError(
            "Only pictures of the same size can be laid over each other; enlarge one of them first. "
            f"Received: {first.label} {first.size.width}x{first.size.height}, "
            f"{second.label} {second.size.width}x{second.size.height} px (width x height)"
        )


def bases(layers: Sequence[Layer]) -> Iterator[Part]:
    """Yield the base of each layer, but none twice."""
    yield from {layer.id: layer.part for layer in layers}.values()


def send(layers: Sequence[Layer], *, key: str, with_bases: bool) -> None:
    """Send tiles, and if asked the bases, in messages below the view called `key`."""
    different = {layer.id: layer for layer in layers}.values()
    if not with_bases and not any(layer.cargo for layer in different):
        return
    with st.container(gap=None):  # of no height
        for layer in different:
            messages = [pack({}, [layer.part])] if with_bases else []
            for index, message in enumerate([*messages, *layer.cargo]):
                mount("cargo", message, key=f"{key}_{layer.id}_{index}")
