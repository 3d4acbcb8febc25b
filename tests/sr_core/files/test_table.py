"""The table of formats promises what reading, enlarging and writing do."""

import io
from dataclasses import replace
from typing import Any

import numpy as np
import pillow_heif
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageCms
from PIL.PngImagePlugin import PngInfo

from scripts import formats as formats_page
from sr_core import bicubic, files
from sr_core.files import FORMATS, OutputFormat
from sr_core.files.formats import Kind
from sr_core.picture import Metadata, Picture

RGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
GREY = RGB[:16] + b"GRAY" + RGB[20:]
EXIF = b"MM\x00*\x00\x00\x00\x08\x00\x01\x01\x0f\x00\x02\x00\x00\x00\x04Box\x00" + bytes(4)
GAMMA = ((b"gAMA", (100_000).to_bytes(4)),)


@st.composite
def pictures(draw: st.DrawFn) -> Picture:
    grey, dtype = draw(st.booleans()), draw(st.sampled_from([np.uint8, np.uint16]))
    level = np.linspace(0, np.iinfo(dtype).max, 24 * 16).reshape(16, 24).astype(dtype)
    colour = np.dstack([level] * 3) if grey else np.dstack([level, level[::-1], level[:, ::-1]])
    said = Metadata(
        draw(st.sampled_from([None, (300.0, 300.0)])),
        draw(st.sampled_from([None, b"<x:xmpmeta/>"])),
        draw(st.sampled_from([None, b"\x1c\x02\x05\x00\x01T"])),
        draw(st.sampled_from([(), ((b"tEXt", b"Author\x00Somebody"),)])),
    )
    return Picture(
        colour,
        draw(st.sampled_from([None, level[::-1].copy()])),
        grey,
        icc=draw(st.sampled_from([None, RGB, GREY] if grey else [None, RGB])),
        exif=draw(st.sampled_from([None, EXIF])),
        colour_chunks=draw(st.sampled_from([(), GAMMA])),
        metadata=said,
    )


@given(pictures(), st.sampled_from(files.WRITTEN), st.booleans())
def test_reading_enlarging_and_writing_keep_what_the_table_promises(original, name, keep):
    kind, output = FORMATS[name], OutputFormat(name)
    small = files.decode(files.encode(original))  # PNG keeps everything
    assert (small.metadata.texts, small.exif) == (original.metadata.texts, original.exif)
    large = bicubic(small, size=(32, 48))
    back = files.decode(files.encode(large, output, keep_metadata=keep))
    sentences = " ".join(files.losses(small, output, keep_metadata=keep))

    assert (back.height, back.width) == (32, 48)
    assert back.bit_depth == (original.bit_depth if name == "png" else 8)
    assert ("16 are rounded" in sentences) == (original.bit_depth == 16 and name != "png")
    assert (back.alpha is not None) == (original.alpha is not None and name != "jpeg")
    assert back.colour_chunks == (original.colour_chunks if name == "png" else ())
    if original.icc == RGB:
        assert back.icc == RGB
    if name != "png" and original.icc is None and original.colour_chunks:
        assert name == "webp" or back.icc is not None  # the chunks became a profile
    said = original.metadata if keep else replace(Metadata(), resolution=original.metadata.resolution)
    assert back.metadata.xmp == said.xmp
    assert back.metadata.iptc == (said.iptc if kind.keeps("IPTC") else None)
    assert back.metadata.texts == (said.texts if kind.keeps("texts") else ())
    assert ("IPTC" in sentences) == bool(said.iptc and not kind.keeps("IPTC"))
    assert ("PNG texts" in sentences) == bool(said.texts and not kind.keeps("texts"))
    assert (b"Box" in (back.exif or b"")) == bool(original.exif and keep)
    if original.metadata.resolution:
        kept = back.metadata.resolution or (b"\x01\x1a" in (back.exif or b"") and (300, 300))
        np.testing.assert_allclose(kept, (300, 300), rtol=1e-3)


