"""TIFF: Pillow reads 8 bits, OpenCV 16 bits; tags are checked before a decoder sees them."""

import struct
from io import BytesIO
from typing import Any

import numpy as np
from PIL import TiffImagePlugin
from PIL.TiffImagePlugin import ImageFileDirectory_v2 as Tags

from sr_core.errors import UnsupportedPictureError
from sr_core.files import exif, metadata, planes
from sr_core.files.planes import Opened, Split
from sr_core.picture import Metadata
from sr_core.pixels import Pixels

_BITS, _PHOTOMETRIC, _CHANNELS, _PLANAR = 258, 262, 277, 284
_TILE_WIDTH, _TILE_HEIGHT, _SAMPLE_FORMAT = 322, 323, 339
_EXTRA_SAMPLES = 338
_SUBFILE_TYPE, _REDUCED, _OLD_SUBFILE_TYPE, _OLD_REDUCED = 254, 1, 255, 2
_DNG_VERSION = 50706
_RAW = {32803, 34892}  # colour filter array, linear raw
_CANON_RAW = b"CR\x02"
_SUB_DIRECTORIES, _MAX_SUB_DIRECTORIES = 330, 16
_MAX_PAGES = 32  # halvings of a side of 2**32 px
_WIDTH, _HEIGHT = 256, 257
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT = 282, 283, 296
_XMP, _IPTC, _PHOTOSHOP = 700, 33723, 34377
_BYTES = {1: 1, 2: 1, 4: 4, 7: 1}  # size of a number by its type
# Units per metre: inches, centimetres.
_UNITS = {2: 1 / metadata.INCH, 3: 100.0}
_GREY_OR_RGB = {0, 1, 2}
_PALETTE_CMYK_YCBCR = {3, 5, 6}
_MAX_TILE = 4096 * 4096  # px
# Offset and length of each row of the tallest picture, with four planes.
_MAX_NUMBERS = 2**18
_BYTE_TYPES = (1, 2, 7)  # types of tags whose values stay bytes
_DIRECTORIES = (0x8769, 0x8825, 0xA005)  # EXIF, GPS, and Interop (within EXIF)
_WHITE_IS_ZERO, _BLACK_IS_ZERO, _RGB = 0, 1, 2
_SHORT = 3
_ASSOCIATED_ALPHA, _UNASSOCIATED_ALPHA = 1, 2
_OPAQUE = 65535


def probe(data: bytes) -> Opened:
    """Read the header; see `sr_core.files.reading.open_header`.

    Raises
    ------
    UnsupportedPictureError
    Exception
        Any other exception, if the file is damaged.
    """
    tags = _load_tags(data, Tags(data[:8]).next)
    _check_raw(data, tags)
    data, smaller = _without_smaller(data, tags)
    if tags.get(_PHOTOMETRIC) == _BLACK_IS_ZERO and tags.get(_CHANNELS) == 3:
        data, tags = _as_rgb(data)
    sixteen_bit = _check(tags)
    # Pillow and OpenCV both apply the orientation of a TIFF, so it is removed here.
    orientation, data = exif.take_orientation(data)
    if tags.get(_PHOTOMETRIC) in (_WHITE_IS_ZERO, _BLACK_IS_ZERO) and tags.get(_CHANNELS, 1) > 2:
        raise _unknown_kind(tags)
    try:
        image = TiffImagePlugin.TiffImageFile(BytesIO(data))
    except SyntaxError as error:
        if "unknown pixel mode" not in str(error):
            raise
        raise _unknown_kind(tags) from error
    left_out = (f"The file also holds smaller versions of the picture ({smaller}): they are left out.",)
    return Opened(data, image, sixteen_bit, orientation, left_out if smaller else ())


def _unknown_kind(tags: Tags) -> UnsupportedPictureError:
    return UnsupportedPictureError(
        "TIFF pictures must be grey, RGB or CMYK, with or without alpha: save it as an RGB PNG; received "
        f"{tags.get(_CHANNELS, 1)} channels of {sorted(_values(tags, _BITS))} bits, colour space number "
        f"{tags.get(_PHOTOMETRIC)}."
    )


