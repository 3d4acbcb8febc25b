"""EXIF blocks: what the camera and the photographer wrote about a picture.

A block is patched in place, never parsed and written anew: that keeps maker notes and everything else byte
for byte, and a damaged block costs the block, never the picture.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

import numpy as np
from PIL import Image

PREFIX = b"Exif\x00\x00"
"""What JPEG and WebP write before a block."""

_ORIENTATION = 0x0112
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_SOFTWARE, _PROCESSING_SOFTWARE = 0x0131, 0x000B
# Height and width, in the first directory (TIFF's names) and in that of EXIF.
_FIRST_SIZE = {0x0101: "height", 0x0100: "width"}
_EXIF_SIZE = {0xA003: "height", 0xA002: "width"}
# Where a thumbnail starts and how long it is: as JPEG, or as plain pixels in one strip.
_THUMBNAIL_TAGS = ((0x0201, 0x0202), (0x0111, 0x0117))
# What describes the photo in a TIFF's own directory; the other tags describe how its pixels are stored.
_DESCRIPTIVE_TAGS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_ASCII, _SHORT, _LONG = 2, 3, 4
_ENTRY = 12  # bytes


def upright(array: np.ndarray, orientation: int) -> np.ndarray:
    """Apply an EXIF orientation.

    Parameters
    ----------
    array : (H, W) or (H, W, C) ndarray
    orientation : int
        1 to 8, as in section 4.6.4 of the EXIF 2.3 standard.

    Returns
    -------
    (H, W[, C]) or, for 5 to 8, (W, H[, C]) contiguous ndarray
    """
    if orientation >= 5:
        array = array.swapaxes(0, 1)
    # After the swap, 5 to 8 mirror rows and columns in their own order.
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def take_orientation(block: bytes) -> tuple[int, bytes]:
    """Return the orientation (1 to 8) of a TIFF-structured block, and the block with orientation 1.

    Raises
    ------
    struct.error
        If the block is no TIFF structure, or is cut short.
    """
    order = _byte_order(block)
    for entry in _entries(block, order, _first_offset(block, order)):
        tag, value = struct.unpack_from(order + "H", block, entry)[0], _number(block, order, entry)
        if tag != _ORIENTATION:
            continue
        if value == 1:
            break
        patched = bytearray(block)
        struct.pack_into(order + "HHIHH", patched, entry, _ORIENTATION, _SHORT, 1, 1, 0)
        return (value if 2 <= value <= 8 else 1), bytes(patched)
    return 1, block


def take(block: bytes | None) -> tuple[int, bytes | None]:
    """Return the orientation of an EXIF block, and the block without orientation and thumbnail.

    Parameters
    ----------
    block : bytes or None
        TIFF-structured, with or without `PREFIX`.

    Returns
    -------
    orientation : int
        1 to 8; 1 where the block is missing or damaged.
    exif : bytes or None
        None where the block is missing or damaged.
    """
    if not block:
        return 1, None
    try:
        orientation, block = take_orientation(block.removeprefix(PREFIX))
        return orientation, _without_thumbnail(block)
    except struct.error:
        return 1, None


def of_tiff(data: bytes) -> bytes | None:
    """Return the EXIF block that describes a TIFF picture's photo, without the tags of its pixel storage."""
    try:
        whole, kept = Image.Exif(), Image.Exif()
        whole.load(data)
        for tag in _DESCRIPTIVE_TAGS:
            if tag in whole:
                kept[tag] = whole[tag]
        for directory in (_EXIF_DIRECTORY, _GPS_DIRECTORY):
            if directory in whole and (tags := whole.get_ifd(directory)):
                kept[directory] = dict(tags)
        return kept.tobytes().removeprefix(PREFIX) if len(kept) else None
    except Exception:  # Pillow raises whatever a damaged tag provokes; the picture itself may be sound.
        return None


def with_size(block: bytes, height: int, width: int) -> bytes:
    """Return an EXIF block whose tags for the size of the picture, where it has them, say these px."""
    size = {"height": height, "width": width}
    patched = bytearray(block)
    with suppress(struct.error):  # Of a damaged block, what can be read is put right.
        order = _byte_order(block)
        first = _first_offset(block, order)
        _put_size(patched, order, first, _FIRST_SIZE, size)
        for entry in _entries(block, order, first):
            if struct.unpack_from(order + "H", block, entry) == (_EXIF_DIRECTORY,):
                _put_size(patched, order, _number(block, order, entry), _EXIF_SIZE, size)
    return bytes(patched)


