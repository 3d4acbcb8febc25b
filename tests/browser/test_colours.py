"""A browser shows the colours of an enlarged picture as it shows those of the original."""

import base64
import io
import struct
import zlib

import cv2
import numpy as np
import pillow_heif
import pytest
from PIL import Image
from playwright.sync_api import Page

from sr_core import OutputFormat, bicubic, decode, encode
from sr_core.files import FORMATS, WRITTEN, format_of, icc

SIDE, SCALE = 48, 2
GAMMA_1, GAMMA_22 = struct.pack(">I", 100_000), struct.pack(">I", 45_455)
SRGB_PRIMARIES = struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 30_000, 60_000, 15_000, 6000)
ADOBE_PRIMARIES = struct.pack(">8I", 31_270, 32_900, 64_000, 33_000, 21_000, 71_000, 15_000, 6000)
PQ, DISPLAY_P3 = bytes([9, 16, 0, 1]), bytes([12, 13, 0, 1])


def colours(depth: int = 8, *, grey: bool = False) -> np.ndarray:
    """Ramps of brightness and colour, smooth enough that no way of enlarging them matters."""
    down, across = np.mgrid[0:1:48j, 0:1:48j]
    rgb = np.dstack([down, across, 1 - (down + across) / 2])[..., : 1 if grey else 3]
    return np.round(rgb * (2**depth - 1)).astype(np.uint8 if depth == 8 else np.uint16).squeeze()


def saved(file_format: str, *, grey: bool = False, **options) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(colours(grey=grey)).save(stream, file_format, **options)
    return stream.getvalue()


def png(*chunks: tuple[bytes, bytes], depth: int = 8, grey: bool = False) -> bytes:
    array = colours(depth, grey=grey)
    data = cv2.imencode(".png", array if grey else array[..., ::-1])[1].tobytes()
    packed = [
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
        for name, body in chunks
    ]
    return data[:33] + b"".join(packed) + data[33:]


def profile(*, grey: bool = False) -> bytes:
    """A profile far from sRGB."""
    made = icc.profile_of(((b"gAMA", GAMMA_1), (b"cHRM", ADOBE_PRIMARIES)), grey=grey)
    assert made is not None
    return made


def iccp(*, grey: bool) -> tuple[bytes, bytes]:
    return b"iCCP", b"p\x00\x00" + zlib.compress(profile(grey=grey))


def shown(page: Page, data: bytes) -> np.ndarray:
    """The pixels on the screen, (96, 96, 3)."""
    source = f"data:{FORMATS[format_of(data)].mime};base64,{base64.b64encode(data).decode()}"
    page.set_content(f'<img style="width: {SIDE * SCALE}px" src="{source}">')
    page.wait_for_function("document.images[0].complete && document.images[0].naturalWidth > 0")
    with Image.open(io.BytesIO(page.locator("img").screenshot())) as image:
        return np.array(image.convert("RGB")).astype(float)


ORIGINALS = {
    "png": png(),
    "png gAMA and cHRM": png((b"gAMA", GAMMA_1), (b"cHRM", SRGB_PRIMARIES), depth=16),
    "png gAMA alone": png((b"gAMA", GAMMA_1)),
    "png cHRM alone": png((b"cHRM", ADOBE_PRIMARIES)),
    "png Adobe's gamma and primaries": png((b"gAMA", GAMMA_22), (b"cHRM", ADOBE_PRIMARIES)),
    "png sRGB": png((b"sRGB", b"\x00"), (b"gAMA", GAMMA_1)),
    "png cICP Display P3": png((b"cICP", DISPLAY_P3)),
    "png cICP PQ": png((b"cICP", PQ), depth=16),
    "png cICP before iCCP": png((b"cICP", DISPLAY_P3), iccp(grey=False)),
    "png profile": png(iccp(grey=False)),
    "png grey, profile": png(iccp(grey=True), grey=True),
    "png grey, profile for RGB": png(iccp(grey=False), grey=True),
    "png grey gAMA": png((b"gAMA", GAMMA_1), (b"cHRM", SRGB_PRIMARIES), depth=16, grey=True),
    "jpeg profile": saved("JPEG", icc_profile=profile(), quality=100),
    "jpeg grey, profile": saved("JPEG", icc_profile=profile(grey=True), grey=True),
    "jpeg grey, profile for RGB": saved("JPEG", icc_profile=profile(), grey=True),
    "jpeg RGB, profile for grey": saved("JPEG", icc_profile=profile(grey=True)),
    "avif profile": saved("AVIF", icc_profile=profile(), quality=95, subsampling="4:4:4"),
    "avif": saved("AVIF", quality=95, subsampling="4:4:4"),
    "avif Display P3": saved("AVIF", quality=95, subsampling="4:4:4").replace(
        b"colrnclx\x00\x01\x00\x0d", b"colrnclx\x00\x0c\x00\x0d"
    ),
    "webp profile": saved("WEBP", icc_profile=profile(), lossless=True),
    "webp profile for grey": saved("WEBP", icc_profile=profile(grey=True), lossless=True),
}


@pytest.mark.parametrize("name", ORIGINALS)
def test_a_browser_shows_the_colours_of_the_original(page: Page, name: str):
    original = ORIGINALS[name]
    expected = shown(page, original)
    large = bicubic(decode(original), size=(SIDE * SCALE, SIDE * SCALE))
    for kind in WRITTEN:
        if name == "png cICP PQ" and kind != "png":
            continue  # named as lost
        actual = shown(page, encode(large, OutputFormat(kind)))
        assert np.abs(actual - expected).mean() <= 3, kind


@pytest.mark.parametrize("options", [{}, {"color_primaries": 12, "transfer_characteristic": 13}])
def test_a_heic_which_no_browser_knows_has_the_colours_of_the_same_picture_as_png(page: Page, options: dict):
    heic = pillow_heif.from_bytes("RGB", (SIDE, SIDE), colours().tobytes())
    chunks = [(b"cICP", DISPLAY_P3)]
    if not options:
        heic.info["icc_profile"], heic.info["icc_profile_type"] = profile(), "prof"
        chunks = [iccp(grey=False)]
    stream = io.BytesIO()
    heic.save(stream, quality=-1, chroma=444, **options)
    expected = shown(page, png(*chunks))
    for kind in WRITTEN:
        large = bicubic(decode(stream.getvalue()), size=(SIDE * SCALE, SIDE * SCALE))
        assert np.abs(shown(page, encode(large, OutputFormat(kind))) - expected).mean() <= 3, kind
