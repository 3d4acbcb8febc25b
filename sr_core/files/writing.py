"""`Picture` to bytes: which format, what it cannot keep, and what is written beside the pixels."""

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sr_core import transparency
from sr_core.errors import OptionError, PictureTooLargeError, UnsupportedPictureError
from sr_core.files import exif, icc, jpeg, png, storage, webp
from sr_core.files.formats import FORMATS, WRITTEN, WRITTEN_EXTENSIONS, Format
from sr_core.files.provenance import Provenance
from sr_core.picture import Picture


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """What kind of file a picture becomes.

    Attributes
    ----------
    format : {"png", "jpeg", "webp"}
        PNG is exact and keeps 8 or 16 bits. JPEG and WebP round to 8 bits. JPEG lays a transparent picture
        on white. WebP has no grey pictures, so one with a profile is converted to sRGB.
    quality : int
        1 to 100, for JPEG and lossy WebP.
    lossless : bool
        Exact WebP. PNG always is; JPEG never is.

    Raises
    ------
    OptionError
        If `format` or `quality` has another value, or a lossless JPEG is asked for.
    """

    format: Format = "png"
    quality: int = 95
    lossless: bool = False

    def __post_init__(self) -> None:
        if self.format not in WRITTEN:
            raise OptionError(
                f"A picture is written as one of {', '.join(WRITTEN)}; received {self.format!r}."
            )
        if not 1 <= self.quality <= 100:
            raise OptionError(f"Quality is a number from 1 to 100; received {self.quality}.")
        if self.lossless and self.format == "jpeg":
            raise OptionError("JPEG has no lossless kind; choose PNG, or lossless WebP.")


PNG = OutputFormat()


def losses(picture: Picture, output: OutputFormat) -> tuple[str, ...]:
    """Tell what a picture would lose in a format, before anything is computed.

    What a lossy format does to every picture is not told.

    Parameters
    ----------
    picture : Picture
        As it will be written, or, since enlarging keeps all of this, as it was read.
    output : OutputFormat

    Returns
    -------
    tuple of str
        One sentence for each; none for PNG.
    """
    name = FORMATS[output.format].name
    said = []
    if output.format == "jpeg" and not transparency.is_opaque(picture.alpha):
        said.append(
            "JPEG keeps no transparency: the picture is laid on white; choose PNG or WebP to keep it."
        )
    if output.format != "png" and picture.bit_depth == 16:
        said.append(
            f"{name} keeps 8 bits per channel: the picture's 16 are rounded; choose PNG to keep them."
        )
    if output.format != "png" and icc.is_beyond_profiles(picture.colour_chunks):
        said.append(
            f"{name} cannot tell that the colours are coded for HDR (cICP), so they will look pale; choose "
            "PNG to keep that."
        )
    return tuple(said)


def check_encodable(height: int, width: int, format: Format, *, exif_bytes: int = 0) -> None:  # noqa: A002
    """Check, before anything is computed, that a format can hold the result.

    Parameters
    ----------
    height, width : int
        Of the result, in px.
    format : {"png", "jpeg", "webp"}
    exif_bytes : int
        Length of the EXIF block that shall be kept.

    Raises
    ------
    PictureTooLargeError
        If a side is longer than the format allows: 65,500 px for JPEG, 16,383 px for WebP.
    UnsupportedPictureError
        If the EXIF block is too long for a JPEG.
    """
    name, limit = FORMATS[format].name, FORMATS[format].max_side
    if limit is not None and max(height, width) > limit:
        raise PictureTooLargeError(
            f"{name} keeps pictures of at most {limit:,} px on each side; save it as PNG; "
            f"received {height:,} x {width:,} px (height x width)."
        )
    longest = FORMATS[format].max_exif
    if longest is not None and exif_bytes > longest:
        raise UnsupportedPictureError(
            f"{name} keeps at most {longest:,} bytes of EXIF data; save it as PNG or WebP, or "
            f"leave the metadata out; received {exif_bytes:,} bytes."
        )


