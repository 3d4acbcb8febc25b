"""A picture becomes a file: as much of it as the format can keep, and what it cannot is told before."""

import io
import struct
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms, JpegImagePlugin, PngImagePlugin

import sr_core
from sr_core import files
from sr_core.errors import OptionError, PictureTooLargeError, UnsupportedPictureError
from sr_core.files import OutputFormat, Provenance
from sr_core.picture import Picture

DATA = Path(__file__).parents[2] / "data"
SIDES = st.integers(1, 40)
DTYPES = st.sampled_from([np.uint8, np.uint16])

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY_PROFILE = SRGB[:16] + b"GRAY" + SRGB[20:]

PROVENANCE = Provenance("edsr_x4", 4)
SOFTWARE, PROCESSING_SOFTWARE, MAKER = 0x131, 0x0B, 0x10F


def noise(height: int, width: int, channels: int, dtype: npt.DTypeLike, seed: int = 0) -> np.ndarray:
    generator = np.random.default_rng(seed)
    return generator.integers(0, 65536, (height, width, channels)).astype(dtype)


def make(
    height: int = 5, width: int = 7, *, dtype: npt.DTypeLike = np.uint8, grey=False, alpha=False, **metadata
) -> Picture:
    pixels = np.repeat(noise(height, width, 1 if grey else 3, dtype), 3 if grey else 1, axis=2)
    opacity = noise(height, width, 1, dtype, seed=1)[..., 0] if alpha else None
    return Picture(pixels, opacity, grey, **metadata)


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


# --- formats -----------------------------------------------------------------------------------------------


@given(SIDES, SIDES, DTYPES, st.booleans())
def test_other_programs_read_our_png_as_it_was_meant(height, width, dtype, alpha):
    original = make(height, width, dtype=dtype, alpha=alpha)
    encoded = np.frombuffer(files.encode(original), np.uint8)
    by_opencv = np.array(cv2.imdecode(encoded, cv2.IMREAD_UNCHANGED))
    np.testing.assert_array_equal(by_opencv[..., 2::-1], original.pixels)
    if alpha:
        np.testing.assert_array_equal(by_opencv[..., 3], original.alpha)


def test_png_taller_than_one_block_of_rows_is_exact():
    original = make(600, 3, alpha=True)
    with Image.open(io.BytesIO(files.encode(original))) as image:
        np.testing.assert_array_equal(np.array(image)[..., :3], original.pixels)


@given(SIDES, SIDES, st.booleans(), st.booleans())
def test_lossless_webp_is_exact_even_under_full_transparency(height, width, grey, alpha):
    original = make(height, width, grey=grey, alpha=alpha)
    assert same(files.decode(files.encode(original, OutputFormat("webp", lossless=True))), original)


@pytest.mark.parametrize("file_format", ["jpeg", "webp"])
def test_lossy_formats_stay_close_at_quality_95(file_format):
    original = files.read(DATA / "guitar.png")
    back = files.decode(files.encode(original, OutputFormat(file_format)))
    error = back.pixels.astype(float) - original.pixels
    assert np.sqrt((error**2).mean()) < 5


def test_jpeg_keeps_colour_at_full_resolution_and_grey_in_one_channel():
    with Image.open(io.BytesIO(files.encode(make(), OutputFormat("jpeg")))) as colour:
        assert isinstance(colour, JpegImagePlugin.JpegImageFile)
        assert JpegImagePlugin.get_sampling(colour) == 0  # 4:4:4
    back = files.decode(files.encode(make(grey=True), OutputFormat("jpeg")))
    assert back.grey


@pytest.mark.parametrize("grey", [False, True])
def test_jpeg_lays_transparency_on_white(grey):
    pixels = np.full((16, 16, 3), 40, np.uint8)
    alpha = np.zeros((16, 16), np.uint8)
    alpha[:, 8:] = 255
    flat = files.decode(files.encode(Picture(pixels, alpha, grey), OutputFormat("jpeg")))
    assert flat.alpha is None
    assert flat.pixels[:, :8].min() >= 253
    assert abs(int(flat.pixels[:, 8:].max()) - 40) <= 2