def test_the_page_of_formats_is_that_of_the_table():
    assert formats_page.PAGE.read_text(encoding="utf-8") == formats_page.page(), "python scripts/formats.py"


def written_by_pillow(name: str, image: Image.Image, **said: Any) -> bytes:
    """Return a file as other programs write it, with what the format has a place for."""
    kept = {"bmp": {"dpi"}, "heic": {"icc_profile", "exif", "xmp"}}.get(name, set(said))
    options: dict[str, Any] = {key: value for key, value in said.items() if key in kept}
    if name in ("avif", "heic", "jpeg"):
        options["quality"] = 95
    if name == "webp":
        options["lossless"] = True
    if "exif" in options:
        exif = Image.Exif()
        exif.load(options["exif"])
        options["exif"] = exif.tobytes()
    if name == "tiff":
        directory = Image.Exif()
        directory.load(options.pop("exif", b""))
        if "xmp" in options:
            directory[700] = options.pop("xmp")
        options["exif"] = directory
    if "xmp" in options and name == "png":
        options["pnginfo"] = PngInfo()
        options["pnginfo"].add_itxt("XML:com.adobe.xmp", options.pop("xmp").decode())
    file = io.BytesIO()
    if name == "heic":
        profile = options.pop("icc_profile", None)
        made = pillow_heif.from_pillow(image)
        if profile:
            made[0].info["icc_profile"], made[0].info["icc_profile_type"] = profile, "prof"
        made.save(file, chroma=444, **options)
    else:
        image.save(file, name, **options)
    return file.getvalue()


@given(
    st.sampled_from(tuple(FORMATS)),
    st.sampled_from(["L", "RGB", "RGBA", "P", "1"]),
    st.sets(st.sampled_from(["icc_profile", "exif", "xmp", "dpi"])),
)
def test_reading_keeps_what_the_table_promises_of_files_of_other_programs(name, mode, kinds):
    level = np.linspace(0, 255, 24 * 16).reshape(16, 24).astype(np.uint8)
    colour = Image.fromarray(np.dstack([level, level[::-1], level[:, ::-1], 255 - level // 2]))
    few_colours = mode in ("P", "1") and name in ("png", "bmp", "tiff")
    image = colour.convert("RGB")
    if mode == "L" or few_colours:
        image = image.convert(mode)
    elif mode == "RGBA" and name != "jpeg":
        image = colour
    grey = image.mode in ("L", "1")
    everything = {
        "icc_profile": GREY if grey else RGB,
        "exif": EXIF,
        "xmp": b"<x:xmpmeta/>",
        "dpi": (300, 300),
    }
    said = {key: value for key, value in everything.items() if key in kinds}

    picture = files.decode(written_by_pillow(name, image, **said))

    def reads(kind: Kind, key: str) -> bool:
        return key in said and FORMATS[name].reads.get(kind, "lost").startswith("kept")

    expected = np.asarray(image.convert("RGBA"))
    assert picture.bit_depth == 8
    error = np.abs(picture.pixels.astype(int) - expected[..., :3]).mean()
    assert error < 6 if name in ("jpeg", "avif", "heic") else error == 0
    # Pillow writes no mask of alpha into a BMP, without which nobody may take its fourth byte for that.
    if image.mode == "RGBA" and reads_alpha(name) and name != "bmp":
        assert picture.alpha is not None
        assert np.abs(picture.alpha.astype(int) - expected[..., 3]).mean() < 2
    if reads("profile", "icc_profile") and not (grey and name in ("webp", "avif", "heic")):
        assert picture.icc == said["icc_profile"]
    if reads("EXIF", "exif"):
        assert b"Box" in (picture.exif or b"")
    if reads("XMP", "xmp"):
        assert picture.metadata.xmp is not None
        assert b"xmpmeta" in picture.metadata.xmp
    if reads("resolution", "dpi"):
        assert picture.metadata.resolution is not None
        np.testing.assert_allclose(picture.metadata.resolution, (300, 300), rtol=1e-2)


def reads_alpha(name: str) -> bool:
    return FORMATS[name].reads.get("alpha", "lost").startswith("kept")
