"""Orientation and colour profiles: every picture is shown as it was meant."""

import io
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from sr_core import files
from sr_core.files import icc, planes

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


# Where inks lie on paper, as CIE Lab (D50). What no ink or two inks give is made up.
PAPER, CYAN, MAGENTA, BLACK = (100.0, 0.0, 0.0), (53.59, 0.0, 0.0), (54.29, 80.8, 69.9), (0.0, 0.0, 0.0)


def cmyk_profile() -> bytes:
    """A profile of a strange press: its cyan is the middle grey of sRGB, and its magenta the red of sRGB.

    An ICC 2 profile with one table (lut8Type, section 6.5.7 of ICC.1:2001-04) of two steps per ink. The Lab
    coordinates of sRGB's colours are those of Bruce Lindbloom's calculator.
    """
    corners: list[tuple[float, float, float]] = [BLACK] * 16
    corners[0b0000], corners[0b1000], corners[0b0100] = PAPER, CYAN, MAGENTA
    colours = [round(v) for L, a, b in corners for v in (L * 2.55, a + 128, b + 128)]
    ramp = bytes(range(256))
    identity = struct.pack(">9i", *(65536 if i % 4 == 0 else 0 for i in range(9)))
    table = b"mft1" + bytes(4) + bytes([4, 3, 2, 0]) + identity + ramp * 4 + bytes(colours) + ramp * 3
    tags = struct.pack(">I4sII", 1, b"A2B0", 144, len(table))
    head = struct.pack(
        ">I4sI4s4s4s12s4s",
        144 + len(table),
        b"test",
        0x02400000,
        b"prtr",
        b"CMYK",
        b"Lab ",
        struct.pack(">6H", 2026, 11, 24, 0, 0, 0),
        b"acsp",
    )
    white = struct.pack(">3i", 63190, 65536, 54061)  # D50
    return (head.ljust(68, b"\x00") + white).ljust(128, b"\x00") + tags + table


@given(st.integers(1, 8), st.integers(1, 5), st.integers(1, 5))
def test_turning_moves_each_pixel_and_changes_none(orientation, height, width):
    stored = np.arange(height * width * 3).reshape(height, width, 3)
    turned = planes.upright(stored, orientation)
    assert turned.shape[:2] == ((width, height) if orientation >= 5 else (height, width))
    assert sorted(turned[..., 0].ravel()) == sorted(stored[..., 0].ravel())
    assert turned.flags.c_contiguous


def test_the_colour_space_of_a_profile_decides_whether_it_is_kept():
    grey = SRGB[:16] + b"GRAY" + SRGB[20:]
    assert icc.icc_for(SRGB, grey=False) == SRGB
    assert icc.icc_for(grey, grey=True) == grey
    assert icc.icc_for(SRGB, grey=True) == SRGB
    assert icc.icc_for(grey, grey=False) is None


@pytest.mark.parametrize("bad", [None, b"", b"short", bytes(500), SRGB[:36] + b"nope" + SRGB[40:]])
def test_what_is_no_profile_is_left_out(bad):
    assert icc.icc_for(bad, grey=False) is None


def test_a_cmyk_picture_without_a_profile_is_converted_plainly():
    cyan = Image.new("CMYK", (1, 1), (255, 0, 0, 0))
    assert icc.to_srgb(cyan, None).getpixel((0, 0)) == (0, 255, 255)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_a_cmyk_picture_is_converted_through_its_own_profile(file_format):
    inks = [((0, 0, 0, 0), (255, 255, 255)), ((255, 0, 0, 0), (128, 128, 128)), ((0, 255, 0, 0), (255, 0, 0))]
    for ink, expected in inks:
        stream = io.BytesIO()
        Image.new("CMYK", (16, 16), ink).save(stream, file_format, icc_profile=cmyk_profile())
        decoded = files.decode(stream.getvalue())
        assert np.abs(decoded.pixels.astype(int) - expected).max() <= 4
        assert decoded.icc is None  # it is sRGB now


def gamma(value: int) -> tuple[bytes, bytes]:
    return b"gAMA", struct.pack(">I", value)


@pytest.mark.parametrize(
    ("chunks", "colour", "expected"),
    [
        # Linear light: 255 * sRGB's curve of 0.5, 0.05 and 0.02 (IEC 61966-2-1).
        ([gamma(100_000)], (128, 13, 5), (188, 64, 39)),
        # Red of Display P3 is beyond sRGB; its greys are those of sRGB.
        ([(b"cICP", bytes([12, 13, 0, 1]))], (128, 128, 128), (128, 128, 128)),
        ([(b"cICP", bytes([12, 13, 0, 1]))], (255, 0, 0), (255, 0, 0)),
        ([(b"cICP", bytes([12, 13, 0, 1])), gamma(100_000)], (128, 128, 128), (128, 128, 128)),
    ],
)
def test_a_profile_is_made_of_what_a_png_says_of_its_colours(chunks, colour, expected):
    made = icc.profile_of(tuple(chunks), grey=False)
    assert made is not None
    converted = ImageCms.profileToProfile(
        Image.new("RGB", (1, 1), colour), io.BytesIO(made), ImageCms.createProfile("sRGB")
    )
    assert converted is not None
    assert np.abs(np.array(converted, int) - expected).max() <= 2
    grey = icc.profile_of(tuple(chunks), grey=True)
    assert grey is not None
    assert icc.colour_space(grey) == "GRAY"
    level = np.array(icc.to_srgb(Image.new("L", (1, 1), 128), grey), int)
    assert np.abs(level - (188 if chunks == [gamma(100_000)] else 128)).max() <= 2


@pytest.mark.parametrize(
    "chunks",
    [
        (),
        ((b"sRGB", b"\x00"), gamma(100_000)),
        ((b"cICP", bytes([1, 13, 0, 1])),),
        ((b"cICP", bytes([9, 16, 0, 1])),),
        (gamma(0),),
        (gamma(50_000), (b"cHRM", bytes(32))),
    ],
)
def test_no_profile_is_made_where_it_would_say_nothing_or_something_wrong(chunks):
    assert icc.profile_of(chunks, grey=False) is None
