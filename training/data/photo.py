"""Random degradations of LR patches to those of the photos people upload: resized, noisy, saved as JPEG.

Everything is drawn anew for each patch, as in K. Zhang et al., "Designing a Practical Degradation Model for
Deep Blind Image Super-Resolution" (BSRGAN), ICCV 2021, arXiv 2103.14006, and X. Wang et al., "Real-ESRGAN",
ICCVW 2021, arXiv 2107.10833, but milder and in the order of a real photo: reduced, blurred, noisy, saved.
One fault alone is drawn more often than both, and none at all for three patches in ten, because clean photos
must stay as sharp as they were.
"""

from dataclasses import dataclass
from typing import Literal

import cv2
import numpy as np
from PIL import Image

from sr_core.pixels import to_integer
from training.data.datasets import Pair
from training.data.degradations import Subsampling, jpeg

CLEAN_SHARE = 0.3
"""Share of the patches that are not degraded."""

# Shares of the other patches.
_FAULTS = {"JPEG": 0.5, "noise": 0.2, "noise and JPEG": 0.25, "none": 0.05}
_REDUCTIONS = {"bicubic": 0.7, "area": 0.1, "bilinear": 0.1, "Lanczos": 0.1}  # mixed in both papers
_BLURRED, _BLUR = 0.2, (0.2, 0.8)  # share, and sigma in LR px; BSRGAN too blurs in LR space
# Noise: S. Guo et al., "Toward Convolutional Blind Denoising of Real Photographs" (CBDNet), CVPR 2019,
# arXiv 1807.04686: signal-dependent, and correlated by demosaicing; Real-ESRGAN: grey for some.
_SIGNAL_DEPENDENT, _GREY, _GRAINY = 0.5, 0.2, 0.2
_MOST_NOISE = 30.0  # grey levels, times the cube of a uniform draw: half is below 3.8, a tenth above 21
_GRAIN = (0.5, 1.2)  # px, sigma of the Gaussian that correlates neighbours
_QUALITY = (30, 95)  # as in both papers
_SUBSAMPLED = 0.8
# JPEG: J. Jiang et al., "Towards Flexible Blind JPEG Artifacts Removal" (FBCNN), ICCV 2021, arXiv
# 2109.14573: pictures from the Web were often saved more than once, with block grids that do not align.
_SAVED_TWICE, _RESIZED = 0.2, (0.8, 1.25)

_FILTERS = {
    "area": Image.Resampling.BOX,
    "bilinear": Image.Resampling.BILINEAR,
    "bicubic": Image.Resampling.BICUBIC,
    "Lanczos": Image.Resampling.LANCZOS,
}
# LR px: margin around a patch that filters reach into, and side of the largest block of a JPEG.
_MARGIN, _BLOCK = 8, 16


@dataclass(frozen=True, slots=True)
class Noise:
    """Noise of one patch.

    Attributes
    ----------
    sigma : float
        Standard deviation in grey levels of 255; at mid-grey, where it depends on the signal.
    signal : float
        Share of the variance, in [0, 1], that is proportional to brightness, as in shot noise (A. Foi et
        al., "Practical Poissonian-Gaussian noise modeling and fitting for single-image raw-data", IEEE TIP,
        2008).
    grey : bool
        The same in all channels, as in scans of black-and-white film.
    grain : float
        px. Sigma of the Gaussian that correlates neighbours; 0 for none.
    """

    sigma: float
    signal: float = 0.0
    grey: bool = False
    grain: float = 0.0

    def add(self, pixels: np.ndarray, random: np.random.Generator) -> np.ndarray:
        """Return uint8 pixels of shape ``(h, w, 3)`` with this noise, rounded and clipped."""
        noise = random.standard_normal((*pixels.shape[:2], 1 if self.grey else 3), np.float32)
        if self.grain:
            kernel = cv2.getGaussianKernel(2 * round(3 * self.grain) + 1, self.grain, cv2.CV_32F)
            # The two passes multiply the standard deviation by the kernel's sum of squares.
            noise = cv2.sepFilter2D(noise, -1, kernel, kernel).reshape(noise.shape) / np.sum(kernel**2)
        level = pixels.mean(axis=2, keepdims=True) if self.grey else pixels
        sigma = self.sigma * np.sqrt(1 - self.signal + 2 * self.signal * level / np.float32(255))
        return to_integer((pixels + sigma * noise) / np.float32(255), np.dtype(np.uint8))


@dataclass(frozen=True, slots=True)
class Saving:
    """JPEG compression: Pillow's quality, and the chroma subsampling."""

    quality: int
    subsampling: Subsampling


