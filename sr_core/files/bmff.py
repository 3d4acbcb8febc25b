"""Reads the boxes of AVIF and HEIC files (ISO base media file format, ISO/IEC 14496-12)."""

import re
import struct

from sr_core.picture import Chunks

# Colour box with code points: primaries, transfer and matrix (ITU-T H.273), and a flag.
_NCLX = re.compile(rb"colrnclx(..)(..)..", re.DOTALL)
# The AV1 configuration: a version, profile and level, then flags for the bit depth and for grey.
_AV1 = re.compile(rb"av1C\x81.(.)", re.DOTALL)
_HIGH_DEPTH, _TWELVE_BITS, _MONOCHROME = 0x40, 0x20, 0x10
_UNSPECIFIED, _SRGB = 2, (1, 13)


def brands(data: bytes) -> set[bytes]:
    """Return the brands (file types) of a file, without spaces; empty if it has no such box."""
    if data[4:8] != b"ftyp":
        return set()
    length = min(int.from_bytes(data[:4]), 4096)
    names = [data[8:12], *(data[i : i + 4] for i in range(16, length - 3, 4))]
    return {name.strip() for name in names}


def _meta(data: bytes) -> bytes:
    """Return the box with the metadata of the pictures, without their pixels."""
    start = 0
    while start + 8 <= len(data):
        length, name = struct.unpack_from(">I4s", data, start)
        if name == b"meta":
            return data[start : start + length]
        if length < 8:  # the last box, or one with a 64-bit length: both hold pixels
            break
        start += length
    return b""


def colour_chunks(data: bytes) -> Chunks:
    """Return the colour code points of a file as PNG's cICP chunk; empty if they are sRGB or unspecified."""
    found = _NCLX.search(_meta(data))
    if not found:
        return ()
    primaries, transfer = (struct.unpack(">H", code)[0] for code in found.groups())
    if (
        _UNSPECIFIED in (primaries, transfer)
        or (primaries, transfer) == _SRGB
        or max(primaries, transfer) > 255
    ):
        return ()
    return ((b"cICP", bytes([primaries, transfer, 0, 1])),)


def av1_kind(data: bytes) -> tuple[int, bool]:
    """Return the bit depth of an AVIF file, and whether it is grey."""
    found = _AV1.search(_meta(data))
    flags = found[1][0] if found else 0
    depth = (12 if flags & _TWELVE_BITS else 10) if flags & _HIGH_DEPTH else 8
    return depth, bool(flags & _MONOCHROME)
