"""Encodes `Picture` to files, with its colours and metadata."""

import struct
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sr_core.errors import OptionError, PictureTooLargeError, UnsupportedPictureError
from sr_core.files import exif, icc, jpeg, metadata, png, storage, webp
from sr_core.files.formats import FORMATS, WRITTEN, WRITTEN_EXTENSIONS, Format
from sr_core.files.provenance import Provenance
from sr_core.picture import Metadata, Picture


@dataclass(frozen=True, slots=True)
class OutputFormat:
    """The format of a written file and its settings.

    Attributes
    ----------
    format : {"png", "jpeg", "webp"}
        PNG is exact and keeps 8 or 16 bits. JPEG and WebP round to 8 bits. JPEG composites transparent
        pictures onto white. WebP has no grey pictures, so those with a profile are converted to sRGB.
    quality : int
        1 to 100, for JPEG and lossy WebP.
    lossless : bool
        Lossless WebP. PNG always is lossless; JPEG never is.

    Raises
    ------
    OptionError
        If `format` or `quality` has another value, or a lossless JPEG is requested.
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
            raise OptionError("JPEG cannot be lossless; choose PNG, or lossless WebP.")


PNG = OutputFormat()


def check_encodable(height: int, width: int, format: Format, *, exif_bytes: int = 0) -> None:  # noqa: A002
    """Check that a format can hold a result, before it is computed.

    Parameters
    ----------
    height, width : int
        Of the result, in px.
    format : {"png", "jpeg", "webp"}
    exif_bytes : int
        Length of the EXIF block to keep.

    Raises
    ------
    PictureTooLargeError
        If a side is longer than the format allows: 65,500 px for JPEG, 16,383 px for WebP.
    UnsupportedPictureError
        If the EXIF block is too long for a JPEG.
    """
    kind = FORMATS[format]
    name, limit = kind.name, kind.max_side
    if limit is not None and max(height, width) > limit:
        raise PictureTooLargeError(
            f"{name} keeps pictures of at most {limit:,} px on each side; save it as PNG; "
            f"received {height:,} x {width:,} px (height x width)."
        )
    longest = kind.limit("EXIF")
    if exif_bytes > longest:
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
    """Encode a picture with its colours and metadata.

    Parameters
    ----------
    picture : Picture
    output : OutputFormat
    keep_metadata : bool
        False leaves out EXIF, XMP, IPTC and texts: camera, author, date, place and the rest. The colour
        profile is kept, because colours depend on it, and so is the resolution.
    provenance : Provenance or None
        How the picture was made, for PNG's text ``Software`` or the EXIF tag of JPEG and WebP; None writes
        nothing.

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
    own = picture.metadata if keep_metadata else Metadata(picture.metadata.resolution)
    if own.xmp:
        own = replace(own, xmp=metadata.sized_xmp(own.xmp, picture.height, picture.width))
    profile = icc.icc_for(picture.icc, grey=picture.grey)
    if output.format == "png":
        software = None if provenance is None else str(provenance)
        if software:
            own = replace(own, texts=tuple(text for text in own.texts if not _is_ours(text)))
        return png.encode(replace(picture, icc=profile, exif=block, metadata=own), software)
    if provenance is not None:
        block = _signed(block, provenance, longest=FORMATS[output.format].limit("EXIF"))
    picture = replace(picture, icc=_profile(picture, profile), exif=block, metadata=own)
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
    """Return the exact size in bytes of what `encode` returns, by encoding the picture."""
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
    """Write a picture file atomically.

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


def _signed(block: bytes | None, provenance: Provenance, *, longest: float) -> bytes | None:
    # A damaged or full block is left unchanged: what the camera wrote is worth more.
    with suppress(struct.error):
        signed = exif.with_software(block or None, str(provenance))
        return signed if len(signed) <= longest else block
    return block


def _is_ours(text: tuple[bytes, bytes]) -> bool:
    """Return whether a PNG text is the provenance of an earlier enlargement."""
    return text[0] == b"tEXt" and text[1].startswith(b"Software\x00SuperRes ")


def _profile(picture: Picture, profile: bytes | None) -> bytes | None:
    """Return the profile for a format that has no other description of colours."""
    if profile and b"cICP" not in dict(picture.colour_chunks):
        return profile
    return icc.profile_of(picture.colour_chunks, grey=picture.grey)
