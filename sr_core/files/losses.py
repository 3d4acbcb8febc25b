"""Says what a picture would lose in a format, before it is enlarged."""

from collections.abc import Iterator

from sr_core import transparency
from sr_core.files import icc, jpeg, metadata
from sr_core.files.formats import FORMATS, WRITTEN, FileFormat, Kind
from sr_core.files.writing import OutputFormat
from sr_core.picture import Metadata, Picture

_MAX_NAMED = 5  # texts


def losses(picture: Picture, output: OutputFormat, *, keep_metadata: bool = True) -> tuple[str, ...]:
    """Return what a picture would lose in a format, before anything is computed.

    What a lossy format does to every picture is not mentioned.

    Parameters
    ----------
    picture : Picture
        The picture to be written or, since enlarging keeps all of this, the original.
    output : OutputFormat
    keep_metadata : bool
        See `encode`; what is left out on purpose is not a loss.

    Returns
    -------
    tuple of str
        One message per loss; for PNG only about what was not read.
    """
    kind = FORMATS[output.format]
    name = kind.name
    messages = list(picture.metadata.left_out)
    if output.format == "jpeg" and not transparency.is_opaque(picture.alpha):
        messages.append(
            "JPEG keeps no transparency: the picture is laid on white; choose PNG or WebP to keep it."
        )
    if output.format != "png" and picture.bit_depth == 16:
        messages.append(
            f"{name} keeps 8 bits per channel: the picture's 16 are rounded; choose PNG to keep them."
        )
    if output.format != "png" and icc.is_beyond_profiles(picture.colour_chunks):
        messages.append(
            f"{name} cannot tell that the colours are coded for HDR (cICP), so they will look pale; choose "
            "PNG to keep that."
        )
    if keep_metadata:
        messages.extend(_lost_metadata(picture.metadata, kind))
    return tuple(messages)


def _lost_metadata(own: Metadata, kind: FileFormat) -> Iterator[str]:
    blocks: dict[Kind, bytes | None] = {"XMP": own.xmp, "IPTC": own.iptc}
    for what, block in blocks.items():
        if block and not kind.keeps(what):
            yield (
                f"{kind.name} has no place for {what} data: they are left out; choose {_keepers(what)} to "
                "keep them."
            )
        elif block and len(block) > kind.limit(what):
            yield (
                f"{kind.name} keeps at most {kind.limit(what):,} bytes of {what} data, and these are "
                f"{len(block):,}: they are left out; choose PNG to keep them."
            )
    lost = [text for text in own.texts if not kind.keeps("texts") and not _is_comment(text, kind)]
    if lost:
        words = ", ".join(list(dict.fromkeys(map(metadata.keyword_of, lost)))[:_MAX_NAMED])
        yield f"{kind.name} has no place for PNG texts ({words}): they are left out; choose PNG to keep them."


def _keepers(what: Kind) -> str:
    return " or ".join(FORMATS[key].name for key in WRITTEN if FORMATS[key].keeps(what))


def _is_comment(text: tuple[bytes, bytes], kind: FileFormat) -> bool:
    return kind is FORMATS["jpeg"] and jpeg.comment_of(text) is not None
