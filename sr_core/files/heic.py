"""HEIC, the format of many phones: read by pillow-heif; 10 and 12 bits become 16."""

from io import BytesIO

import numpy as np

from sr_core.errors import UnsupportedPictureError
from sr_core.files import bmff, exif, metadata, planes
from sr_core.files.planes import Opened, Split
from sr_core.picture import Chunks, Metadata


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`."""
    # Imported here because few pictures are HEIC. The plugin is not registered with Pillow.
    try:
        from pillow_heif import HeifImageFile
    except ImportError as error:
        raise UnsupportedPictureError(
            "HEIC pictures need the package pillow-heif, which is not installed: install it, or save the "
            "picture as JPEG or PNG."
        ) from error
    image = HeifImageFile(BytesIO(data))
    return Opened(data, image, image.info.get("bit_depth", 8) > 8)


def decode(opened: Opened) -> Split:
    """Decode the pixels, which libheif turns upright."""
    if not opened.sixteen_bit:
        return planes.eight_bit(opened.image)
    from pillow_heif import open_heif

    depth = opened.image.info["bit_depth"]
    array = np.asarray(open_heif(opened.data, convert_hdr_to_8bit=False, hdr_to_16bit=False))
    width = opened.image.width
    return planes.split(planes.widened(array[:, :width], depth), grey=array.ndim == 2)


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return that the picture is upright, and its EXIF block."""
    return 1, exif.take(opened.image.info.get("exif"))[1]


def colour_chunks(opened: Opened) -> Chunks:
    """Return the description of colours besides a profile."""
    return () if opened.image.info.get("icc_profile") else bmff.colour_chunks(opened.data)


def metadata_of(opened: Opened) -> Metadata:
    """Return the metadata besides EXIF."""
    left_out = metadata.left_out(opened.data)
    if (count := getattr(opened.image, "n_frames", 1)) > 1:
        left_out += (f"The file holds {count} pictures: the main one is enlarged.",)
    return Metadata(xmp=metadata.upright_xmp(opened.image.info.get("xmp")), left_out=left_out)
