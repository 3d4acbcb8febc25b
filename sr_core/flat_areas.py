"""White stays white and grey stays grey: what a network must not change, held exactly.

A network gives nearly the value of an area that is all of one colour, and not quite: up to 8 levels of 255
off for a pure red, green or blue, in float32 too, in bfloat16 a level or two for white, and more where it
sees the zeros that its convolutions put around the picture. And of a grey picture it makes one with a tint
where it takes lines for something else: up to 82 levels were seen in line art. So this is put right in the
result, whatever network, engine and precision it came from. The alternatives would not: computing the last
convolution in float32 leaves what float32 itself gets wrong, and a correction towards the LR picture
(back-projection) leaves the pattern within each LR pixel, and brings back the noise of LR pictures that
have some.

Both rules look at the LR picture only and hold for a pixel whose neighbours, `REACH` px in each direction,
are alike: that is how far an antialiased bicubic reduction sees, so that HR was as flat, or as grey, in
that pixel. Networks here restore a picture, and none of them means to recolour it.
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
    """Where a picture is flat, and where it is grey: ``(h, w)`` bool each; a plane has no grey."""

    flat: Mask
    grey: Mask | None

    @classmethod
    def of(cls, small: Pixels) -> "FlatAreas":
        """Look at an LR picture ``(h, w, 3)`` or plane ``(h, w)``."""
        import cv2

        around = np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8)
        flat = np.asarray(cv2.erode(small, around)) == np.asarray(cv2.dilate(small, around))
        if small.ndim == 2:
            return cls(flat, None)
        grey = (small[..., 0] == small[..., 1]) & (small[..., 0] == small[..., 2])
        return cls(flat.all(axis=2), cv2.erode(grey.view(np.uint8), around).view(np.bool_))

    def keep(self, sr: np.ndarray, lr: np.ndarray, area: tuple[slice, slice]) -> None:
        """Put right what a network made of one area of the picture.

        Parameters
        ----------
        sr : (h*s, w*s, 3) or (h*s, w*s) float32 ndarray
            The network's result for the area, in [0, 1]; changed in place.
        lr : (h, w, 3) or (h, w) float32 ndarray
            The area itself, in [0, 1].
        area : (rows, columns)
            Where it is in the picture, in LR px.
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
