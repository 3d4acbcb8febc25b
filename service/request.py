"""What a person wants made of a picture, and whether that can be done here."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from sr_core import (
    Limits,
    OptionError,
    OutputFormat,
    Picture,
    PictureTooLargeError,
    check_encodable,
    losses,
)
from sr_core.files import WRITTEN, Format
from sr_core.sizing import Size, Wanted, fit
from sr_core.upscaler import CleanUp

NETWORKS: Mapping[int, str] = MappingProxyType({2: "edsr_x2", 3: "edsr_x3", 4: "edsr_x4"})
"""The network that enlarges so many times; the smallest that reaches is taken."""

FIRST_NETWORK = NETWORKS[4]
"""The one that is loaded before anybody asks."""

MAX_ENLARGED = 64_000_000
"""Pixels that a network may make: more than a browser shows with ease, and a minute or two on two cores."""

LIMITS = Limits(max_pixels=MAX_ENLARGED // min(NETWORKS) ** 2)
"""Of an uploaded picture. Enlarged ×4, it may have a quarter of these pixels."""

X4, PNG = Wanted(scale=4), OutputFormat()
"""What is made unless something else is asked for."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is to be made.

    Attributes
    ----------
    target : Wanted
        Its size.
    self_ensemble : bool
        Better, in eight times the time.
    clean_up : float or "auto"
        How much JPEG blocks and grain are taken out, from 0 to 1; or as much as each picture needs.
    output : OutputFormat
    keep_metadata, signed : bool
        Whether the file gets the original's EXIF, and how it was made.
    """

    target: Wanted = X4
    self_ensemble: bool = False
    clean_up: CleanUp = "auto"
    output: OutputFormat = PNG
    keep_metadata: bool = True
    signed: bool = True

    def same_picture(self, other: "Request") -> bool:
        """Whether both ask for the same pixels, and differ at most in the file they become."""
        mine, others = (
            (request.target, request.self_ensemble, request.clean_up) for request in (self, other)
        )
        return mine == others


@dataclass(frozen=True, slots=True)
class Facts:
    """What is remembered of a picture that has been read.

    Attributes
    ----------
    height, width : int
        In px.
    bit_depth : int
    exif_bytes : int
    losses : mapping
        What each format would lose of it, as sentences, with its metadata (True) or without.
    """

    height: int
    width: int
    bit_depth: int
    exif_bytes: int
    losses: Mapping[tuple[Format, bool], tuple[str, ...]]

    @classmethod
    def of(cls, picture: Picture) -> "Facts":
        """Return those of a picture."""
        lost: dict[tuple[Format, bool], tuple[str, ...]] = {
            (name, kept): losses(picture, OutputFormat(name), keep_metadata=kept)
            for name in WRITTEN
            for kept in (True, False)
        }
        return cls(
            picture.height,
            picture.width,
            picture.bit_depth,
            len(picture.exif or b""),
            MappingProxyType(lost),
        )


def network_and_size(facts: Facts, target: Wanted) -> tuple[str, Size]:
    """Return the network that makes a picture as large as asked for, and that size.

    Raises
    ------
    OptionError
        No network reaches so far.
    PictureTooLargeError
        The network would have to make more than `MAX_ENLARGED` pixels.
    """
    reach = _reach(facts, target)
    size = fit(facts.height, facts.width, target, reach=reach)
    height, width = facts.height * reach, facts.width * reach
    if height * width > MAX_ENLARGED:
        raise PictureTooLargeError(
            f"Enlarged ×{reach}, this picture would have {height * width / 1e6:,.0f} megapixels, and at most "
            f"{MAX_ENLARGED / 1e6:g} are made here; {way_out(reach)}; "
            f"received {facts.width:,} × {facts.height:,} px."
        )
    return NETWORKS[reach], size


def _reach(facts: Facts, target: Wanted) -> int:
    for reach in sorted(NETWORKS)[:-1]:
        try:
            fit(facts.height, facts.width, target, reach=reach)
        except OptionError:
            continue
        return reach
    return max(NETWORKS)


def way_out(reach: int) -> str:
    """Return what a person can do where enlarging takes too much, by the scale of the network."""
    smaller = "make the picture smaller first"
    return f"choose ×2, or {smaller}" if reach > min(NETWORKS) else smaller


def check_output(facts: Facts, size: Size, request: Request) -> None:
    """Check that the format can hold the result.

    Raises
    ------
    PictureTooLargeError, UnsupportedPictureError
        See `sr_core.check_encodable`.
    """
    exif_bytes = facts.exif_bytes if request.keep_metadata else 0
    check_encodable(size.height, size.width, request.output.format, exif_bytes=exif_bytes)