def encode(
    picture: Picture,
    output: OutputFormat = PNG,
    *,
    keep_metadata: bool = True,
    provenance: Provenance | None = None,
) -> bytes:
    """Encode a picture with its colour profile and EXIF.

    Parameters
    ----------
    picture : Picture
    output : OutputFormat
    keep_metadata : bool
        False leaves the whole EXIF block out: camera, author, date, place and all. The colour profile stays,
        because without it the colours are others.
    provenance : Provenance or None
        How the picture was made, for PNG's text ``Software`` or the EXIF tag of JPEG and WebP; None writes
        nothing of it.

    Returns
    -------
    bytes

    Raises
    ------
    PictureTooLargeError, UnsupportedPictureError
        As `check_encodable` does.
    """
    block = picture.exif if keep_metadata else None
    check_encodable(picture.height, picture.width, output.format, exif_bytes=len(block or b""))
    if block:
        block = exif.with_size(block, picture.height, picture.width)
    profile = icc.icc_for(picture.icc, grey=picture.grey)
    if output.format == "png":
        software = None if provenance is None else str(provenance)
        return png.encode(replace(picture, icc=profile, exif=block), software)
    if provenance is not None:
        block = _signed(block, provenance, longest=FORMATS[output.format].max_exif)
    picture = replace(picture, icc=_profile(picture, profile), exif=block)
    if output.format == "jpeg":
        return jpeg.encode(picture, quality=output.quality)
    return webp.encode(picture, quality=output.quality, lossless=output.lossless)


def encoded_size(
    picture: Picture,
    output: OutputFormat = PNG,
    *,
    keep_metadata: bool = True,
    provenance: Provenance | None = None,
) -> int:
    """Return how many bytes `encode` gives. It is no estimate: the picture is encoded to find out."""
    return len(encode(picture, output, keep_metadata=keep_metadata, provenance=provenance))


def format_for(path: str | Path) -> Format:
    """Return the format that a file name's extension asks for.

    Raises
    ------
    OptionError
        If it is not one of `WRITTEN_EXTENSIONS`.
    """
    extension = Path(path).suffix.lower()
    if extension not in WRITTEN_EXTENSIONS:
        raise OptionError(
            f"A picture is written to a file ending in {', '.join(WRITTEN_EXTENSIONS)}; "
            f"received {extension!r}."
        )
    return WRITTEN_EXTENSIONS[extension]


def write(
    path: str | Path,
    picture: Picture,
    output: OutputFormat | None = None,
    *,
    keep_metadata: bool = True,
    provenance: Provenance | None = None,
) -> None:
    """Write a picture file whole or not at all, whatever happens meanwhile.

    Parameters
    ----------
    path : str or Path
        An existing file is replaced.
    picture : Picture
    output : OutputFormat or None
        None takes the format from the extension of `path`.
    keep_metadata, provenance
        See `encode`.

    Raises
    ------
    PictureError
        As `encode` does, and if the file cannot be written.
    OptionError
        If `output` is None and the extension is unknown.
    """
    output = output or OutputFormat(format_for(path))
    data = encode(picture, output, keep_metadata=keep_metadata, provenance=provenance)
    storage.write_bytes(Path(path), data)


def _signed(block: bytes | None, provenance: Provenance, *, longest: int | None) -> bytes | None:
    # A damaged block, or one that is full, is left as it is: what the camera wrote is worth more.
    with suppress(struct.error):
        signed = exif.with_software(block or None, str(provenance))
        return signed if longest is None or len(signed) <= longest else block
    return block


def _profile(picture: Picture, profile: bytes | None) -> bytes | None:
    """Return the profile for a format that has no other way to tell colours."""
    if profile and b"cICP" not in dict(picture.colour_chunks):
        return profile
    return icc.profile_of(picture.colour_chunks, grey=picture.grey)
