"""What is seen of pictures at a glance: small copies, and the spot at which a comparison opens."""

import base64
import io

import numpy as np
from PIL import Image

from sr_core import Picture
from sr_core.pixels import eight_bit

# Px of the window that is looked for: about what a browser shows at 1:1.
_HEIGHT, _WIDTH = 400, 640
# Samples along the longer side: more would find no better spot.
_SAMPLES = 512


def thinned(picture: Picture) -> Picture:
    """Return every so many pixels of a picture, enough to tell where it differs from another of its size."""
    step = _step(picture.height, picture.width)
    alpha = None if picture.alpha is None else picture.alpha[::step, ::step].copy()
    return Picture(picture.pixels[::step, ::step].copy(), alpha, grey=picture.grey)


def most_different(first: Picture, second: Picture) -> tuple[int, int]:
    """Return the middle (top, left) in px of the window in which two pictures of one size differ most.

    Parameters
    ----------
    first : Picture
    second : Picture
        As `thinned` leaves it.
    """
    step = _step(first.height, first.width)
    one = first.pixels[::step, ::step].astype(np.float32)
    difference = np.abs(one - second.pixels).mean(axis=2)
    if second.alpha is not None:
        difference *= second.alpha
    rows, columns = (
        min(size, max(1, window // step))
        for size, window in zip(difference.shape, (_HEIGHT, _WIDTH), strict=True)
    )
    # The sum over each window, from the sums over all rectangles that begin in the corner.
    corner = np.pad(difference.astype(np.float64), ((1, 0), (1, 0))).cumsum(0).cumsum(1)
    below, above = corner[rows:], corner[:-rows]
    sums = below[:, columns:] - above[:, columns:] - below[:, :-columns] + above[:, :-columns]
    top, left = divmod(int(sums.argmax()), sums.shape[1])
    return step * top + step * rows // 2, step * left + step * columns // 2


def _step(height: int, width: int) -> int:
    return max(1, max(height, width) // _SAMPLES)


def small_copy(picture: Picture, side: int) -> str:
    """Return a copy of at most ``side x side`` px as an address that holds it.

    Streamlit forgets a file as soon as the page is drawn without it: a slow browser may ask for it later.
    """
    image = Image.fromarray(eight_bit(picture.pixels))
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(eight_bit(picture.alpha)))
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "webp", quality=85, method=2)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
