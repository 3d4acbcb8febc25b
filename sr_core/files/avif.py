"""AVIF: Pillow reads 8 bits; OpenCV reads 10 and 12 bits, which become 16."""

from io import BytesIO

from PIL import AvifImagePlugin

from sr_core.files import bmff, exif, metadata, planes
from sr_core.files.planes import Opened, Split
from sr_core.picture import Chunks, Metadata


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`."""
    return Opened(data, AvifImagePlugin.AvifImageFile(BytesIO(data)), bmff.av1_kind(data)[0] > 8)


def decode(opened: Opened) -> Split:
    """Decode the pixels.

    Raises
    ------
    UnreadablePictureError
        If the file is damaged.
    """
    depth, grey = bmff.av1_kind(opened.data)
    if opened.sixteen_bit:
        array = planes.widened(planes.by_opencv(opened.data), depth)
        colour, alpha, grey = planes.split(array, grey=array.ndim == 2 or grey)
    else:
        colour, alpha, _ = planes.eight_bit(opened.image)
    return colour, alpha, grey


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return the orientation and the EXIF block, in which Pillow includes the rotation stored in the file."""
    return exif.take(opened.image.info.get("exif"))


def colour_chunks(opened: Opened) -> Chunks:
    """Return the description of colours besides a profile."""
    return () if opened.image.info.get("icc_profile") else bmff.colour_chunks(opened.data)


def metadata_of(opened: Opened) -> Metadata:
    """Return the metadata besides EXIF."""
    xmp = metadata.upright_xmp(opened.image.info.get("xmp"))
    return Metadata(xmp=xmp, left_out=metadata.left_out(opened.data))
