"""Uploads are hostile until shown otherwise: each bad file gets one readable sentence, and gets it early."""

import io
import struct
import zlib
from concurrent.futures import ThreadPoolExecutor
from typing import Literal

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sr_core import files
from sr_core.errors import (
    PictureTooLargeError,
    SuperResError,
    UnreadablePictureError,
    UnsupportedPictureError,
)
from sr_core.files import Limits, reading

FORMATS = ("PNG", "JPEG", "WEBP", "AVIF", "BMP", "TIFF")
SIXTEEN_BIT = (".png", ".tiff")


def noise(
    height: int = 24, width: int = 32, channels: int = 3, dtype: npt.DTypeLike = np.uint8
) -> np.ndarray:
    generator = np.random.default_rng(3)
    return generator.integers(0, 65536, (height, width, channels)).astype(dtype)


def saved(file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(noise()).save(stream, file_format, **options)
    return stream.getvalue()


def deep(extension: str) -> bytes:
    return cv2.imencode(extension, noise(dtype=np.uint16))[1].tobytes()


def tiff(array: np.ndarray, **options) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def png_header(height: int, width: int, bits: int = 8) -> bytes:
    """A PNG that ends before its pixels."""
    header = struct.pack(">IIBBBBB", width, height, bits, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", b"")


def jpeg_header(height: int, width: int) -> bytes:
    frame = struct.pack(">BHHB", 8, height, width, 3) + bytes([1, 17, 0, 2, 17, 0, 3, 17, 0])
    scan = bytes([3, 1, 0, 2, 0, 3, 0, 0, 63, 0])
    segments = [(0xC0, frame), (0xDA, scan)]
    return b"\xff\xd8" + b"".join(
        struct.pack(">BBH", 255, kind, len(body) + 2) + body for kind, body in segments
    )


def bmp_header(height: int, width: int) -> bytes:
    return (
        b"BM"
        + struct.pack("<IHHI", 54, 0, 0, 54)
        + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, *[0] * 6)
    )


def tiff_header(height: int, width: int, bits: int = 8) -> bytes:
    tags = {256: width, 257: height, 258: bits, 259: 1, 262: 1, 273: 200, 277: 1, 278: height, 279: 1}
    entries = b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags.items())
    return b"II*\x00" + struct.pack("<IH", 8, len(tags)) + entries + bytes(104)


def refused(data: bytes, error: type[SuperResError], *, limits: Limits = files.DEFAULT_LIMITS) -> str:
    """Decode, expect exactly this error, and return its message, which must be one readable sentence."""
    with pytest.raises(SuperResError) as caught:
        files.decode(data, limits=limits)
    message = str(caught.value)
    assert type(caught.value) is error, message
    assert message[0].isupper()
    assert message.endswith(".")
    assert message.isprintable()
    assert 40 < len(message) < 300
    return message


def test_an_empty_file_is_called_empty():
    assert "empty" in refused(b"", UnreadablePictureError)


@pytest.mark.parametrize("data", [b"Dear Sir or Madam,\n", b"\x89PN", b"PK\x03\x04" + bytes(99), b"%PDF-1.7"])
def test_what_is_no_picture_is_refused_whatever_its_name(data, tmp_path):
    message = refused(data, UnreadablePictureError)
    assert message.endswith(f"received {len(data)} bytes of something else.")
    (tmp_path / "photo.png").write_bytes(data)
    with pytest.raises(UnreadablePictureError, match="PNG, JPEG, WebP, AVIF, HEIC, BMP or TIFF was expected"):
        files.read(tmp_path / "photo.png")


@pytest.mark.parametrize(
    "start", [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"RIFF1234WEBP", b"BM", b"II*\x00", b"MM\x00*"]
)
@pytest.mark.parametrize("rest", [b"", b"\x00" * 64, b"<script>alert(1)</script>" * 9])
def test_a_right_beginning_with_a_wrong_rest_is_damaged_and_never_echoed(start, rest):
    with pytest.raises(SuperResError) as caught:
        files.decode(start + rest)
    assert "script" not in str(caught.value)
    assert str(caught.value).endswith(".")


@pytest.mark.parametrize("file_format", FORMATS)
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_a_truncated_file_is_called_damaged(file_format, share):
    data = saved(file_format)
    message = refused(data[: int(len(data) * share)], UnreadablePictureError)
    assert "download it again" in message


@pytest.mark.parametrize("extension", SIXTEEN_BIT)
@pytest.mark.parametrize("share", [0.5, 0.9])
def test_a_truncated_16_bit_file_is_called_damaged(extension, share):
    data = deep(extension)
    assert "damaged" in refused(data[: int(len(data) * share)], UnreadablePictureError)


