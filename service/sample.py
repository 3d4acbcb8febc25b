"""An original, and the small picture from which it is restored."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

from sr_core import STUDY, Limits, MeasurementError, Picture, Protocol, decode, standard
from sr_core.resize import crop_to_multiple, downscale, upscale

# The original is shrunk before it reaches the network, so it may be larger than a picture to enlarge.
LIMITS = Limits(max_pixels=16_000_000)

# The window of SSIM must fit into the picture without its border.
_SSIM_WINDOW = 11


@dataclass(frozen=True)
class Sample:
    """An uploaded original, alone or with a small picture made from it.

    Attributes
    ----------
    name : str
        File name of the original.
    original : bytes
        The uploaded file.
    small : bytes or None
        File of the small picture; None if the original is to be shrunk.
    """

    name: str
    original: bytes
    small: bytes | None = None

    @cached_property
    def key(self) -> str:
        """Identifies the sample: a digest of its bytes, independent of its name."""
        digest = hashlib.sha256(self.original)
        if self.small is not None:
            digest.update(hashlib.sha256(self.small).digest())
        return digest.hexdigest()

    @property
    def nbytes(self) -> int:
        """Size of its files, in bytes."""
        return len(self.original) + len(self.small or b"")


@dataclass(frozen=True, slots=True)
class Facts:
    """Sizes as (width, height) in px, and notes, of a `Prepared`."""

    original: tuple[int, int]
    small: tuple[int, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decoded sample, ready to be restored and measured.

    Attributes
    ----------
    original, small : Picture
        `original` is exactly `scale` times as high and wide as `small`. Neither has alpha.
    notes : tuple of str
        How they differ from what was uploaded, a sentence each.
    """

    original: Picture
    small: Picture
    notes: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """Memory used by its pixels, in bytes."""
        return self.original.pixels.nbytes + self.small.pixels.nbytes

    @property
    def facts(self) -> Facts:
        """What is kept after its pixels have been dropped."""
        sizes = (self.original.width, self.original.height), (self.small.width, self.small.height)
        return Facts(*sizes, self.notes)


def protocols(scale: int) -> tuple[Protocol, ...]:
    """Return the protocols to measure under: that of papers, and that of the original study."""
    return standard(scale), STUDY


def prepare(sample: Sample, scale: int) -> Prepared:
    """Decode a sample, and shrink its original if it has no small picture.

    Raises
    ------
    PictureError
        A file cannot be read.
    MeasurementError
        A size does not fit the scale.
    """
    picture = decode(sample.original, limits=LIMITS)
    _check_size(picture, scale)
    if sample.small is None and scale == 1:
        raise MeasurementError(
            "A network of scale 1 enlarges nothing, so there is nothing to shrink; give the damaged picture "
            f"and its original, or choose another scale; received one of {_size(picture)}."
        )
    original = replace(picture, pixels=crop_to_multiple(picture.pixels, scale), alpha=None, exif=None)
    if sample.small is None:
        small = original.with_pixels(downscale(original.pixels, scale))
        transparent = picture.alpha is not None
    else:
        read = decode(sample.small, limits=LIMITS)
        if (read.height * scale, read.width * scale) != (original.height, original.width):
            times = f"{scale} times as wide and high as" if scale > 1 else "as wide and high as"
            raise MeasurementError(
                f"At ×{scale} the original must be {times} the small picture; choose the scale or the "
                f"files that fit; received {_size(read)} and an original of {_size(picture)}."
            )
        small = replace(read, alpha=None, exif=None)
        transparent = picture.alpha is not None or read.alpha is not None
    return Prepared(original, small, _notes(picture, original, scale, transparent=transparent))


def bicubic(prepared: Prepared, scale: int) -> Picture:
    """Restore a prepared sample with the baseline."""
    return prepared.small.with_pixels(upscale(prepared.small.pixels, scale))


def _check_size(picture: Picture, scale: int) -> None:
    least = -(-(_SSIM_WINDOW + 2 * scale) // scale) * scale
    if min(picture.height, picture.width) < least:
        raise MeasurementError(
            f"To be measured at ×{scale}, an original must be at least {least} px wide and high; choose a "
            f"larger one; received {_size(picture)}."
        )


def _notes(picture: Picture, original: Picture, scale: int, *, transparent: bool) -> tuple[str, ...]:
    notes = []
    if (original.height, original.width) != (picture.height, picture.width):
        notes.append(
            f"The original was cropped to {original.width} × {original.height} px, multiples of {scale}."
        )
    if transparent:
        notes.append("Its transparency was left out: only colours are measured.")
    return tuple(notes)


def _size(picture: Picture) -> str:
    return f"{picture.width} × {picture.height} px"
