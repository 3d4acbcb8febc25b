"""AVIF and HEIC, the photos of phones and browsers, are read as their makers meant them."""

import io

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image, ImageCms

from sr_core import files
from sr_core.errors import PictureTooLargeError, UnreadablePictureError, UnsupportedPictureError
from sr_core.files import Limits, OutputFormat

SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:rights>Author</dc:rights></x:xmpmeta>'
DOWN, ACROSS = np.mgrid[0:48, 0:64]
COLOURS = np.dstack([DOWN * 5, ACROSS * 4, 255 - ACROSS * 4, 128 + DOWN]).astype(np.uint8)
CHANNELS = {"L": [0], "RGB": [0, 1, 2], "RGBA": [0, 1, 2, 3]}


def heic(mode: str = "RGB", *, deep: bool = False, **options) -> bytes:
    array = COLOURS[..., CHANNELS[mode]].squeeze()
    data = (array.astype(np.uint16) * 257 if deep else array).tobytes()
    made = pillow_heif.from_bytes(f"{mode};16" if deep else mode, (64, 48), data)
    stream = io.BytesIO()
    made.save(stream, **{"quality": -1, "chroma": 444, **options})
    return stream.getvalue()


def avif(mode: str = "RGB", *, deep: bool = False, **options) -> bytes:
    array = np.ascontiguousarray(COLOURS[..., CHANNELS[mode]].squeeze())
    if deep:
        array = array[..., [2, 1, 0, 3][: array.shape[2]]] if array.ndim == 3 else array
        quality = [cv2.IMWRITE_AVIF_DEPTH, 10, cv2.IMWRITE_AVIF_QUALITY, 100]
        return cv2.imencode(".avif", array.astype(np.uint16) * 4, quality)[1].tobytes()
    stream = io.BytesIO()
    sampling = "4:0:0" if mode == "L" else "4:4:4"
    Image.fromarray(array).save(stream, "AVIF", quality=100, subsampling=sampling, **options)
    return stream.getvalue()


@pytest.mark.parametrize("made", [avif, heic])
@pytest.mark.parametrize("mode", CHANNELS)
@pytest.mark.parametrize("deep", [False, True])
def test_pixels_alpha_grey_and_bit_depth_are_those_of_the_file(made, mode, deep):
    decoded = files.decode(made(mode, deep=deep))
    assert (decoded.height, decoded.width, decoded.bit_depth) == (48, 64, 16 if deep else 8)
    assert decoded.grey == (mode == "L")
    expected = COLOURS[..., CHANNELS[mode][:3]] * (257.0 if deep else 1.0)
    assert np.abs(decoded.pixels - expected).max() <= (1100 if deep else 4)
    assert (decoded.alpha is not None) == (mode == "RGBA")
    if decoded.alpha is not None:
        assert np.abs(decoded.alpha - COLOURS[..., 3] * (257.0 if deep else 1.0)).max() <= (
            300 if deep else 1
        )


@pytest.mark.parametrize("made", [avif, heic])
def test_profile_exif_and_xmp_are_kept(made):
    exif = Image.Exif()
    exif[0x010F] = "Maker"
    if made is avif:
        data = avif(icc_profile=SRGB, exif=exif, xmp=XMP)
    else:
        image = pillow_heif.from_bytes("RGB", (64, 48), COLOURS[..., :3].tobytes())
        image.info["icc_profile"], image.info["icc_profile_type"] = SRGB, "prof"
        stream = io.BytesIO()
        image.save(stream, exif=exif.tobytes(), xmp=XMP)
        data = stream.getvalue()
    decoded = files.decode(data)
    assert decoded.icc == SRGB
    assert decoded.metadata.xmp == XMP
    with Image.open(io.BytesIO(files.encode(decoded, OutputFormat("jpeg")))) as written:
        assert written.getexif()[0x010F] == "Maker"


def test_colours_in_code_points_become_a_chunk_of_png():
    display_p3 = files.decode(heic(color_primaries=12, transfer_characteristic=13))
    assert display_p3.colour_chunks == ((b"cICP", bytes([12, 13, 0, 1])),)
    assert files.decode(avif()).colour_chunks == ()  # sRGB


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
def test_the_turn_of_an_avif_is_made_once(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = files.decode(avif(exif=exif))
    turned = np.rot90(COLOURS[..., :3], {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    assert np.abs(decoded.pixels.astype(int) - turned).max() <= 4
    with Image.open(io.BytesIO(files.encode(decoded))) as written:
        assert written.getexif().get(0x0112, 1) == 1


def test_what_phones_store_beside_the_picture_is_named():
    several = pillow_heif.from_bytes("RGB", (64, 48), COLOURS[..., :3].tobytes())
    several.add_from_pillow(Image.new("RGB", (32, 32)))
    stream = io.BytesIO()
    several.save(stream, primary_index=0)
    gain_map = heic() + b"urn:com:apple:photo:2020:aux:hdrgainmap\x00"
    for data, said in ((stream.getvalue(), "holds 2 pictures"), (gain_map, "gain map")):
        (sentence,) = files.losses(files.decode(data), files.PNG)
        assert said in sentence


@pytest.mark.parametrize("made", [avif, heic])
def test_limits_are_checked_on_the_header(made):
    data = made()[:-40]  # without the end of its pixels: decoding them would call it damaged
    with pytest.raises(PictureTooLargeError, match="received 48 x 64 px"):
        files.decode(data, limits=Limits(max_side=63))
    with pytest.raises(UnreadablePictureError, match="damaged"):
        files.decode(data)


def test_an_animated_avif_is_refused():
    with pytest.raises(UnsupportedPictureError, match="animation"):
        files.decode(avif(save_all=True, append_images=[Image.new("RGB", (64, 48))]))