@pytest.mark.parametrize("file_format", ["jpeg", "webp"])
def test_16_bit_is_rounded_and_not_cut_for_8_bit_formats(file_format):
    deep = Picture(np.full((16, 16, 3), 257 * 100 + 200, np.uint16))  # 100.78 in units of 0..255
    lossless = file_format == "webp"
    shallow = files.decode(files.encode(deep, OutputFormat(file_format, lossless=lossless)))
    assert (shallow.bit_depth, shallow.pixels.max()) == (8, 101)


@pytest.mark.parametrize(
    "options", [{"format": "gif"}, {"quality": 0}, {"quality": 101}, {"format": "jpeg", "lossless": True}]
)
def test_options_that_make_no_sense_are_refused(options):
    with pytest.raises(OptionError, match=r"received|choose"):
        OutputFormat(**options)


def test_the_size_of_a_file_is_that_of_the_real_file():
    photo = files.read(DATA / "guitar.png")
    for kind in (
        files.PNG,
        OutputFormat("jpeg", 50),
        OutputFormat("webp"),
        OutputFormat("webp", lossless=True),
    ):
        size = files.encoded_size(photo, kind, provenance=PROVENANCE)
        assert size == len(files.encode(photo, kind, provenance=PROVENANCE))


# --- what a format cannot keep -----------------------------------------------------------------------------


@pytest.mark.parametrize(("file_format", "side"), [("webp", 16_384), ("jpeg", 65_501)])
def test_a_side_that_a_format_cannot_hold_is_refused_with_a_way_out(file_format, side):
    long = Picture(np.zeros((1, side, 3), np.uint8))
    with pytest.raises(PictureTooLargeError, match=f"save it as PNG; received 1 x {side:,} px"):
        files.encode(long, OutputFormat(file_format))
    assert files.decode(files.encode(long), limits=files.Limits(max_side=side)).width == side


def test_exif_too_long_for_a_jpeg_is_refused_with_a_way_out():
    long = make(exif=exif_block(1) + bytes(65_536))
    with pytest.raises(UnsupportedPictureError, match="save it as PNG or WebP"):
        files.encode(long, OutputFormat("jpeg"))


@pytest.mark.parametrize(
    ("options", "file_format", "said"),
    [
        ({"alpha": True}, "jpeg", ["JPEG keeps no transparency"]),
        ({"dtype": np.uint16}, "jpeg", ["JPEG keeps 8 bits per channel"]),
        ({"dtype": np.uint16}, "webp", ["WebP keeps 8 bits per channel"]),
        (
            {"dtype": np.uint16, "alpha": True, "grey": True, "icc": GREY_PROFILE},
            "jpeg",
            ["JPEG keeps no transparency", "JPEG keeps 8 bits"],
        ),
        ({"alpha": True}, "webp", []),
        ({"grey": True, "icc": GREY_PROFILE}, "webp", []),
        (
            {"colour_chunks": ((b"cICP", bytes([9, 16, 0, 1])),)},
            "jpeg",
            ["JPEG cannot tell"],
        ),
        (
            {"colour_chunks": ((b"cICP", bytes([9, 18, 0, 1])),)},
            "webp",
            ["WebP cannot tell"],
        ),
        ({"colour_chunks": ((b"cICP", bytes([9, 16, 0, 1])),)}, "png", []),
        ({"colour_chunks": ((b"cICP", bytes([12, 13, 0, 1])),)}, "jpeg", []),
        ({"grey": True}, "webp", []),
        ({"dtype": np.uint16, "alpha": True, "grey": True, "icc": GREY_PROFILE}, "png", []),
    ],
)
def test_what_will_be_lost_is_told_one_sentence_each(options, file_format, said):
    sentences = files.losses(make(**options), OutputFormat(file_format))
    assert len(sentences) == len(said)
    for sentence, beginning in zip(sentences, said, strict=True):
        assert sentence.startswith(beginning)
        assert sentence.endswith(("to keep it.", "to keep them.", "to keep that."))


def test_an_alpha_plane_that_is_opaque_is_no_loss():
    opaque = Picture(make().pixels, np.full((5, 7), 255, np.uint8))
    assert files.losses(opaque, OutputFormat("jpeg")) == ()


