"""WebP: read and written by Pillow."""

from dataclasses import replace
from io import BytesIO
from typing import Any

from PIL import WebPImagePlugin

from sr_core.files import exif, icc, metadata, planes
from sr_core.files.planes import Opened, Split
from sr_core.picture import Metadata, Picture


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`."""
    return Opened(data, WebPImagePlugin.WebPImageFile(BytesIO(data)))


def decode(opened: Opened) -> Split:
    """Decode the pixels."""
    return planes.eight_bit(opened.image)


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return orientation and EXIF block."""
    return exif.take(opened.image.info.get("exif"))


def metadata_of(opened: Opened) -> Metadata:
    """Return what the file says beside its EXIF."""
    return Metadata(xmp=metadata.upright_xmp(opened.image.info.get("xmp")))


def encode(picture: Picture, *, quality: int, lossless: bool) -> bytes:
    """Encode as WebP, with all that the picture carries; its sides must be within the limit of `formats`.

    WebP has no grey pictures, nor profiles for them: such a picture is converted to sRGB.
    """
    image = planes.image(picture)
    if picture.icc and icc.colour_space(picture.icc) == "GRAY":
        alpha = image.getchannel("A") if "A" in image.getbands() else None
        image, picture = icc.to_srgb(image.getchannel("L"), picture.icc), replace(picture, icc=None)
        if alpha is not None:
            image.putalpha(alpha)
    said = picture.metadata
    extra: dict[str, Any] = {"xmp": said.xmp} if said.xmp else {}
    if said.resolution:
        picture = replace(picture, exif=exif.with_resolution(picture.exif, *said.resolution))
    if lossless:
        # Quality means effort here. 2048 x 2048 px of noisy photo: 2.1 s and 3.6 MiB, against 20 s and
        # 4.4 MiB at Pillow's defaults but method 0. `exact` keeps the colours under full transparency.
        return planes.saved(image, "WEBP", picture, lossless=True, quality=20, method=1, exact=True, **extra)
    return planes.saved(image, "WEBP", picture, quality=quality, **extra)
