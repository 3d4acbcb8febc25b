"""Colour profiles: checks those of pictures, and makes them from the numbers in PNG, AVIF and HEIC.

The numbers are those of ITU-T H.273 (code points of primaries and transfer functions) and of PNG's chunks; a
profile made from them shows the same colours in formats that support only profiles.
"""

import struct
from collections.abc import Mapping
from io import BytesIO
from types import MappingProxyType

import numpy as np
from PIL import Image

from sr_core.picture import Chunks

# Chromaticities (x, y) of red, green, blue and white.
_D65, _DCI, _C = (0.3127, 0.3290), (0.314, 0.351), (0.310, 0.316)
_PRIMARIES: Mapping[int, tuple[tuple[float, float], ...]] = MappingProxyType(
    {
        1: ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06), _D65),
        4: ((0.67, 0.33), (0.21, 0.71), (0.14, 0.08), _C),
        5: ((0.64, 0.33), (0.29, 0.60), (0.15, 0.06), _D65),
        6: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
        7: ((0.630, 0.340), (0.310, 0.595), (0.155, 0.070), _D65),
        9: ((0.708, 0.292), (0.170, 0.797), (0.131, 0.046), _D65),
        11: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _DCI),
        12: ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060), _D65),
    }
)
_SRGB_CURVE = (2.4, 1 / 1.055, 0.055 / 1.055, 1 / 12.92, 0.04045)
_BT709_CURVE = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
# Parameters of ICC's parametric curves: only a gamma, or also the linear segment near black.
_TRANSFERS: Mapping[int, tuple[float, ...]] = MappingProxyType(
    {
        **dict.fromkeys((1, 6, 14, 15), _BT709_CURVE),
        4: (2.2,),
        5: (2.8,),
        8: (1.0,),
        13: _SRGB_CURVE,
    }
)
_UNSPECIFIED = 2
_D50 = np.array([0.9642, 1.0, 0.8249])
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])


def icc_for(icc: bytes | None, *, grey: bool) -> bytes | None:
    """Return the colour profile if it suits the picture, otherwise None.

    An RGB picture needs a profile for RGB. A grey one may have either: viewers take the grey levels through
    one curve, or as three equal channels.
    """
    return icc if icc and colour_space(icc) in (("GRAY", "RGB") if grey else ("RGB",)) else None


def colour_space(icc: bytes) -> str | None:
    """Return the colour space that an ICC profile describes, such as "RGB"; None if it is not a profile."""
    if len(icc) < 128 or icc[36:40] != b"acsp":
        return None
    return icc[16:20].decode("ascii", errors="replace").strip()


def to_srgb(image: Image.Image, icc: bytes | None) -> Image.Image:
    """Convert a CMYK or grey picture to sRGB through its profile.

    Without a usable profile, Pillow's simple formula is used.
    """
    if icc and colour_space(icc) == {"CMYK": "CMYK", "L": "GRAY"}.get(image.mode):
        from PIL import ImageCms

        try:
            profile = ImageCms.ImageCmsProfile(BytesIO(icc))
            converted = ImageCms.profileToProfile(
                image, profile, ImageCms.createProfile("sRGB"), outputMode="RGB"
            )
            if converted is not None:
                return converted
        except (OSError, ImageCms.PyCMSError):
            pass  # A damaged profile costs only exact colours, not the picture.
    return image.convert("RGB")


def is_beyond_profiles(chunks: Chunks) -> bool:
    """Return whether no ordinary profile can describe the colours: HDR, with PQ or HLG."""
    cicp = dict(chunks).get(b"cICP")
    return cicp is not None and _UNSPECIFIED not in cicp[:2] and not _is_ordinary(cicp)