# --- beside the pixels -------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", files.WRITTEN)
def test_metadata_is_stripped_on_request_and_the_colour_profile_stays(file_format):
    photo = make(32, 32, icc=SRGB, exif=exif_block(1))
    kept = files.encode(photo, OutputFormat(file_format))
    stripped = files.encode(photo, OutputFormat(file_format), keep_metadata=False)
    assert b"Box\x00" in kept
    assert b"Box\x00" not in stripped
    with Image.open(io.BytesIO(stripped)) as image:
        assert dict(image.getexif()) == {}
        assert image.info["icc_profile"] == SRGB


def test_what_is_stripped_need_not_fit_into_a_jpeg():
    long = make(exif=exif_block(1) + bytes(65_536))
    assert files.encode(long, OutputFormat("jpeg"), keep_metadata=False).startswith(b"\xff\xd8")


@pytest.mark.parametrize("exif", [None, exif_block(1)])
def test_png_says_in_its_own_text_how_it_was_made(exif):
    data = files.encode(make(exif=exif), provenance=PROVENANCE)
    with Image.open(io.BytesIO(data)) as image:
        assert isinstance(image, PngImagePlugin.PngImageFile)
        assert image.text == {"Software": f"SuperRes {sr_core.__version__} (model edsr_x4, scale x4)"}
    assert files.decode(data).exif == files.decode(files.encode(make(exif=exif))).exif


@pytest.mark.parametrize("file_format", ["jpeg", "webp"])
def test_jpeg_and_webp_say_in_exif_how_they_were_made(file_format):
    for exif in (None, exif_block(1)[:34] + bytes(4)):
        data = files.encode(make(32, 32, exif=exif), OutputFormat(file_format), provenance=PROVENANCE)
        with Image.open(io.BytesIO(data)) as image:
            tags = image.getexif()
        assert tags[SOFTWARE] == f"SuperRes {sr_core.__version__} (model edsr_x4, scale x4)"
        assert tags.get(MAKER) == (None if exif is None else "Box")


@pytest.mark.parametrize("file_format", files.WRITTEN)
@pytest.mark.parametrize("keep_metadata", [True, False])
def test_nothing_of_how_it_was_made_is_written_unless_asked(file_format, keep_metadata):
    photo = make(32, 32, exif=exif_block(1))
    data = files.encode(photo, OutputFormat(file_format), keep_metadata=keep_metadata)
    assert b"SuperRes" not in data
    assert b"Software" not in data
    signed = files.encode(
        photo, OutputFormat(file_format), keep_metadata=keep_metadata, provenance=PROVENANCE
    )
    assert b"SuperRes" in signed


def test_exif_that_fills_a_jpeg_is_kept_rather_than_how_it_was_made():
    full = make(exif=exif_block(1)[:34] + bytes(65_527 - 34))
    data = files.encode(full, OutputFormat("jpeg"), provenance=PROVENANCE)
    assert files.decode(data).exif == full.exif


# --- files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"), [("a.PNG", "png"), ("b/c.jpeg", "jpeg"), ("d.e.jpg", "jpeg"), ("f.webp", "webp")]
)
def test_the_extension_names_the_format(name, expected):
    assert files.format_for(name) == expected


@pytest.mark.parametrize("name", ["a.gif", "b", "c.tiff"])
def test_an_extension_that_cannot_be_written_is_refused(name):
    with pytest.raises(OptionError, match=r"\.png, \.jpg"):
        files.format_for(name)


@pytest.mark.parametrize("name", ["a.png", "b.webp"])
def test_what_is_written_can_be_read(tmp_path, name):
    original = make(alpha=True)
    files.write(tmp_path / name, original, OutputFormat(files.format_for(name), lossless=True))
    assert same(files.read(tmp_path / name), original)
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_the_format_asked_for_wins_over_the_extension(tmp_path):
    files.write(tmp_path / "a.dat", make(), OutputFormat("jpeg"))
    assert (tmp_path / "a.dat").read_bytes().startswith(b"\xff\xd8\xff")