@pytest.mark.parametrize(
    "data",
    [
        png_header(60_000, 60_000),
        png_header(60_000, 60_000, bits=16),
        jpeg_header(60_000, 60_000),
        bmp_header(60_000, 60_000),
        tiff_header(60_000, 60_000),
        tiff_header(60_000, 60_000, bits=16),
    ],
    ids=["png", "png16", "jpeg", "bmp", "tiff", "tiff16"],
)
def test_a_huge_header_is_refused_before_any_pixel_is_decoded(data):
    # The files hold no pixels at all: decoding any would call them damaged instead.
    message = refused(data, PictureTooLargeError)
    assert message.endswith("received 60,000 x 60,000 px (height x width), 3,600.0 megapixels.")


def test_a_huge_webp_is_refused_too():
    header = b"VP8X" + struct.pack("<IIHBHB", 10, 0, 16_382, 0, 16_382, 0)
    data = b"RIFF" + struct.pack("<I", 4 + len(header)) + b"WEBP" + header
    assert "too large" in refused(data, PictureTooLargeError)


def test_each_limit_refuses_what_is_over_it_and_takes_what_is_at_it():
    data = saved("PNG")
    for at, over in (
        (Limits(max_bytes=len(data)), Limits(max_bytes=len(data) - 1)),
        (Limits(max_pixels=24 * 32), Limits(max_pixels=24 * 32 - 1)),
        (Limits(max_side=32), Limits(max_side=31)),
    ):
        assert files.decode(data, limits=at).width == 32
        assert "received" in refused(data, PictureTooLargeError, limits=over)


def test_our_limits_decide_and_those_of_pillow_neither_warn_nor_refuse():
    # Pillow warns above 89 megapixels and refuses above 179; warnings are errors in these tests.
    before = Image.MAX_IMAGE_PIXELS
    assert reading.open_header(png_header(10_000, 10_000)).width == 10_000
    assert reading.open_header(png_header(15_000, 15_000)).height == 15_000
    assert before == Image.MAX_IMAGE_PIXELS


@pytest.mark.parametrize("name", [b"zTXt", b"iTXt", b"iCCP"])
@pytest.mark.parametrize("bits", [8, 16])
def test_bombs_in_the_metadata_of_a_png_are_refused(name, bits):
    bomb = zlib.compress(bytes(64 * 2**20))
    head = {b"zTXt": b"a\x00\x00", b"iTXt": b"a\x00\x01\x00\x00\x00", b"iCCP": b"a\x00\x00"}[name]
    data = saved("PNG") if bits == 8 else deep(".png")
    message = refused(data[:33] + chunk(name, head + bomb) + data[33:], UnreadablePictureError)
    assert "oversized hidden data" in message


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"GIF89a" + bytes(99), "GIF"),
        (b"II+\x00" + bytes(99), "BigTIFF"),
        (b"\xff\x0a" + bytes(99), "JPEG XL"),
        (b"\x00\x00\x00\x0cJXL \r\n\x87\n" + bytes(99), "JPEG XL"),
        (b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(99), "JPEG 2000"),
        (b"8BPS" + bytes(99), "Photoshop"),
        (b"\x00\x00\x00\x18ftypmif1" + bytes(99), "HEIF pictures of this coding"),
        (b"\x00\x00\x00\x14ftypqt  " + bytes(99), "a film"),
        (b"\x00\x00\x00\x18ftypisom" + bytes(99), "a film"),
        (b"\x00\x00\x00\x18ftypmp42" + bytes(99), "a film"),
        (b"\x00\x00\x00\x08wide" + bytes(99), "a film"),
        (b"\x1a\x45\xdf\xa3" + bytes(99), "a film"),
        (b"RIFF1234AVI " + bytes(99), "a film"),
        (b"\x00\x00\x00\x18ftypcrx " + bytes(99), "raw file"),
        (b"FUJIFILMCCD-RAW " + bytes(99), "raw file"),
    ],
)
def test_common_formats_that_are_not_supported_are_called_by_name(data, name):
    message = refused(data, UnsupportedPictureError)
    assert name in message
    assert "save" in message
    assert "HEIC pictures" not in message


@pytest.mark.parametrize("file_format", ["PNG", "WEBP", "TIFF"])
def test_animations_and_several_pages_are_refused(file_format):
    data = saved(file_format, save_all=True, append_images=[Image.new("RGB", (32, 24))])
    assert "animation or several pages" in refused(data, UnsupportedPictureError)