def profile_of(chunks: Chunks, *, grey: bool) -> bytes | None:
    """Make the profile that is equivalent to the colour chunks of a PNG file.

    If there are several, the first of cICP, sRGB, and gAMA with cHRM applies, as in PNG (third edition).

    Returns
    -------
    bytes or None
        None if they say sRGB, nothing, or what a profile cannot express.
    """
    by_name = dict(chunks)
    primaries, curve = _PRIMARIES[1], _SRGB_CURVE
    if cicp := by_name.get(b"cICP"):
        if not _is_ordinary(cicp):
            return None
        primaries, curve = _PRIMARIES[cicp[0]], _TRANSFERS[cicp[1]]
    elif b"sRGB" not in by_name and (gamma := int.from_bytes(by_name.get(b"gAMA", b""))):
        # Primaries without a gamma are ignored, as in browsers.
        curve = (100_000 / gamma,)
        if b"cHRM" in by_name:
            x_y = [value / 100_000 for value in struct.unpack(">8I", by_name[b"cHRM"])]
            white, *colours = zip(x_y[::2], x_y[1::2], strict=True)
            primaries = (*colours, white)
    if (primaries, curve) == (_PRIMARIES[1], _SRGB_CURVE):
        return None
    try:
        return _profile(None if grey else primaries, curve)
    except (np.linalg.LinAlgError, ZeroDivisionError, struct.error):
        return None  # numbers that are not colours


def _is_ordinary(cicp: bytes) -> bool:
    return cicp[0] in _PRIMARIES and cicp[1] in _TRANSFERS


def _profile(primaries: tuple[tuple[float, float], ...] | None, curve: tuple[float, ...]) -> bytes:
    """Return an ICC 4 profile (ICC.1:2022) of three primaries and a curve or, for grey, only a curve."""
    kind = struct.pack(">4sIHH", b"para", 0, 3 if len(curve) > 1 else 0, 0)
    trc = kind + b"".join(_fixed(value) for value in curve)
    tags = [(b"desc", _text("Colours of the original")), (b"cprt", _text("CC0")), (b"wtpt", _xyz(_D50))]
    if primaries is None:
        tags.append((b"kTRC", trc))
    else:
        to_pcs, adaptation = _matrices(primaries)
        tags.append((b"chad", b"sf32" + bytes(4) + b"".join(map(_fixed, adaptation.ravel()))))
        for channel, column in zip(b"rgb", to_pcs.T, strict=True):
            tags += [(bytes([channel]) + b"XYZ", _xyz(column)), (bytes([channel]) + b"TRC", trc)]
    start = 128 + 4 + 12 * len(tags)
    directory, bodies = [], b""
    for name, body in tags:
        directory.append(struct.pack(">4sII", name, start + len(bodies), len(body)))
        bodies += body.ljust(-(-len(body) // 4) * 4, b"\x00")
    head = struct.pack(
        ">I4xI4s4s4s6H4s28x3i",
        *(start + len(bodies), 0x04400000, b"mntr", b"RGB " if primaries else b"GRAY", b"XYZ "),
        *(2026, 1, 1, 0, 0, 0, b"acsp", *(round(float(value) * 65536) for value in _D50)),
    )
    return head.ljust(128, b"\x00") + struct.pack(">I", len(tags)) + b"".join(directory) + bodies


def _matrices(primaries: tuple[tuple[float, float], ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the (3, 3) matrices from linear RGB to XYZ under D50, and from the white point to D50."""
    red, green, blue, white = (np.array([x / y, 1.0, (1 - x - y) / y]) for x, y in primaries)
    colours = np.column_stack([red, green, blue])
    to_xyz = colours * np.linalg.solve(colours, white)
    scale = np.diag((_BRADFORD @ _D50) / (_BRADFORD @ white))
    adaptation = np.linalg.inv(_BRADFORD) @ scale @ _BRADFORD
    return adaptation @ to_xyz, adaptation


def _fixed(value: float) -> bytes:
    return struct.pack(">i", round(float(value) * 65536))


def _xyz(value: np.ndarray) -> bytes:
    return b"XYZ " + bytes(4) + b"".join(map(_fixed, value))


def _text(text: str) -> bytes:
    coded = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(coded), 28) + coded