def decode(opened: Opened) -> Split:
    """Decode the pixels.

    Raises
    ------
    UnreadablePictureError
        If the file is damaged.
    """
    image = opened.image
    if not opened.sixteen_bit or not isinstance(image, TiffImagePlugin.TiffImageFile):
        return planes.eight_bit(image)
    array = planes.by_opencv(opened.data)
    if image.tag_v2.get(_PHOTOMETRIC) == _WHITE_IS_ZERO:
        array = _OPAQUE - array
    if array.ndim == 3 and array.shape[2] == 4:
        extra = image.tag_v2.get(_EXTRA_SAMPLES, (0,))[0]
        if extra == _ASSOCIATED_ALPHA:
            array = _unpremultiplied(array)
        elif extra != _UNASSOCIATED_ALPHA:
            array = array[..., :3]
    return planes.split(array, grey=array.ndim == 2)


def exif_of(opened: Opened) -> tuple[int, bytes | None]:
    """Return the orientation and the EXIF block."""
    return opened.orientation, exif.of_tiff(opened.data)


def metadata_of(opened: Opened) -> Metadata:
    """Return the metadata besides EXIF."""
    if not isinstance(opened.image, TiffImagePlugin.TiffImageFile):
        return Metadata()
    tags = opened.image.tag_v2
    unit = _UNITS.get(tags.get(_RESOLUTION_UNIT, 2))
    horizontal, vertical = tags.get(_X_RESOLUTION), tags.get(_Y_RESOLUTION)
    return Metadata(
        metadata.resolution(horizontal, vertical, per_metre=unit) if unit else None,
        metadata.upright_xmp(_bytes_of(opened.data, _XMP)),
        _bytes_of(opened.data, _IPTC) or metadata.iptc_in(_bytes_of(opened.data, _PHOTOSHOP) or b""),
        left_out=opened.left_out,
    )


def _bytes_of(data: bytes, wanted: int) -> bytes | None:
    """Return the raw bytes of a tag: some programs declare bytes as 32-bit numbers."""
    order = "<" if data.startswith(b"II") else ">"
    (start,) = struct.unpack_from(order + "I", data, 4)
    (count,) = struct.unpack_from(order + "H", data, start)
    for tag, kind, numbers, value in struct.iter_unpack(
        order + "HHII", data[start + 2 : start + 2 + 12 * count]
    ):
        if tag == wanted and (length := numbers * _BYTES.get(kind, 0)) > 4:
            return data[value : value + length]
    return None


def _check_raw(data: bytes, tags: Tags) -> None:
    """Refuse camera raw files, and files whose first page is a reduced version of the picture.

    Raises
    ------
    UnsupportedPictureError
    """
    if _DNG_VERSION in tags or tags.get(_PHOTOMETRIC) in _RAW or data.startswith(_CANON_RAW, 8):
        raise UnsupportedPictureError(
            "This is a camera's raw file, which has to be developed first: open it in a raw converter, such "
            "as darktable, RawTherapee or the camera's own, and save it as 16-bit PNG or TIFF."
        )
    within = tags.get(_SUB_DIRECTORIES, ())
    within = within[:_MAX_SUB_DIRECTORIES] if isinstance(within, tuple) else (within,)
    if _is_reduced(tags) or any(_area(_load_tags(data, start, depth=0)) > _area(tags) for start in within):
        raise UnsupportedPictureError(
            "The TIFF file begins with a small version of its picture, as raw files of cameras do; convert "
            "it with a raw converter, or save its full picture as PNG."
        )


def _is_reduced(tags: Tags) -> bool:
    kind = tags.get(_SUBFILE_TYPE, 0)
    return bool(isinstance(kind, int) and kind & _REDUCED) or tags.get(_OLD_SUBFILE_TYPE) == _OLD_REDUCED


def _without_smaller(data: bytes, tags: Tags) -> tuple[bytes, int]:
    """Return a file without the pages after the first, if all are reduced versions of it, and their number.

    Scanners and GIS programs store such pages as previews.
    """
    count, following = 0, tags.next
    while following:
        page = _load_tags(data, following, depth=0)
        count += 1
        # The chain may be a loop.
        if not _is_reduced(page) or _area(page) >= _area(tags) or count > _MAX_PAGES:
            return data, 0
        following = page.next
    if count:
        order = "<" if data.startswith(b"II") else ">"
        start = Tags(data[:8]).next
        link = start + 2 + 12 * struct.unpack_from(order + "H", data, start)[0]
        data = data[:link] + bytes(4) + data[link + 4 :]
    return data, count


