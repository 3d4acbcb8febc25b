"""Files that would cost much more to open than they weigh are told from what cameras and programs write."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from sr_core import files
from sr_core.errors import UnreadablePictureError, UnsupportedPictureError

EXIF, PHOTOSHOP, XMP = b"Exif\x00\x00", b"Photoshop 3.0\x00", b"http://ns.adobe.com/xap/1.0/\x00"
APP1, APP2, APP13, COM, DQT = 0xE1, 0xE2, 0xED, 0xFE, 0xDB
EXIF_DIRECTORY, GPS_DIRECTORY, INTEROP_DIRECTORY = 0x8769, 0x8825, 0xA005
RATIONAL, SBYTE, SHORT, LONG = 5, 6, 3, 4
NOISE = np.random.default_rng(5).integers(0, 256, (16, 24, 3), np.uint8)


def saved(file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(NOISE).save(stream, file_format, **options)
    return stream.getvalue()


def segment(kind: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 255, kind, len(body) + 2) + body


def jpeg_with(head: bytes) -> bytes:
    """A JPEG with these bytes behind its first segment."""
    data = saved("JPEG")
    return data[:20] + head + data[20:]


def chunk(name: bytes, body: bytes = b"") -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def tiff_with(tag: int, kind: int, count: int, data: bytes, *, path: tuple[int, ...] = ()) -> bytes:
    """A grey TIFF of 16 x 16 px with one tag more, or another one, in the directory that `path` leads to."""
    values = {256: 16, 257: 16, 258: 8, 259: 1, 262: 1, 273: 8, 277: 1, 278: 16, 279: 256}
    tags = {name: (LONG, 1, value) for name, value in values.items()}
    added = path or (tag,)
    end = 8 + 2 + 12 * len({*tags, *added}) + 4
    tags |= dict.fromkeys(added, (LONG, 1, end) if path else (kind, count, end))
    entries = b"".join(struct.pack("<HHII", name, *values) for name, values in sorted(tags.items()))
    directories = struct.pack("<H", len(tags)) + entries + bytes(4)
    for name in (*path[1:], tag) if path else ():
        end += 18
        form = (kind, count) if name == tag else (LONG, 1)
        directories += struct.pack("<HHHIII", 1, name, *form, end, 0)
    return b"II*\x00\x08\x00\x00\x00" + directories + data + bytes(300)


@pytest.mark.parametrize(
    ("head", "said"),
    [
        (segment(APP1, EXIF + b"x") * 1000, "more than 1,000 segments"),
        (segment(COM, b"") * 1000, "more than 1,000 segments"),
        (b"\xff\xfe\x00\x00" * 1000, "more than 1,000 segments"),
        (segment(APP1, EXIF + bytes(65_000)) * 40, "more than 2 MiB of EXIF"),
        (
            segment(APP13, PHOTOSHOP + b"8BIM\x01\x01".ljust(12, b"\x00") * 5400) * 40,
            "more than 2 MiB of EXIF",
        ),
        (segment(DQT, bytes([0, *[1] * 64]) * 1000) * 40, "more than 2 MiB of EXIF"),
        (b"\xff" * 2**21, "more than 2 MiB of EXIF"),
        (bytes(2**21), "more than 2 MiB of EXIF"),
    ],
    ids=["exif", "comments", "no length", "long exif", "photoshop", "tables", "padding", "stray"],
)
def test_a_jpeg_of_which_much_is_taken_apart_before_its_pixels_is_refused(head, said):
    with pytest.raises(UnsupportedPictureError, match=said):
        files.decode(jpeg_with(head))


def test_what_cameras_write_into_a_jpeg_passes():
    exif = Image.Exif()
    exif[0x010F] = "camera" * 10_000
    depth_map = segment(APP1, XMP + bytes(65_000)) * 200
    second_picture = segment(APP2, b"MPF\x00" + bytes(100))
    pieces = (b"ICC_PROFILE\x00" + bytes([i, 60]) + bytes(60_000) for i in range(1, 61))
    profile = b"".join(segment(APP2, piece) for piece in pieces)
    data = saved("JPEG", exif=exif, progressive=True)
    decoded = files.decode(data[:2] + depth_map + second_picture + profile + data[2:])
    assert decoded.exif is not None
    assert len(decoded.exif) > 60_000


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}])
def test_only_scans_of_the_first_picture_count(options):
    # A motion photo is a JPEG with an MP4 behind it; other files have a second JPEG there.
    alone = saved("JPEG", quality=100, **options)
    decoded = files.decode(alone + 300 * b"\xff\xda\x00\x08")
    np.testing.assert_array_equal(decoded.pixels, files.decode(alone).pixels)


def test_scans_behind_a_thumbnail_count():
    data = saved("JPEG", progressive=True)
    last_scan = data[data.rindex(b"\xff\xda") : -2]
    bomb = data[:2] + segment(APP1, EXIF + saved("JPEG")) + data[2:-2] + 300 * last_scan + data[-2:]
    with pytest.raises(UnsupportedPictureError, match="more than 200 scans"):
        files.decode(bomb)


def test_a_jpeg_that_ends_before_its_pixels_is_damaged_whatever_follows():
    with pytest.raises(UnreadablePictureError, match="damaged"):
        files.decode(jpeg_with(b"\xff\xd9" + segment(COM, b"") * 5000))


@pytest.mark.parametrize("name", [b"prVt", b"IDAT"])
@pytest.mark.parametrize("position", [33, -12], ids=["before the pixels", "behind them"])
def test_a_png_cut_into_very_many_chunks_is_refused(name, position):
    data = saved("PNG")
    with pytest.raises(UnsupportedPictureError, match=r"more than 1,\d\d\d chunks"):
        files.decode(data[:position] + chunk(name) * 1100 + data[position:])


def test_a_png_whose_pixels_come_in_small_chunks_passes():
    data = saved("PNG")
    start, end = data.index(b"IDAT") + 4, len(data) - 16
    pixels = b"".join(chunk(b"IDAT", data[i : min(i + 2, end)]) for i in range(start, end, 2))
    decoded = files.decode(data[: start - 8] + pixels + data[-12:])
    np.testing.assert_array_equal(decoded.pixels, NOISE)


@pytest.mark.parametrize(
    ("tag", "kind", "size", "path"),
    [
        (258, SBYTE, 1, ()),
        (282, RATIONAL, 8, ()),
        (273, LONG, 4, ()),
        (50_000, SHORT, 2, (EXIF_DIRECTORY,)),
        (50_000, SHORT, 2, (GPS_DIRECTORY,)),
        (50_000, SHORT, 2, (EXIF_DIRECTORY, INTEROP_DIRECTORY)),
    ],
    ids=["bits", "resolution", "strips", "exif", "gps", "interop"],
)
def test_a_tiff_whose_tags_hold_very_many_numbers_is_refused(tag, kind, size, path):
    data = tiff_with(tag, kind, 300_000, bytes(300_000 * size), path=path)
    with pytest.raises(UnsupportedPictureError, match=r"at most 262,144 numbers: .* received 300,00\d\.$"):
        files.decode(data)


def test_long_texts_and_profiles_in_a_tiff_pass():
    for kind in (1, 2, 7):
        assert files.decode(tiff_with(50_000, kind, 300_000, bytes(300_000))).width == 16


def test_a_tiff_of_a_strip_for_each_row_of_each_plane_passes():
    stream = io.BytesIO()
    tall = np.zeros((3, 30_000, 1), np.uint8)
    tifffile.imwrite(stream, tall, photometric="rgb", planarconfig="separate", rowsperstrip=1)
    assert files.decode(stream.getvalue()).height == 30_000


def test_a_tag_that_claims_more_than_a_tiff_holds_costs_the_tag_and_not_the_picture():
    with pytest.warns(UserWarning, match="Skipping tag 50000"):
        assert files.decode(tiff_with(50_000, SHORT, 10**9, b"")).width == 16
