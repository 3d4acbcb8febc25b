"""White stays white and grey stays grey: flat and grey areas are kept exactly.

In an area of one colour a network's output is close to that colour, but not equal: up to 8 levels of 255 off
for a pure red, green or blue, even in float32; a level or two for white in bfloat16; and more where it sees
the zeros that its convolutions put around the picture. And it tints grey pictures where it misreads lines: up
to 82 levels were seen in line art. So the result is corrected, whatever network, engine and precision it came
from. The alternatives fall short: computing the last convolution in float32 leaves float32's own errors, and
a correction towards the LR picture (back-projection) leaves the pattern within each LR pixel, and brings back
the noise of noisy LR pictures.

Both rules look only at the LR picture and apply to a pixel whose neighbours, `REACH` px in each direction,
are alike: that is as far as an antialiased bicubic reduction sees, so HR was just as flat, or as grey, in
that pixel. The networks here restore a picture; none of them is meant to recolour it.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sr_core.pixels import Pixels

REACH = 2
"""LR px on each side that must be alike."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlatAreas:
    """Where a picture is flat, and where it is grey: ``(h, w)`` bool each; `grey` is None for a plane."""

    flat: Mask
    grey: Mask | None

    @classmethod
    def of(cls, small: Pixels) -> "FlatAreas":
        """Find them in an LR picture ``(h, w, 3)`` or plane ``(h, w)``."""
        import cv2

        around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
        flat = np.asarray(cv2.erode(small, around)) == np.asarray(cv2.dilate(small, around))
        if small.ndim == 2:
            return cls(flat, None)
        grey = (small[..., 0] == small[..., 1]) & (small[..., 0] == small[..., 2])
        return cls(flat.all(axis=2), cv2.erode(grey.view(np.uint8), around).view(np.bool_))

    def keep(self, sr: np.ndarray, lr: np.ndarray, area: tuple[slice, slice]) -> None:
        """Correct the network's result for one area of the picture.

        Parameters
        ----------
        sr : (h*s, w*s, 3) or (h*s, w*s) float32 ndarray
            The network's result for the area, in [0, 1]; changed in place.
        lr : (h, w, 3) or (h, w) float32 ndarray
            The area itself, in [0, 1].
        area : (rows, columns)
            Its place in the picture, in LR px.
        """
        flat, grey = self.flat[area], None if self.grey is None else self.grey[area]
        height, width = flat.shape
        cells = sr.reshape(height, sr.shape[0] // height, width, sr.shape[1] // width, -1)
        if grey is not None and grey.any():
            # The mean of three equal numbers need not be that number, so all three become the same one.
            np.copyto(cells, cells.mean(axis=4, keepdims=True), where=_cell(grey))
        if flat.any():
            np.copyto(cells, lr.reshape(height, 1, width, 1, -1), where=_cell(flat))


def _cell(mask: Mask) -> Mask:
    return mask[:, None, :, None, None]