def _area(tags: Tags) -> int:
    return tags.get(_WIDTH, 0) * tags.get(_HEIGHT, 0)


def _as_rgb(data: bytes) -> tuple[bytes, Tags]:
    """Return a file of three bands without a colour space as an RGB file, and its tags."""
    order = "<" if data.startswith(b"II") else ">"
    rgb = (_SHORT, 1, struct.pack(order + "H", _RGB))
    data = exif.with_entries(data, {_PHOTOMETRIC: rgb}, removed=(_EXTRA_SAMPLES,))
    return data, _load_tags(data, Tags(data[:8]).next)


def _check(tags: Tags) -> bool:
    """Refuse kinds of TIFF that would be misread; return whether the channels have 16 bits.

    Raises
    ------
    UnsupportedPictureError
    Exception
        Any other exception, if the file is damaged.
    """
    bits, sample_formats = _values(tags, _BITS), _values(tags, _SAMPLE_FORMAT)
    if len(bits) > 1 or max(bits) > 16 or sample_formats != {1}:
        raise UnsupportedPictureError(
            f"TIFF pictures must hold unsigned whole numbers of 8 or 16 bits: save it as a 16-bit PNG; "
            f"received {sorted(bits)} bits per channel of sample format {sorted(sample_formats)}."
        )
    sixteen_bit = bits == {16}
    photometric = tags.get(_PHOTOMETRIC)
    if photometric not in _GREY_OR_RGB | (set() if sixteen_bit else _PALETTE_CMYK_YCBCR):
        raise UnsupportedPictureError(
            f"TIFF pictures must be grey or RGB, or CMYK of 8 bits: save it as an RGB PNG; "
            f"received colour space number {photometric} (5 is CMYK, 8 is LAB)."
        )
    channels, planar = tags.get(_CHANNELS, 1), tags.get(_PLANAR, 1)
    if sixteen_bit and (channels not in (1, 3, 4) or (channels > 1 and planar != 1)):
        raise UnsupportedPictureError(
            f"TIFF pictures of 16 bits must have 1, 3 or 4 interleaved channels: save it as a 16-bit PNG; "
            f"received {channels} channels, planar configuration {planar}."
        )
    tile_height, tile_width = tags.get(_TILE_HEIGHT, 0), tags.get(_TILE_WIDTH, 0)
    if tile_height * tile_width > _MAX_TILE:
        raise UnsupportedPictureError(
            f"TIFF pictures must have tiles of at most 4096 x 4096 px: save it as PNG; "
            f"received tiles of {tile_height:,} x {tile_width:,} px (height x width)."
        )
    return sixteen_bit


def _load_tags(data: bytes, start: int, *, depth: int = 2) -> Tags:
    """Load a directory; refuse it if it, or one that it points to, holds very many numbers.

    Pillow makes an object of each number that it needs, and of all in the EXIF directories.
    """
    order = "<" if data.startswith(b"II") else ">"
    length = 12 * int.from_bytes(data[start : start + 2], "little" if order == "<" else "big")
    entries = data[start + 2 : start + 2 + length]
    numbers = sum(
        count
        for _, kind, count, _ in struct.iter_unpack(order + "HHII", entries[: len(entries) // 12 * 12])
        if kind not in _BYTE_TYPES and count <= len(data)  # ignores impossible counts
    )
    if numbers > _MAX_NUMBERS:
        raise UnsupportedPictureError(
            f"The tags of TIFF pictures must hold at most {_MAX_NUMBERS:,} numbers: save it as PNG; "
            f"received {numbers:,}."
        )
    tags = Tags(data[:8])
    stream = BytesIO(data)
    stream.seek(start)
    tags.load(stream)
    for pointer in _DIRECTORIES if depth else ():
        if isinstance(nested := tags.get(pointer), int):
            _load_tags(data, nested, depth=depth - 1)
    return tags


def _values(tags: Tags, tag: int) -> set[Any]:
    value = tags.get(tag, 1)
    return set(value) if isinstance(value, tuple) else {value}


def _unpremultiplied(rgba: Pixels) -> Pixels:
    alpha = rgba[..., 3:].astype(np.uint64)
    colour = (rgba[..., :3] * np.uint64(_OPAQUE) + alpha // 2) // np.maximum(alpha, 1)
    return np.concatenate([np.minimum(colour, _OPAQUE).astype(np.uint16), rgba[..., 3:]], axis=2)
