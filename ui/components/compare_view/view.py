"""The views: two pictures before and after each other, or any number in a grid."""

from collections.abc import Sequence

from service.layers import Layer, file_layer, pack
from ui.components.compare_view.messages import (
    bases,
    check_height,
    check_layers,
    check_sizes,
    mount,
    send,
)


def compare_view(
    before: bytes, after: bytes, *, before_label: str, after_label: str, key: str, height: int = 560
) -> None:
    """Show two PNG files of the same size for comparison, pixel by pixel.

    The browser gets both files unchanged, and decodes both as a whole: pictures of more than
    `service.layers.LARGEST_WHOLE` pixels should go through `layer_of` and `compare_layers`.

    Parameters
    ----------
    before, after : bytes
        PNG files with the same width and height, for example the bicubic enlargement and the network's
        result.
    before_label, after_label : str
        What the pictures are called on screen. Any text; it is never read as HTML.
    key : str
        Identifies this view among the elements of the page.
    height : int
        Largest height of the picture area, in CSS px. Wide pictures and low windows make it lower.

    Raises
    ------
    UnreadablePictureError
        One of the two is not a PNG file.
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        Both files together exceed what the server may send in one message (``server.maxMessageSize``).
    OptionError
        A label is blank, or the height is too small to show anything.
    """
    first, second = file_layer(before, before_label, "before"), file_layer(after, after_label, "after")
    compare_layers([first], [second], key=key, height=height)


def compare_layers(
    before: Sequence[Layer], after: Sequence[Layer], *, key: str, height: int = 560, apart: bool = False
) -> None:
    """Show two pictures for comparison, pixel by pixel, each of a person's choice.

    A rerun with the same pictures keeps zoom, pan, slider and choice; other pictures of the same size keep
    them too, so that several results can be compared at one spot.

    Parameters
    ----------
    before, after : sequence of Layer
        What can be chosen on each side, the first to begin with. All are drawn at one size.
    key : str
        Identifies this view among the elements of the page.
    height : int
        Largest height of the picture area, in CSS px.
    apart : bool
        Send each picture in a message of its own, so that one more does not send all again. Otherwise they
        come with the view, and only tiles apart.

    Raises
    ------
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        A message exceeds what the server may send (``server.maxMessageSize``).
    OptionError
        There is nothing to choose from on one side, two pictures of one side have the same label, or the
        height is too small to show anything.
    """
    check_layers(before)
    check_layers(after)
    check_sizes(before[0], after[0])
    check_height(height)
    layers = [*before, *after]
    header = {
        "maxHeight": height,
        "width": layers[0].size.width,
        "height": layers[0].size.height,
        "before": [layer.described() for layer in before],
        "after": [layer.described() for layer in after],
    }
    mount("compare", pack(header, () if apart else bases(layers)), key=key)
    send(layers, key=key, with_bases=apart)


def compare_grid(layers: Sequence[Layer], *, key: str, height: int = 420) -> None:
    """Show pictures of one size in a grid, with one zoom and one spot for all.

    Each picture travels in a message of its own, so that one more does not send all again; and a rerun keeps
    zoom and spot.

    Parameters
    ----------
    layers : sequence of Layer
        Above each stand its label and its caption.
    key : str
        Identifies this view among the elements of the page.
    height : int
        Largest height of one picture, in CSS px.

    Raises
    ------
    MeasurementError
        The pictures differ in size.
    PictureTooLargeError
        A picture exceeds what the server may send in one message (``server.maxMessageSize``).
    OptionError
        There are no pictures, two have the same label, or the height is too small to show anything.
    """
    check_layers(layers)
    check_height(height)
    header = {
        "maxHeight": height,
        "width": layers[0].size.width,
        "height": layers[0].size.height,
        "layers": [layer.described() for layer in layers],
    }
    mount("grid", pack(header, ()), key=key)
    send(layers, key=key, with_bases=True)