@pytest.mark.parametrize(
    ("array", "options"),
    [
        (np.zeros((8, 8), np.float32), {}),
        (np.zeros((8, 8, 3), np.float32), {"photometric": "rgb"}),
        (np.zeros((8, 8, 3), np.float16), {"photometric": "rgb"}),
        (np.zeros((8, 8), np.float64), {}),
        (np.zeros((8, 8), np.uint32), {}),
        (np.zeros((8, 8), np.int16), {}),
        (np.zeros((8, 8), np.int8), {}),
        (np.zeros((8, 8), np.complex64), {}),
        (np.zeros((8, 8, 3), np.uint8), {"photometric": "cielab"}),
        (np.zeros((8, 8, 3), np.uint16), {"photometric": "cielab"}),
        (np.zeros((8, 8, 4), np.uint16), {"photometric": "separated"}),
        (np.zeros((3, 8, 8), np.uint16), {"photometric": "rgb", "planarconfig": "separate"}),
        (np.zeros((8, 8, 2), np.uint16), {"photometric": "minisblack", "extrasamples": ["unassalpha"]}),
    ],
)
def test_kinds_of_tiff_that_would_be_misread_are_refused(array, options):
    message = refused(tiff(array, **options), UnsupportedPictureError)
    assert "save it as" in message
    assert "received" in message


