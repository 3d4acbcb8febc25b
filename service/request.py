"""How a person wants a picture enlarged, and whether that is possible here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Literal

from service.presets import Preset
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
from sr_core.sizing import Size, TargetSize, fit
from sr_core.upscaler import CleanUp

Look = Literal["faithful", "sharp"]

NETWORKS: Mapping[Look, Mapping[int, str]] = MappingProxyType(
    {"faithful": {2: "edsr_x2", 3: "edsr_x3", 4: "edsr_x4"}, "sharp": {4: "esrgan_x4"}}
)
"""For each look, the networks by scale; the one with the smallest sufficient scale is used."""

FIRST_NETWORK = NETWORKS["faithful"][4]
"""Loaded at startup."""

MAX_ENLARGED = 64_000_000
"""Maximum pixels of a network's output: more than browsers show with ease, a minute or two on two cores."""

LIMITS = Limits(max_pixels=MAX_ENLARGED // min(NETWORKS["faithful"]) ** 2)
"""Limits for an uploaded picture. To be enlarged ×4, it may have a quarter of these pixels."""

X4, PNG = TargetSize(scale=4), OutputFormat()
"""Defaults for the size and the format."""


@dataclass(frozen=True, slots=True)
class Request:
    """How pictures are to be enlarged and saved.

    Attributes
    ----------
    target : TargetSize
        Size of the result.
    self_ensemble : bool
        Better quality, in eight times the time.
    clean_up : float or "auto"
        Strength of removing JPEG artefacts and grain, from 0 to 1, or chosen for each picture.
    output : OutputFormat
    keep_metadata, signed : bool
        Whether the file keeps the original's EXIF, and whether it records how it was made.
    look : "faithful" or "sharp"
        As close to the truth as possible, or with texture that a network invents.
    smaller : bool
        Whether to use a smaller scale if `target` would be too large.
    preset : Preset or None
        A screen or paper size, used instead of `target`.
    """

    target: TargetSize = X4
    self_ensemble: bool = False
    clean_up: CleanUp = "auto"
    output: OutputFormat = PNG
    keep_metadata: bool = True
    signed: bool = True
    look: Look = "faithful"
    smaller: bool = True
    preset: Preset | None = None

    def same_picture(self, other: "Request") -> bool:
        """Return whether both request the same pixels, and differ at most in how the file is written."""
        same_file = replace(self, output=other.output, keep_metadata=other.keep_metadata, signed=other.signed)
        return same_file == other


@dataclass(frozen=True, slots=True)
class Facts:
    """Properties of a picture that are kept after its pixels have been dropped.

    Attributes
    ----------
    height, width : int
        In px.
    bit_depth : int
    exif_bytes : int
    losses : mapping
        Sentences on what would be lost, by format and whether metadata is kept.
    """

    height: int
    width: int
    bit_depth: int
    exif_bytes: int
    losses: Mapping[tuple[Format, bool], tuple[str, ...]]

    @classmethod
    def of(cls, picture: Picture) -> "Facts":
        """Return the facts of a picture."""
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


@dataclass(frozen=True, slots=True)
class Plan:
    """How a request is fulfilled for one picture.

    Attributes
    ----------
    network : str
        Name of the weights.
    target : TargetSize
        The requested size, or a smaller scale if that would be too large.
    size : Size
        Size of the result in px.
    note : str
        Why the result is smaller than requested; empty if it is not.
    dpi : float or None
        Resolution to write into the file, in px per inch; None keeps the original's.
    """

    network: str
    target: TargetSize
    size: Size
    note: str = ""
    dpi: float | None = None


def plan(facts: Facts, request: Request) -> Plan:
    """Plan how to enlarge a picture to the requested size.

    Raises
    ------
    OptionError
        The size is beyond the largest network's reach.
    PictureTooLargeError
        The network's output would exceed `MAX_ENLARGED` pixels.
    """
    if request.preset is not None:
        return _plan_preset(facts, request, request.preset)
    networks, target = NETWORKS[request.look], request.target
    wanted, note = target.scale, ""
    if request.smaller and wanted is not None and _pixels(facts, _reach(facts, request)) > MAX_ENLARGED:
        fitting = [scale for scale in networks if scale < wanted and _pixels(facts, scale) <= MAX_ENLARGED]
        if fitting:
            target = TargetSize(scale=max(fitting))
            megapixels = _pixels(facts, wanted) / 1e6
            note = f"×{wanted} would be {megapixels:,.0f} megapixels: ×{target.scale} was used instead."
    reach = _reach(facts, replace(request, target=target))
    size = fit(facts.height, facts.width, target, reach=reach)
    if _pixels(facts, reach) > MAX_ENLARGED:
        raise PictureTooLargeError(
            f"Enlarged ×{reach}, this picture would have {_pixels(facts, reach) / 1e6:,.0f} megapixels, and "
            f"at most {MAX_ENLARGED / 1e6:g} are made here; {remedy(reach, request.look)}; "
            f"received {facts.width:,} × {facts.height:,} px."
        )
    return Plan(networks[reach], target, size, note)


def _plan_preset(facts: Facts, request: Request, preset: Preset) -> Plan:
    """Plan how to fit a picture to a screen or paper, or as near to it as the network can reach."""
    framed = replace(request, target=preset.target(facts.height, facts.width), preset=None)
    try:
        planned = plan(facts, framed)
    except OptionError:
        planned = plan(facts, replace(framed, target=X4))
        planned = replace(
            planned,
            note=f"{planned.note} {preset.longer:,} × {preset.shorter:,} px is beyond the network's reach: "
            "the result is as large as it can be.".lstrip(),
        )
    return replace(planned, dpi=preset.dpi(planned.size))


def _pixels(facts: Facts, scale: int) -> int:
    return facts.height * facts.width * scale**2


def _reach(facts: Facts, request: Request) -> int:
    """Return the scale of the smallest network that reaches the target, or else the largest scale."""
    *smaller, largest = sorted(NETWORKS[request.look])
    for reach in smaller:
        try:
            fit(facts.height, facts.width, request.target, reach=reach)
        except OptionError:
            continue
        return reach
    return largest


def remedy(reach: int, look: Look = "faithful") -> str:
    """Return what a person can do if a picture is too large to enlarge with a network of scale `reach`."""
    smaller = "make the picture smaller first"
    if look == "sharp":
        return f"choose the faithful look, or {smaller}"
    return f"choose ×2, or {smaller}" if reach > min(NETWORKS["faithful"]) else smaller


def check_output(facts: Facts, size: Size, request: Request) -> None:
    """Check that the format can hold the result.

    Raises
    ------
    PictureTooLargeError, UnsupportedPictureError
        See `sr_core.check_encodable`.
    """
    exif_bytes = facts.exif_bytes if request.keep_metadata else 0
    check_encodable(size.height, size.width, request.output.format, exif_bytes=exif_bytes)
