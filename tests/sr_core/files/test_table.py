"""The table of formats promises what reading, enlarging and writing do."""

from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from PIL import ImageCms

from scripts import formats as formats_page
from sr_core import bicubic, files
from sr_core.files import FORMATS, OutputFormat
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
