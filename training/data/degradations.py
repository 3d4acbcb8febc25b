"""How an LR picture is made from an HR picture."""

from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Literal

import numpy as np
from PIL import Image

from sr_core import resize
from sr_core.errors import OptionError

Subsampling = Literal["4:4:4", "4:2:0"]


def bicubic(hr: np.ndarray, scale: int) -> np.ndarray:
    """Reduce by the field's standard, antialiased bicubic, ``(H*scale, W*scale, 3)`` to ``(H, W, 3)``."""
    return resize.downscale(hr, scale)


def study(hr: np.ndarray, scale: int = 1) -> np.ndarray:
    """Make LR as in the original study's dataset: half the size by bicubic, then back by bilinear.

    Its own LR pictures differ from these by about one grey level on average.

    Parameters
    ----------
    hr : (H, W, 3) uint8 ndarray
        With even sides.
    scale : {1}
        LR has the size of HR.

    Raises
    ------
    OptionError
        Another scale.
    """
    if scale != 1:
        raise OptionError(f"The study's LR pictures have the size of HR: scale 1. Received: {scale}")
    height, width = hr.shape[:2]
    half = Image.fromarray(resize.downscale(hr, 2))
    return np.array(half.resize((width, height), Image.Resampling.BILINEAR))


def jpeg(lr: np.ndarray, quality: int, subsampling: Subsampling = "4:2:0") -> np.ndarray:
    """Return a picture, ``(H, W, 3)`` uint8 RGB, as Pillow opens it after saving it as JPEG."""
    return np.array(Image.open(BytesIO(jpeg_file(lr, quality, subsampling))))


def jpeg_file(lr: np.ndarray, quality: int, subsampling: Subsampling = "4:2:0") -> bytes:
    """Return the file in which Pillow saves a picture, ``(H, W, 3)`` uint8 RGB, as JPEG."""
    file = BytesIO()
    Image.fromarray(lr).save(file, "JPEG", quality=quality, subsampling=subsampling)
    return file.getvalue()


DEGRADATIONS: Mapping[str, Callable[[np.ndarray, int], np.ndarray]] = {"bicubic": bicubic, "study": study}
