"""One original, and the small picture that is to become it again."""

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property

from sr_core import STUDY, Limits, MeasurementError, Picture, Protocol, decode, standard
from sr_core.resize import crop_to_multiple, downscale, upscale

# The original is shrunk before the network sees it, so it may be larger than what can be enlarged.
LIMITS = Limits(max_pixels=16_000_000)

# SSIM's window must fit into what is left after the border has been left out.
_SSIM_WINDOW = 11


@dataclass(frozen=True)
class Sample:
    """An original as it was uploaded, alone or with the small picture that was made of it.

    Attributes
    ----------
    name : str
        File name of the original.
    original : bytes
    small : bytes or None
        None has the original shrunk.
    """

    name: str
    original: bytes
    small: bytes | None = None

    @cached_property
    def key(self) -> str:
        """What tells it from every other: a digest of all its bytes, never its name."""
        digest = hashlib.sha256(self.original)
        if self.small is not None:
            digest.update(hashlib.sha256(self.small).digest())
        return digest.hexdigest()

    @property
    def nbytes(self) -> int:
        """Bytes of its files."""
        return len(self.original) + len(self.small or b"")


@dataclass(frozen=True, slots=True)
class Facts:
    """Sizes as (width, height) in px, and the notes of a `Prepared`."""

    original: tuple[int, int]
    small: tuple[int, int]
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """A decoded sample, ready to be restored and measured.

    Attributes
    ----------
    original, small : Picture
        `original` is exactly the scale times as high and wide as `small`. Neither has alpha.
    notes : tuple of str
        In which way they are not quite what was uploaded, a sentence each.
    """

    original: Picture
    small: Picture
    notes: tuple[str, ...]

    @property
    def nbytes(self) -> int:
        """Memory of its pixels."""
        return self.original.pixels.nbytes + self.small.pixels.nbytes

    @property
    def facts(self) -> Facts:
        """What is kept of it."""
        sizes = (self.original.width, self.original.height), (self.small.width, self.small.height)
        return Facts(*sizes, self.notes)


def protocols(scale: int) -> tuple[Protocol, ...]:
    """Return what everything is measured under: as papers do, and as the original study did."""
    return standard(scale), STUDY


def prepare(sample: Sample, scale: int) -> Prepared:
    """Decode a sample, and shrink its original where no small picture came with it.

    Raises
    ------
    PictureError
        A file cannot be read.
    MeasurementError
        A size does not suit the scale.
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
    """Return the baseline's restoration of a prepared."""
    return prepared.small.with_pixels(upscale(prepared.small.pixels, scale))


def _check_size(picture: Picture, scale: int) -> None:
    least = -(-(_SSIM_WINDOW + 2 * scale) // scale) * scale
    if min(picture.height, picture.width) < least:
        raise MeasurementError(
            f"To be measured at ×{scale}, an original must be at least {least} px wide and high; choose a "
            f"larger one; received {_size(picture)}."
        )


def _notes(picture: Picture, original: Picture, scale: int, *, transparent: bool) -> tuple[str, ...]:
    said = []
    if (original.height, original.width) != (picture.height, picture.width):
        said.append(
            f"The original was cropped to {original.width} × {original.height} px, multiples of {scale}."
        )
    if transparent:
        said.append("Its transparency was left out: only colours are measured.")
    return tuple(said)


def _size(picture: Picture) -> str:
    return f"{picture.width} × {picture.height} px"
