"""What goes in comes out: pixels, transparency, bit depth, colour profile and EXIF, all upright."""

import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms

from sr_core import files
from sr_core.errors import PictureError
from sr_core.files import OutputFormat
from sr_core.picture import Picture

DATA = Path(__file__).parents[2] / "data"
SIDES = st.integers(1, 40)
DTYPES = st.sampled_from([np.uint8, np.uint16])

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]

# What an EXIF orientation asks for, said with numpy (EXIF 2.3, section 4.6.4).
TURNS = {
    1: lambda stored: stored,
    2: np.fliplr,
    3: lambda stored: np.rot90(stored, 2),
    4: np.flipud,
    5: lambda stored: np.swapaxes(stored, 0, 1),
    6: lambda stored: np.rot90(stored, -1),
    7: lambda stored: np.swapaxes(np.rot90(stored, 2), 0, 1),
    8: lambda stored: np.rot90(stored, 1),
}


def noise(height: int, width: int, channels: int, dtype: npt.DTypeLike, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 65536, (height, width, channels)).astype(dtype)


def make(
    height: int = 5, width: int = 7, *, dtype: npt.DTypeLike = np.uint8, grey=False, alpha=False, **metadata
) -> Picture:
    pixels = np.repeat(noise(height, width, 1 if grey else 3, dtype), 3 if grey else 1, axis=2)
    opacity = noise(height, width, 1, dtype, seed=1)[..., 0] if alpha else None
    return Picture(pixels, opacity, grey, **metadata)


