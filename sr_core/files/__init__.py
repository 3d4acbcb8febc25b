"""Picture files: bytes to `Picture` and back, and files on disk.

    bytes -> reading.decode -> Picture -> writing.encode -> bytes

`formats` is the table of all formats; each has a module with `probe`, `decode` and, if it can be written,
`encode`.
"""

from sr_core.files.formats import (
    FORMATS,
    READABLE_EXTENSIONS,
    READABLE_NAMES,
    WRITTEN,
    WRITTEN_EXTENSIONS,
    Format,
    format_of,
)
from sr_core.files.losses import losses
from sr_core.files.provenance import Provenance
from sr_core.files.reading import DEFAULT_LIMITS, Limits, decode, read
from sr_core.files.storage import read_bytes, write_bytes
from sr_core.files.writing import (
    PNG,
    OutputFormat,
    check_encodable,
    encode,
    encoded_size,
    format_for,
    write,
)

__all__ = [
    "DEFAULT_LIMITS",
    "FORMATS",
    "PNG",
    "READABLE_EXTENSIONS",
    "READABLE_NAMES",
    "WRITTEN",
    "WRITTEN_EXTENSIONS",
    "Format",
    "Limits",
    "OutputFormat",
    "Provenance",
    "check_encodable",
    "decode",
    "encode",
    "encoded_size",
    "format_for",
    "format_of",
    "losses",
    "read",
    "read_bytes",
    "write",
    "write_bytes",
]