@dataclass(frozen=True, slots=True)
class Degradation:
    """The degradation of one patch, applied in this order.

    Attributes
    ----------
    reduction : {"bicubic", "area", "bilinear", "Lanczos"}
        Filter of the reduction from HR.
    blur : float
        LR px. Sigma of a Gaussian; 0 for none.
    noise : Noise or None
    first : Saving or None
        Compression before the last one, at `size` times the size of LR.
    size : float
        Scale of the picture relative to LR until the first compression.
    last : Saving or None
    """

    reduction: Literal["bicubic", "area", "bilinear", "Lanczos"] = "bicubic"
    blur: float = 0.0
    noise: Noise | None = None
    first: Saving | None = None
    size: float = 1.0
    last: Saving | None = None

    def __str__(self) -> str:
        parts = [] if self.reduction == "bicubic" else [self.reduction]
        parts += [f"blur {self.blur:.1f}"] if self.blur else []
        if noise := self.noise:
            kinds = (("grey ", noise.grey), ("grainy ", noise.grain), ("shot ", noise.signal))
            parts.append("".join(word for word, there in kinds if there) + f"noise {noise.sigma:.0f}")
        if self.first:
            parts.append(f"JPEG {self.first.quality} at {self.size:.2f}")
        if self.last:
            parts.append(f"JPEG {self.last.quality} {self.last.subsampling}")
        return ", ".join(parts) or "as it is"

    def apply(self, lr: np.ndarray, hr: np.ndarray, random: np.random.Generator, *, scale: int) -> np.ndarray:
        """Return a degraded LR picture.

        Parameters
        ----------
        lr : (h, w, 3) uint8 ndarray
            By bicubic reduction.
        hr : (h*scale, w*scale, 3) uint8 ndarray
        random : numpy.random.Generator
            For the noise.
        scale : int

        Returns
        -------
        (h, w, 3) uint8 ndarray
            Aligned with both.
        """
        height, width = lr.shape[:2]
        picture = lr
        if self.size != 1 or (self.reduction != "bicubic" and scale > 1):
            picture = _resize(hr, round(height * self.size), round(width * self.size), self.reduction)
        if self.blur:
            picture = cv2.GaussianBlur(picture, (0, 0), self.blur * self.size, borderType=cv2.BORDER_REFLECT)
        if self.noise:
            picture = self.noise.add(picture, random)
        if self.first:
            picture = _resize(
                jpeg(picture, self.first.quality, self.first.subsampling), height, width, "bicubic"
            )
        return jpeg(picture, self.last.quality, self.last.subsampling) if self.last else picture


def draw(random: np.random.Generator) -> Degradation:
    """Draw the degradation of one patch."""
    if random.random() < CLEAN_SHARE:
        return Degradation()
    fault = _choose(_FAULTS, random)
    saved = "JPEG" in fault
    twice = saved and random.random() < _SAVED_TWICE
    return Degradation(
        reduction=_choose(_REDUCTIONS, random),
        blur=random.uniform(*_BLUR) if random.random() < _BLURRED else 0.0,
        noise=_noise(random) if "noise" in fault else None,
        first=_saving(random) if twice else None,
        size=float(np.exp(random.uniform(*np.log(_RESIZED)))) if twice else 1.0,
        last=_saving(random) if saved else None,
    )


def patch(
    pair: Pair,
    top: int,
    left: int,
    *,
    side: int,
    scale: int,
    degradation: Degradation,
    random: np.random.Generator,
) -> np.ndarray:
    """Return one LR patch, degraded; without a fault it stays exactly as it was.

    Parameters
    ----------
    pair : Pair
        With LR by bicubic reduction.
    top, left : int
        Where the patch begins, in LR px.
    side : int
        Of the patch, in LR px.
    scale : int
    degradation : Degradation
    random : numpy.random.Generator
        For the noise, and for where the blocks of a JPEG begin.

    Returns
    -------
    (side, side, 3) uint8 ndarray
    """
    if degradation == Degradation():
        return pair.lr[top : top + side, left : left + side]
    # Degrade a larger window of whole blocks, in which the patch begins anywhere within a block. The window
    # ends at the border of the picture, as files do.
    window = -(-(side + 2 * _MARGIN + _BLOCK - 1) // _BLOCK) * _BLOCK
    before = random.integers(_MARGIN, _MARGIN + _BLOCK, size=2)
    rows, columns = (
        slice(max(int(start - ahead), 0), min(int(start - ahead) + window, length))
        for start, ahead, length in zip((top, left), before, pair.lr.shape, strict=False)
    )
    hr_rows, hr_columns = (slice(part.start * scale, part.stop * scale) for part in (rows, columns))
    degraded = degradation.apply(pair.lr[rows, columns], pair.hr[hr_rows, hr_columns], random, scale=scale)
    top, left = top - rows.start, left - columns.start
    return degraded[top : top + side, left : left + side]


def _noise(random: np.random.Generator) -> Noise:
    return Noise(
        sigma=_MOST_NOISE * random.random() ** 3,
        signal=random.uniform(0.5, 1.0) if random.random() < _SIGNAL_DEPENDENT else 0.0,
        grey=random.random() < _GREY,
        grain=random.uniform(*_GRAIN) if random.random() < _GRAINY else 0.0,
    )


def _saving(random: np.random.Generator) -> Saving:
    quality = int(random.integers(_QUALITY[0], _QUALITY[1] + 1))
    return Saving(quality, "4:2:0" if random.random() < _SUBSAMPLED else "4:4:4")


def _choose(shares: dict, random: np.random.Generator):
    return list(shares)[random.choice(len(shares), p=list(shares.values()))]


def _resize(pixels: np.ndarray, height: int, width: int, reduction: str) -> np.ndarray:
    return np.array(Image.fromarray(pixels).resize((width, height), _FILTERS[reduction]))
