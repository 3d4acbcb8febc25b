"""EXIF blocks: what the camera and the photographer wrote about a picture.

A block is patched in place, never parsed and rewritten: that keeps maker notes and everything else byte for
byte, and a damaged block costs only the block, never the picture.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress

from PIL import Image

PREFIX = b"Exif\x00\x00"
"""Written before a block in JPEG and WebP."""

_ORIENTATION = 0x0112
_EXIF_DIRECTORY, _GPS_DIRECTORY = 0x8769, 0x8825
_SOFTWARE, _PROCESSING_SOFTWARE = 0x0131, 0x000B
# Height and width, in the first directory (with TIFF's tags) and in the EXIF directory.
_FIRST_SIZE = {0x0101: "height", 0x0100: "width"}
_EXIF_SIZE = {0xA003: "height", 0xA002: "width"}
# Offset and length of a thumbnail: as JPEG, or as uncompressed pixels in one strip.
_THUMBNAIL_TAGS = ((0x0201, 0x0202), (0x0111, 0x0117))
# Tags in a TIFF's own directory that describe the photo; the others describe how its pixels are stored.
_DESCRIPTIVE_TAGS = (0x010E, 0x010F, 0x0110, 0x0131, 0x0132, 0x013B, 0x8298)
_ASCII, _SHORT, _LONG, _RATIONAL = 2, 3, 4, 5
_X_RESOLUTION, _Y_RESOLUTION, _RESOLUTION_UNIT, _INCH = 0x011A, 0x011B, 0x0128, 2
_EMPTY = b"MM\x00*\x00\x00\x00\x08" + bytes(6)
_ENTRY = 12  # bytes


def take_orientation(block: bytes) -> tuple[int, bytes]:
    """Return the orientation (1 to 8) of a TIFF-structured block, and the block with orientation 1.

    Raises
    ------
    struct.error
        If the block is not a TIFF structure, or is truncated.
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
        1 to 8; 1 if the block is missing or damaged.
    exif : bytes or None
        None if the block is missing or damaged.
    """
    if not block:
        return 1, None
    try:
        orientation, block = take_orientation(block.removeprefix(PREFIX))
        return orientation, _without_thumbnail(block)
    except struct.error:
        return 1, None


def of_tiff(data: bytes) -> bytes | None:
    """Return the EXIF block of a TIFF picture, without the tags that describe its pixel storage."""
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
    except Exception:  # Damaged tags make Pillow raise anything; the picture itself may be fine.
        return None


def with_size(block: bytes, height: int, width: int) -> bytes:
    """Return an EXIF block whose size tags, if it has any, are set to these px."""
    size = {"height": height, "width": width}
    patched = bytearray(block)
    with suppress(struct.error):  # In a damaged block, patch what can be read.
        order = _byte_order(block)
        first = _first_offset(block, order)
        _put_size(patched, order, first, _FIRST_SIZE, size)
        for entry in _entries(block, order, first):
            if struct.unpack_from(order + "H", block, entry) == (_EXIF_DIRECTORY,):
                _put_size(patched, order, _number(block, order, entry), _EXIF_SIZE, size)
    return bytes(patched)


def with_software(block: bytes | None, text: str) -> bytes:
    """Return an EXIF block that names the program that made the picture.

    It goes into the tag Software or, if a camera or another program has used that, into ProcessingSoftware.
    Nothing in the block is moved or replaced: it gets a new first directory at its end.

    Parameters
    ----------
    block : bytes or None
        As returned by `take`. None creates a new block.
    text : str
        Non-ASCII characters become question marks.

    Raises
    ------
    struct.error
        If the block is damaged.
    """
    block = block or _EMPTY
    has_software = any(tag == _SOFTWARE for tag in _tags(block))
    tag = _PROCESSING_SOFTWARE if has_software else _SOFTWARE
    value = text.encode("ascii", "replace") + b"\x00"
    return with_entries(block, {tag: (_ASCII, len(value), value)})


def with_resolution(
    block: bytes | None, horizontal: float, vertical: float, *, replace: bool = False
) -> bytes | None:
    """Return an EXIF block with a resolution in px per inch; an existing one is kept unless `replace`.

    A damaged block is returned unchanged.
    """
    with suppress(struct.error):
        order = _byte_order(block or _EMPTY)
        if not replace and _X_RESOLUTION in _tags(block or _EMPTY):
            return block
        x, y = (struct.pack(order + "II", round(value * 1000), 1000) for value in (horizontal, vertical))
        unit = struct.pack(order + "HH", _INCH, 0)
        entries = {_X_RESOLUTION: (_RATIONAL, 1, x), _Y_RESOLUTION: (_RATIONAL, 1, y)}
        return with_entries(block or _EMPTY, entries | {_RESOLUTION_UNIT: (_SHORT, 1, unit)})
    return block


def _tags(block: bytes) -> list[int]:
    order = _byte_order(block)
    return [
        struct.unpack_from(order + "H", block, entry)[0]
        for entry in _entries(block, order, _first_offset(block, order))
    ]


def with_entries(
    block: bytes, added: dict[int, tuple[int, int, bytes]], removed: tuple[int, ...] = ()
) -> bytes:
    """Add and remove entries of a TIFF-structured block by giving it a new first directory.

    Nothing is moved: the new directory is at the end, and links to the directory that followed the old one.

    Parameters
    ----------
    block : bytes
    added : dict
        Type, count and value by tag, in the byte order of the block.
    removed : tuple of int

    Raises
    ------
    struct.error
        If the block is damaged.
    """
    order = _byte_order(block)
    where = list(_entries(block, order, first := _first_offset(block, order)))
    link = block[first + 2 + _ENTRY * len(where) :][:4].ljust(4, b"\x00")
    entries = {struct.unpack_from(order + "H", block, at)[0]: block[at : at + _ENTRY] for at in where}
    entries = {tag: entry for tag, entry in entries.items() if tag not in removed}
    block += bytes(len(block) % 2)  # directories begin at even offsets
    start = len(block)
    after = start + 2 + _ENTRY * len(entries.keys() | added.keys()) + 4
    values = b""
    for tag, (kind, count, value) in added.items():
        place = struct.pack(order + "I", after + len(values)) if len(value) > 4 else value.ljust(4, b"\x00")
        entries[tag] = struct.pack(order + "HHI", tag, kind, count) + place
        values += value + bytes(len(value) % 2) if len(value) > 4 else b""
    directory = b"".join(entries[tag] for tag in sorted(entries))
    head = block[:4] + struct.pack(order + "I", start)
    return head + block[8:] + struct.pack(order + "H", len(entries)) + directory + link + values


def _byte_order(block: bytes) -> str:
    order = {b"II*\x00": "<", b"MM\x00*": ">"}.get(block[:4])
    if order is None:
        raise struct.error("not a TIFF structure")
    return order


def _first_offset(block: bytes, order: str) -> int:
    return struct.unpack_from(order + "I", block, 4)[0]


def _entries(block: bytes | bytearray, order: str, directory: int) -> Iterator[int]:
    """Yield the offset of each entry of a directory."""
    (count,) = struct.unpack_from(order + "H", block, directory)
    end = directory + 2 + _ENTRY * count
    if end > len(block):
        raise struct.error("directory cut short")
    yield from range(directory + 2, end, _ENTRY)


def _number(block: bytes, order: str, entry: int) -> int:
    """Return the integer in an entry. The standard prescribes SHORT or LONG; writers mix them up."""
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
    """Remove the second directory, which holds a thumbnail of the original picture."""
    order = _byte_order(block)
    first = _first_offset(block, order)
    link = first + 2 + _ENTRY * len(list(_entries(block, order, first)))
    if link + 4 > len(block) or struct.unpack_from(order + "I", block, link) == (0,):
        return block
    (directory,) = struct.unpack_from(order + "I", block, link)
    patched = bytearray(block)
    patched[link : link + 4] = bytes(4)
    # Its pixels too: they may show what has since been cropped away.
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