def with_software(block: bytes | None, text: str) -> bytes:
    """Return an EXIF block that names the program that made the picture.

    In the tag Software; where that is taken, by a camera or another program, in ProcessingSoftware. Nothing
    that the block says is moved or replaced: it gets a new first directory at its end.

    Parameters
    ----------
    block : bytes or None
        As `take` returns it. None makes a new block.
    text : str
        What is not ASCII becomes a question mark.

    Raises
    ------
    struct.error
        If the block is damaged.
    """
    block = b"MM\x00*\x00\x00\x00\x08" + bytes(6) if block is None else block
    order = _byte_order(block)
    first = _first_offset(block, order)
    old = [block[entry : entry + _ENTRY] for entry in _entries(block, order, first)]
    tags = [struct.unpack_from(order + "H", entry)[0] for entry in old]
    tag = _PROCESSING_SOFTWARE if _SOFTWARE in tags else _SOFTWARE
    value = text.encode("ascii", "replace") + b"\x00"
    kept = [entry for entry, its_tag in zip(old, tags, strict=True) if its_tag != tag]
    block += bytes(len(block) % 2)  # directories begin at even offsets
    start = len(block)
    after = start + 2 + _ENTRY * (len(kept) + 1) + 4
    new = struct.pack(order + "HHII", tag, _ASCII, len(value), after)
    entries = sorted([*kept, new], key=lambda entry: struct.unpack_from(order + "H", entry))
    directory = struct.pack(order + "H", len(entries)) + b"".join(entries) + bytes(4)
    return block[:4] + struct.pack(order + "I", start) + block[8:] + directory + value


def _byte_order(block: bytes) -> str:
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4])
    if order is None:
        raise struct.error("no TIFF structure")
    return order


def _first_offset(block: bytes, order: str) -> int:
    return struct.unpack_from(order + "I", block, 4)[0]


def _entries(block: bytes | bytearray, order: str, directory: int) -> Iterator[int]:
    """Yield where each entry of a directory begins."""
    (count,) = struct.unpack_from(order + "H", block, directory)
    end = directory + 2 + _ENTRY * count
    if end > len(block):
        raise struct.error("directory cut short")
    yield from range(directory + 2, end, _ENTRY)


def _number(block: bytes, order: str, entry: int) -> int:
    """Return the whole number that an entry holds. The standard says SHORT or LONG; writers mix them up."""
    (kind,) = struct.unpack_from(order + "H", block, entry + 2)
    return struct.unpack_from(order + ("I" if kind == _LONG else "H"), block, entry + 8)[0]


def _put_size(
    patched: bytearray, order: str, directory: int, tags: dict[int, str], size: dict[str, int]
) -> None:
    for entry in _entries(patched, order, directory):
        (tag,) = struct.unpack_from(order + "H", patched, entry)
        if tag in tags:
            struct.pack_into(order + "HHII", patched, entry, tag, _LONG, 1, size[tags[tag]])


def _without_thumbnail(block: bytes) -> bytes:
    """Cut off the second directory, which holds a thumbnail of the old picture as the camera saw it."""
    order = _byte_order(block)
    first = _first_offset(block, order)
    link = first + 2 + _ENTRY * len(list(_entries(block, order, first)))
    if link + 4 > len(block) or struct.unpack_from(order + "I", block, link) == (0,):
        return block
    (directory,) = struct.unpack_from(order + "I", block, link)
    patched = bytearray(block)
    patched[link : link + 4] = bytes(4)
    # Its pixels too: they may show what was cropped away since.
    with suppress(struct.error):
        numbers = {
            struct.unpack_from(order + "H", block, entry)[0]: _number(block, order, entry)
            for entry in _entries(block, order, directory)
        }
        for start_tag, length_tag in _THUMBNAIL_TAGS:
            start, end = numbers.get(start_tag, 0), numbers.get(start_tag, 0) + numbers.get(length_tag, 0)
            if link + 4 <= start < end < len(block):
                patched[start:end] = bytes(end - start)
            elif link + 4 <= start < end == len(block):
                del patched[start:]
    return bytes(patched)
