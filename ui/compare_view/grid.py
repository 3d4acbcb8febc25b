"""The grid: any number of pictures at the same spot."""

from collections.abc import Sequence

from ui.compare_view.delivery import check_layers, send
from ui.compare_view.layers import Layer
from ui.compare_view.messages import check_height, mount, pack


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