def saved(image: Image.Image, file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    image.save(stream, file_format, **options)
    return stream.getvalue()


def tiff(array: np.ndarray, **options) -> bytes:
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def with_chunk(png: bytes, name: bytes, body: bytes) -> bytes:
    """Insert a PNG chunk after the header."""
    return png[:33] + chunk(name, body) + png[33:]


def exif_block(orientation: int, order: str = "<") -> bytes:
    """Orientation and a maker's name, followed by a thumbnail directory."""
    head = b"II*\x00" if order == "<" else b"MM\x00*"
    maker = struct.pack(order + "HHI4s", 0x010F, 2, 4, b"Box\x00")
    turn = struct.pack(order + "HHIHH", 0x0112, 3, 1, orientation, 0)
    thumbnail = struct.pack(order + "HI", 0, 0)
    return head + struct.pack(order + "IH", 8, 2) + maker + turn + struct.pack(order + "I", 38) + thumbnail


def same(one: Picture, other: Picture) -> bool:
    if (one.alpha is None) != (other.alpha is None) or one.bit_depth != other.bit_depth:
        return False
    equal_alpha = one.alpha is None or other.alpha is None or np.array_equal(one.alpha, other.alpha)
    return equal_alpha and np.array_equal(one.pixels, other.pixels)


@given(SIDES, SIDES, DTYPES, st.booleans(), st.booleans())
def test_png_gives_back_every_kind_of_picture_exactly(height, width, dtype, grey, alpha):
    original = make(height, width, dtype=dtype, grey=grey, alpha=alpha)
    back = files.decode(files.encode(original))
    assert same(back, original)
    assert back.grey == grey
    assert back.bit_depth == original.bit_depth


def test_a_16_bit_ramp_keeps_each_of_its_levels_through_decode_encode_decode():
    ramp = np.arange(4096, dtype=np.uint16).reshape(64, 64) * 16
    first = files.decode(cv2.imencode(".png", np.dstack([ramp, ramp.T, ramp]))[1].tobytes())
    second = files.decode(files.encode(first))
    assert len(np.unique(second.pixels)) == 4096
    np.testing.assert_array_equal(second.pixels, np.dstack([ramp, ramp.T, ramp]))


def test_16_bit_grey_is_not_clipped_to_white():
    ramp = np.linspace(0, 65535, 300).astype(np.uint16).reshape(10, 30)
    decoded = files.decode(saved(Image.fromarray(ramp), "PNG"))
    assert decoded.grey
    np.testing.assert_array_equal(decoded.pixels, np.dstack([ramp] * 3))


@pytest.mark.parametrize("byteorder", ["<", ">"])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("layout", [{}, {"compression": "zlib"}, {"tile": (16, 16)}])
def test_16_bit_tiff_is_exact_in_each_byte_order(byteorder, channels, layout):
    array = noise(20, 30, channels, np.uint16)
    kind = {"photometric": "minisblack"} if channels == 1 else {"photometric": "rgb"}
    kind |= {"extrasamples": ["unassalpha"]} if channels == 4 else {}
    decoded = files.decode(tiff(array.squeeze(), byteorder=byteorder, **kind, **layout))
    expected_alpha = array[..., 3] if channels == 4 else None
    assert same(decoded, Picture(np.broadcast_to(array[..., :3], (20, 30, 3)), expected_alpha))


def test_16_bit_tiff_whose_zero_is_white_is_inverted():
    array = noise(5, 7, 1, np.uint16)[..., 0]
    decoded = files.decode(tiff(array, photometric="miniswhite"))
    np.testing.assert_array_equal(decoded.pixels[..., 0], 65535 - array)


@pytest.mark.parametrize("white", [255, 65535])
def test_colours_that_a_tiff_has_multiplied_with_alpha_are_divided_again(white):
    dtype = np.uint8 if white == 255 else np.uint16
    stored = np.full((4, 6, 4), [white // 4, white // 8, 0, white // 2], dtype)
    decoded = files.decode(tiff(stored, photometric="rgb", extrasamples=["assocalpha"]))
    assert decoded.alpha is not None
    assert (decoded.alpha == white // 2).all()
    np.testing.assert_allclose(decoded.pixels[0, 0] / white, [0.5, 0.25, 0], atol=1 / 100)


def test_a_transparent_colour_of_16_bits_becomes_alpha():
    for channels in (1, 3):
        array = noise(5, 7, channels, np.uint16)
        plain = cv2.imencode(".png", array[..., ::-1])[1].tobytes()
        keyed = with_chunk(plain, b"tRNS", array[2, 3].astype(">u2").tobytes())
        decoded = files.decode(keyed)
        expected = np.full((5, 7), 65535, np.uint16)
        expected[2, 3] = 0
        np.testing.assert_array_equal(decoded.alpha, expected)
        assert decoded.grey == (channels == 1)


@pytest.mark.parametrize(("mode", "grey"), [("1", True), ("L", True), ("P", False), ("RGB", False)])
@pytest.mark.parametrize("file_format", ["PNG", "BMP", "TIFF"])
def test_each_kind_of_8_bit_picture_looks_as_pillow_shows_it(mode, grey, file_format):
    with Image.open(DATA / "flowers.png") as photo:
        image = photo.convert(mode)
    decoded = files.decode(saved(image, file_format))
    np.testing.assert_array_equal(decoded.pixels, np.array(image.convert("RGB")))
    assert (decoded.grey, decoded.alpha, decoded.bit_depth) == (grey, None, 8)


@pytest.mark.parametrize(("mode", "grey"), [("LA", True), ("RGBA", False)])
@pytest.mark.parametrize("file_format", ["PNG", "TIFF"])
def test_alpha_channels_are_kept_beside_the_colour(mode, grey, file_format):
    channels = noise(5, 7, len(mode), np.uint8)
    decoded = files.decode(saved(Image.fromarray(channels), file_format))
    np.testing.assert_array_equal(decoded.alpha, channels[..., -1])
    np.testing.assert_array_equal(decoded.pixels, np.broadcast_to(channels[..., :-1], (5, 7, 3)))
    assert decoded.grey == grey


@pytest.mark.parametrize("transparency", [1, bytes([255, 0, 128])])
def test_a_palette_with_transparency_becomes_rgb_and_alpha(transparency):
    image = Image.new("P", (3, 1))
    image.putpalette([255, 0, 0, 0, 255, 0, 0, 0, 255])
    image.putdata([0, 1, 2])
    decoded = files.decode(saved(image, "PNG", transparency=transparency))
    assert decoded.pixels.tolist() == [[[255, 0, 0], [0, 255, 0], [0, 0, 255]]]
    assert decoded.alpha is not None
    assert decoded.alpha.tolist() == [[255, 0, 255 if transparency == 1 else 128]]


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_transparent_colour_of_8_bits_becomes_alpha(mode):
    array = np.arange(24, dtype=np.uint8).reshape(2, 4, 3)[..., : len(mode)].squeeze()
    key = 3 if mode == "L" else (3, 4, 5)
    decoded = files.decode(saved(Image.fromarray(array), "PNG", transparency=key))
    assert decoded.alpha is not None
    assert decoded.alpha.tolist()[0] == [255, 0, 255, 255]


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_a_transparent_grey_becomes_alpha_whatever_its_bits(bits):
    levels = np.arange(8, dtype=np.uint8) & (2**bits - 1)
    row = np.packbits(np.unpackbits(levels[:, np.newaxis], axis=1)[:, -bits:]).tobytes()
    data = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 8, 1, bits, 0, 0, 0, 0))
    data += chunk(b"tRNS", b"\x00\x01") + chunk(b"IDAT", zlib.compress(b"\x00" + row)) + chunk(b"IEND", b"")
    decoded = files.decode(data)
    assert decoded.alpha is not None
    np.testing.assert_array_equal(decoded.alpha[0], np.where(levels == 1, 0, 255))
    np.testing.assert_array_equal(decoded.pixels[0, :, 0], levels * (255 // (2**bits - 1)))


def test_one_pixel_is_a_picture():
    for file_format in ("PNG", "JPEG", "WEBP", "BMP", "TIFF"):
        assert files.decode(saved(Image.new("RGB", (1, 1)), file_format)).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("file_format", ["JPEG", "TIFF"])
def test_cmyk_becomes_srgb(file_format):
    inks = {"white": (0, 0, 0, 0), "black": (0, 0, 0, 255), "cyan": (255, 0, 0, 0)}
    for name, expected in (("white", (255, 255, 255)), ("black", (0, 0, 0)), ("cyan", (0, 255, 255))):
        decoded = files.decode(saved(Image.new("CMYK", (16, 16), inks[name]), file_format))
        assert np.abs(decoded.pixels.astype(int) - expected).max() <= 2
        assert decoded.icc is None


def test_a_damaged_cmyk_profile_costs_exact_colours_and_not_the_picture():
    profile = SRGB[:16] + b"CMYK" + SRGB[20:]
    data = saved(Image.new("CMYK", (16, 16)), "JPEG", icc_profile=profile)
    decoded = files.decode(data)
    assert (decoded.pixels == 255).all()
    assert decoded.icc is None


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("order", ["<", ">"])
def test_orientation_turns_pixels_and_alpha_once(orientation, dtype, order):
    stored = make(dtype=dtype, alpha=True)
    data = with_chunk(files.encode(stored), b"eXIf", exif_block(orientation, order))
    decoded = files.decode(data)
    turn = TURNS[orientation]
    assert same(decoded, Picture(turn(stored.pixels), turn(stored.alpha)))
    assert same(files.decode(files.encode(decoded)), decoded)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_orientation_of_a_tiff_is_applied_once_too(orientation, dtype, compression):
    stored = noise(5, 7, 3, dtype)
    tag = [(0x0112, "H", 1, orientation, True)]
    decoded = files.decode(tiff(stored, photometric="rgb", extratags=tag, compression=compression))
    np.testing.assert_array_equal(decoded.pixels, TURNS[orientation](stored))


@pytest.mark.parametrize("file_format", ["JPEG", "WEBP"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_orientation_of_a_photo_is_applied_and_not_left_in_its_exif(file_format, orientation):
    stored = np.zeros((24, 40, 3), np.uint8)
    stored[:12, :20] = 255  # white in the top left quarter
    data = saved(Image.fromarray(stored), file_format, exif=b"Exif\x00\x00" + exif_block(orientation))
    decoded = files.decode(data)
    assert decoded.pixels.shape == TURNS[orientation](stored).shape
    assert np.abs(decoded.pixels.astype(int) - TURNS[orientation](stored)).mean() < 8
    assert Image.open(io.BytesIO(files.encode(decoded))).getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("file_format", files.WRITTEN)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_profile_and_exif_come_back_byte_for_byte(file_format, dtype):
    original = make(32, 32, dtype=dtype, icc=SRGB, exif=exif_block(1)[:34] + bytes(4))
    back = files.decode(files.encode(original, OutputFormat(file_format)))
    assert back.icc == SRGB
    assert back.exif == original.exif


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "WEBP", "TIFF"])
def test_pillow_finds_our_metadata_and_we_find_pillows(file_format):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    data = saved(Image.new("RGB", (8, 8)), file_format, exif=exif, icc_profile=SRGB)
    again = files.encode(files.decode(data), OutputFormat("jpeg"))
    with Image.open(io.BytesIO(again)) as image:
        assert image.getexif()[0x010F] == "Maker"
        assert image.info["icc_profile"] == SRGB


def test_exif_behind_the_pixels_of_a_png_counts():
    for dtype in (np.uint8, np.uint16):
        stored = make(dtype=dtype)
        data = files.encode(stored)
        decoded = files.decode(data[:-12] + chunk(b"eXIf", exif_block(6)) + data[-12:])
        np.testing.assert_array_equal(decoded.pixels, TURNS[6](stored.pixels))


@pytest.mark.parametrize("profile", [GREY_PROFILE, SRGB])
@pytest.mark.parametrize("file_format", ["png", "jpeg"])
def test_grey_pictures_keep_profiles_for_grey_and_for_rgb(profile, file_format):
    original = make(grey=True, icc=profile)
    back = files.decode(files.encode(original, OutputFormat(file_format)))
    assert back.icc == profile
    # A file must have the channels that its profile is for.
    assert back.grey == (profile == GREY_PROFILE)


def test_other_pictures_keep_profiles_for_rgb_only():
    assert files.decode(saved(Image.new("RGB", (4, 4)), "JPEG", icc_profile=GREY_PROFILE)).icc is None
    webp = files.encode(make(grey=True, icc=GREY_PROFILE), OutputFormat("webp", lossless=True))
    assert files.decode(webp).icc is None


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_what_a_png_says_of_its_colours_comes_back_byte_for_byte(dtype):
    chunks = (
        (b"cICP", bytes([9, 16, 0, 1])),
        *((b"mDCV", bytes(range(24))), (b"cLLI", bytes(8)), (b"sRGB", b"\x01")),
        *((b"gAMA", struct.pack(">I", 45_455)), (b"cHRM", bytes(range(32)))),
    )
    back = files.decode(files.encode(make(dtype=dtype, colour_chunks=chunks)))
    assert back.colour_chunks == chunks
    assert files.decode(files.encode(back, OutputFormat("jpeg"))).colour_chunks == ()


def test_a_chunk_of_a_wrong_length_says_nothing_of_colours():
    data = with_chunk(files.encode(make()), b"cICP", b"12345")
    assert files.decode(data).colour_chunks == ()


def test_a_network_s_tint_is_taken_out_of_a_grey_picture():
    grey = make(grey=True, icc=GREY_PROFILE, exif=exif_block(1))
    tinted = np.full((10, 14, 3), [99, 100, 102], np.uint8)
    enlarged = grey.with_pixels(tinted)
    assert (enlarged.pixels == 100).all()
    assert (enlarged.grey, enlarged.icc, enlarged.exif) == (True, grey.icc, grey.exif)


def test_with_pixels_keeps_metadata_and_takes_the_new_size_and_alpha():
    original = make(icc=SRGB, alpha=True)
    bigger = make(10, 14, alpha=True)
    enlarged = original.with_pixels(bigger.pixels, bigger.alpha)
    assert same(enlarged, bigger)
    assert (enlarged.height, enlarged.width, enlarged.icc) == (10, 14, SRGB)


@pytest.mark.parametrize(
    ("pixels", "alpha"),
    [
        (np.zeros((4, 4), np.uint8), None),
        (np.zeros((4, 4, 4), np.uint8), None),
        (np.zeros((0, 4, 3), np.uint8), None),
        (np.zeros((4, 4, 3), np.float32), None),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 5), np.uint8)),
        (np.zeros((4, 4, 3), np.uint8), np.zeros((4, 4), np.uint16)),
    ],
)
def test_arrays_that_are_no_picture_are_refused(pixels, alpha):
    with pytest.raises(PictureError, match="received"):
        Picture(pixels, alpha)


def test_importing_pictures_is_light():
    heavy = "{'cv2', 'scipy', 'skimage', 'PIL.ImageCms', 'tensorflow', 'streamlit'}"
    code = f"import sys, sr_core.files, sr_core.resize, sr_core.metrics; print({heavy} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
