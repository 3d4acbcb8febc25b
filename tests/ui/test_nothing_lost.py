"""What a file holds beside its colours comes out of the page "Upscale" as it went in."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image, ImageCms
from streamlit.testing.v1 import AppTest

from sr_core import Picture, Upscaler, decode, encode
from tests.conftest import ROOT
from tests.ui.test_upscale_page import batch, settle, upload

HEIGHT, WIDTH = 20, 28
NOTE = "By the lake"  # as a photographer writes it into a picture
PROFILE = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
ORIENTATION, DESCRIPTION, SOFTWARE = 0x0112, 0x010E, 0x0131


def gradient() -> Image.Image:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    pixels = np.stack([rows * 12, columns * 9, np.full_like(rows, 90)], axis=2)
    return Image.fromarray(pixels.astype(np.uint8))


def saved(image: Image.Image, form: str = "png", **options) -> bytes:
    buffer = BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def photo(form: str) -> bytes:
    """Lies on its side, as a camera held upright writes it."""
    exif = Image.Exif()
    exif[ORIENTATION], exif[DESCRIPTION] = 6, NOTE
    return saved(gradient(), form, exif=exif, icc_profile=PROFILE, quality=95)


def enlarged(data: bytes, **settings: str) -> bytes:
    app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=120)
    for name, value in settings.items():
        app.query_params[name] = value
    upload(app.run(), ("picture.png", data))
    settle(app)
    (item,) = batch(app).items
    assert item.result is not None, item.error
    return item.result.data


def opened(data: bytes) -> Image.Image:
    image = Image.open(BytesIO(data))
    image.load()
    return image


@pytest.mark.parametrize(("source", "title"), [("jpeg", "PNG"), ("png", "JPEG"), ("webp", "WebP")])
def test_photo_stands_upright_once_and_keeps_exif_and_profile(source: str, title: str):
    image = opened(enlarged(photo(source), format=title))

    assert image.size == (4 * HEIGHT, 4 * WIDTH)
    assert image.getexif().get(ORIENTATION, 1) == 1
    assert image.getexif()[DESCRIPTION] == NOTE
    assert image.info["icc_profile"] == PROFILE
    # A quarter turn to the right: what was at the bottom is on the left.
    upright = np.asarray(image.convert("RGB")).astype(int)
    assert upright[:, 2, 0].mean() > upright[:, -3, 0].mean() + 150


def test_exif_is_left_out_on_request_and_the_profile_stays():
    image = opened(enlarged(photo("jpeg"), details="false", signed="false"))

    assert dict(image.getexif()) == {}
    assert image.info["icc_profile"] == PROFILE


@pytest.mark.parametrize("title", ["PNG", "JPEG", "WebP"])
def test_file_says_how_it_was_made_unless_that_is_left_out(title: str):
    said = Upscaler.from_weights("edsr_x4").provenance()
    assert said is not None

    with_it = enlarged(saved(gradient()), format=title)
    without_it = enlarged(saved(gradient()), format=title, signed="false")

    assert str(said).encode() in with_it
    assert b"SuperRes" not in without_it


def test_print_becomes_srgb_and_is_no_longer_called_a_print():
    image = opened(enlarged(saved(gradient().convert("CMYK"), "jpeg", quality=95)))

    assert image.mode == "RGB"
    small = np.asarray(image.resize((WIDTH, HEIGHT), Image.Resampling.BOX)).astype(int)
    assert np.abs(small - np.asarray(gradient())).mean() < 6


def test_ramp_of_16_bits_comes_out_with_far_more_levels_than_8_bits_have():
    ramp = np.linspace(0, 65535, HEIGHT * WIDTH).reshape(HEIGHT, WIDTH, 1).repeat(3, 2).astype(np.uint16)

    picture = decode(enlarged(encode(Picture(ramp))))

    assert picture.bit_depth == 16
    assert len(np.unique(picture.pixels)) > 4 * 256


def test_grey_stays_grey():
    image = opened(enlarged(saved(gradient().convert("L"))))

    assert image.mode == "L"


def test_transparency_is_enlarged_and_leaves_no_halo():
    # A red disc on transparent white, which would shine through at the edge.
    rows, columns = np.mgrid[0:40, 0:40]
    alpha = np.clip(14.5 - np.hypot(rows - 19.5, columns - 19.5), 0, 1)
    pixels = np.full((40, 40, 4), 255, np.uint8)
    pixels[alpha > 0, 1:3] = 0
    pixels[..., 3] = np.rint(alpha * 255)

    large = np.asarray(opened(enlarged(saved(Image.fromarray(pixels))))).astype(int)

    rows, columns = np.mgrid[0:160, 0:160]
    truth = np.clip(4 * 14.5 - 2 - np.hypot(rows - 79.5, columns - 79.5), 0, 1) * 255
    assert large.shape == (160, 160, 4)
    assert np.abs(large[..., 3] - truth).mean() < 4
    assert large[large[..., 3] > 32][:, 1:3].max() < 40
