"""What the head of a PNG file tells."""

import struct
from typing import NamedTuple

from sr_core import UnreadablePictureError

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOUR_CHUNKS = (b"cICP", b"mDCV", b"cLLI", b"iCCP", b"sRGB", b"gAMA", b"cHRM")
_COLOUR_TYPES_WITH_ALPHA = (4, 6)
# Signature, then length, name, content and checksum of the chunk IHDR.
HEAD = 8 + 4 + 4 + 13 + 4


class Header(NamedTuple):
    """Size in px, and whether there is transparency."""

    height: int
    width: int
    has_alpha: bool


def read_header(data: bytes, name: str = "") -> Header:
    """Read the head of a PNG file; `name` says in the message of the error which it was.

    Raises
    ------
    UnreadablePictureError
        It is not a PNG file.
    """
    if len(data) < HEAD or not data.startswith(_SIGNATURE) or data[12:16] != b"IHDR":
        raise UnreadablePictureError(
            f"The {name} picture is not a PNG file. Encode it as PNG first. Received: {data[:8]!r}..."
        )
    width, height, _, colour_type = struct.unpack(">IIBB", data[16:26])
    return Header(height, width, colour_type in _COLOUR_TYPES_WITH_ALPHA)


def colour_profile(data: bytes) -> bytes:
    """Return the chunks that tell the colours, from length to checksum, of a PNG written by `sr_core`.

    They are empty where there are none. `sr_core` writes them right behind the head.
    """
    end = HEAD
    while data[end + 4 : end + 8] in _COLOUR_CHUNKS:
        end += 12 + int.from_bytes(data[end : end + 4], "big")
    return data[HEAD:end]