def pages(first: np.ndarray, within: np.ndarray | None = None, **options) -> bytes:
    """A TIFF of one page, or of one with a further picture in a SubIFD."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream) as writer:
        writer.write(first, photometric="rgb", subifds=0 if within is None else 1, **options)
        if within is not None:
            writer.write(within, photometric="rgb")
    return stream.getvalue()


SMALL, LARGE = np.zeros((12, 16, 3), np.uint8), np.zeros((48, 64, 3), np.uint8)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (
            pages(SMALL, LARGE, subfiletype=1, extratags=[(50706, 1, 4, b"\x01\x04\x00\x00", True)]),
            "raw file",
        ),
        (tiff(np.zeros((8, 8), np.uint16), photometric=32803), "raw file"),
        (b"II*\x00\x10\x00\x00\x00CR\x02\x00" + bytes(4) + pages(SMALL)[8:], "raw file"),
        (pages(SMALL, LARGE, subfiletype=1), "small version"),
        (pages(SMALL, LARGE), "small version"),
        (pages(SMALL, subfiletype=1), "small version"),
    ],
    ids=["DNG", "colour filter array", "CR2", "reduced", "SubIFD", "reduced alone"],
)
def test_a_thumbnail_is_never_taken_for_the_picture(data, said):
    message = refused(data, UnsupportedPictureError)
    assert said in message
    assert "save" in message


def test_a_smaller_picture_in_a_tiff_does_not_make_the_large_one_a_thumbnail():
    assert files.decode(pages(LARGE, SMALL)).width == 64


def several(*arrays: np.ndarray, kind: int = 1, byteorder: Literal["<", ">"] = "<") -> bytes:
    """A TIFF of several pages; those behind the first have the subfile type `kind` (1 is reduced)."""
    stream = io.BytesIO()
    with tifffile.TiffWriter(stream, byteorder=byteorder) as writer:
        for number, array in enumerate(arrays):
            writer.write(array, photometric="rgb", subfiletype=kind if number else 0)
    return stream.getvalue()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_smaller_versions_behind_a_tiff_are_left_out_and_named(dtype, byteorder):
    picture = noise(48, 64, dtype=dtype)
    decoded = files.decode(several(picture, picture[::2, ::2], picture[::4, ::4], byteorder=byteorder))
    np.testing.assert_array_equal(decoded.pixels, picture)
    assert decoded.metadata.left_out == (
        "The file also holds smaller versions of the picture (2): they are left out.",
    )


@pytest.mark.parametrize(("following", "kind"), [([SMALL], 0), ([SMALL], 2), ([LARGE], 1), ([SMALL] * 40, 1)])
def test_other_pages_of_a_tiff_are_refused(following, kind):
    assert "several pages" in refused(several(LARGE, *following, kind=kind), UnsupportedPictureError)


def test_pages_that_follow_each_other_in_a_circle_are_refused():
    data = bytearray(several(LARGE, SMALL))
    first, second = (page.offset for page in tifffile.TiffFile(io.BytesIO(data)).pages)
    entries = int.from_bytes(data[second : second + 2], "little")
    data[second + 2 + 12 * entries : second + 6 + 12 * entries] = second.to_bytes(4, "little")
    assert first != second
    assert "several pages" in refused(bytes(data), UnsupportedPictureError)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_three_bands_without_colour_are_rgb(dtype, byteorder):
    array = noise(dtype=dtype)
    data = tiff(array, photometric="minisblack", planarconfig="contig", byteorder=byteorder)
    decoded = files.decode(data)
    np.testing.assert_array_equal(decoded.pixels, array)
    assert (decoded.grey, decoded.alpha) == (False, None)


@pytest.mark.parametrize(("channels", "dtype"), [(5, np.uint8), (4, np.uint8), (4, np.uint16)])
def test_more_bands_without_colour_are_counted_and_not_called_damaged(channels, dtype):
    data = tiff(noise(channels=channels, dtype=dtype), photometric="minisblack", planarconfig="contig")
    message = refused(data, UnsupportedPictureError)
    assert f"received {channels} channels" in message


@pytest.mark.parametrize("bits", [8, 16])
def test_a_chunk_that_claims_more_than_the_file_holds_is_refused_at_once(bits):
    # OpenCV would set aside the 4 GB that the chunk claims.
    data = png_header(8, 8, bits)[:-12] + struct.pack(">I", 0xF000_0000) + b"IDAT"
    assert "damaged" in refused(data, UnreadablePictureError)


@pytest.mark.parametrize("bits", [8, 16])
def test_a_second_header_is_refused_since_two_decoders_could_believe_two_sizes(bits):
    huge, small = png_header(60_000, 60_000, bits), png_header(8, 8, bits)
    assert "damaged" in refused(huge[:33] + small[8:], UnreadablePictureError)


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_tile_larger_than_the_picture_could_need_is_refused(dtype):
    data = tiff(noise(dtype=dtype), photometric="rgb", tile=(16, 16))
    tile_width, claimed = struct.pack("<HHII", 322, 4, 1, 16), struct.pack("<HHII", 322, 4, 1, 2**24)
    tile_width_short = struct.pack("<HHIHH", 322, 3, 1, 16, 0)
    bomb = data.replace(tile_width, claimed).replace(tile_width_short, claimed)
    assert bomb != data
    assert "received tiles of 16 x 16,777,216 px" in refused(bomb, UnsupportedPictureError)


def test_jpeg_of_hundreds_of_scans_is_refused():
    progressive = saved("JPEG", progressive=True)
    last_scan = progressive[progressive.rindex(b"\xff\xda") : -2]
    bomb = progressive[:-2] + 300 * last_scan + b"\xff\xd9"

    assert files.decode(progressive).width == 32
    with pytest.raises(UnsupportedPictureError, match="scans"):
        files.decode(bomb)


@pytest.mark.parametrize("compression", [1, 2])
def test_run_length_compressed_bmp_is_refused(compression):
    data = bytearray(bmp_header(8, 8))
    data[30] = compression
    assert "BMP" in refused(bytes(data), UnsupportedPictureError)


def test_pixels_of_an_unknown_kind_are_refused():
    stream = io.BytesIO()
    Image.new("LAB", (8, 8)).save(stream, "TIFF")
    assert "8 is LAB" in refused(stream.getvalue(), UnsupportedPictureError)


@pytest.mark.parametrize(
    "exif", [b"", b"Exif\x00\x00", b"II*\x00", b"II*\x00\xff\xff\xff\xff", b"II*\x00\x08\x00\x00\x00\xff\xff"]
)
def test_a_damaged_exif_block_costs_the_block_and_not_the_picture(exif):
    data = saved("PNG")
    decoded = files.decode(data[:33] + chunk(b"eXIf", exif) + data[33:])
    np.testing.assert_array_equal(decoded.pixels, noise())
    assert decoded.exif is None


@given(st.sampled_from((*FORMATS, *SIXTEEN_BIT)), st.data())
def test_no_damage_raises_anything_but_a_sentence(kind, data):
    whole = bytearray(deep(kind) if kind in SIXTEEN_BIT else saved(kind))
    # Headers are where damage is interesting, so half of it goes there.
    for _ in range(data.draw(st.integers(1, 4))):
        end = data.draw(st.sampled_from((64, len(whole) - 1)))
        whole[data.draw(st.integers(2, end))] = data.draw(st.integers(0, 255))
    try:
        outcome = files.decode(bytes(whole), limits=Limits(max_pixels=10**6)).pixels.ndim
    except SuperResError as error:
        outcome = str(error)[-1]
    assert outcome in (3, ".")


def test_many_people_can_decode_at_once():
    uploads = [saved("PNG"), deep(".png"), b"GIF89a", png_header(60_000, 60_000), saved("JPEG")] * 20

    def outcome(data: bytes) -> str:
        try:
            return str(files.decode(data).bit_depth)
        except SuperResError as error:
            return type(error).__name__

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(outcome, uploads))
    assert outcomes == ["8", "16", "UnsupportedPictureError", "PictureTooLargeError", "8"] * 20
