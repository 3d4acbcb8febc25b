"""What photographers and programs write beside the pixels is kept, or named before the work."""

import io
import struct
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image

from sr_core import files
from sr_core.files import OutputFormat, Provenance, metadata
from sr_core.picture import Metadata, Picture

XMP = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><dc:rights>\xc2\xa9 Author</dc:rights></x:xmpmeta>'
IPTC = b"\x1c\x02\x74\x00\x08(c) Name\x1c\x02\x05\x00\x05Title"
TEXTS = (
    (b"tEXt", b"parameters\x00a tree\nSteps: 20"),
    (b"zTXt", b"Author\x00\x00" + zlib.compress(b"Somebody")),
    (b"iTXt", b"Title\x00\x00\x00de\x00Titel\x00" + "Bäume".encode()),
)
DPI = (300.0, 150.0)
FULL = Metadata(DPI, XMP, IPTC, TEXTS)


def make(**options) -> Picture:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    return Picture(pixels, **options)


def saved(file_format: str, **options) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (24, 16), "teal").save(stream, file_format, **options)
    return stream.getvalue()


def segment(marker: int, body: bytes) -> bytes:
    return struct.pack(">BBH", 255, marker, len(body) + 2) + body


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


def said_of(data: bytes) -> Metadata:
    return files.decode(data).metadata


# --- resolution --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("file_format", ["PNG", "JPEG", "TIFF", "BMP"])
@pytest.mark.parametrize("written", files.WRITTEN)
def test_the_resolution_is_kept_wherever_it_stood(file_format, written):
    original = files.decode(saved(file_format, dpi=DPI))
    data = files.encode(original.with_pixels(np.zeros((64, 96, 3), np.uint8)), OutputFormat(written))
    with Image.open(io.BytesIO(data)) as image:
        tags = image.getexif()
        kept = image.info.get("dpi") or (tags[0x11A], tags[0x11B])
    np.testing.assert_allclose(np.array(kept, float), DPI, rtol=1e-3)


def test_a_resolution_in_cm_is_one_in_inches():
    jfif = saved("JPEG").replace(
        b"JFIF\x00\x01\x01\x00\x00\x01\x00\x01", b"JFIF\x00\x01\x01\x02\x00\x64\x00\x32"
    )
    assert said_of(jfif).resolution == pytest.approx((254, 127))
    stream = io.BytesIO()
    tifffile.imwrite(stream, make().pixels, photometric="rgb", resolution=(100, 50), resolutionunit=3)
    assert said_of(stream.getvalue()).resolution == pytest.approx((254, 127))


@pytest.mark.parametrize("body", [struct.pack(">IIB", 3, 1, 0), struct.pack(">IIB", 0, 0, 1)])
def test_the_shape_of_pixels_or_nonsense_is_no_resolution(body):
    data = saved("PNG")
    assert said_of(data[:33] + chunk(b"pHYs", body) + data[33:]).resolution is None


def test_photoshop_s_own_resolution_counts_where_there_is_no_other():
    info = b"8BIM" + struct.pack(">HHIiHHiHH", 0x03ED, 0, 16, 200 << 16, 1, 1, 100 << 16, 1, 1)
    data = saved("JPEG")
    assert said_of(data[:2] + segment(0xED, b"Photoshop 3.0\x00" + info) + data[20:]).resolution == (200, 100)


# --- XMP, IPTC, texts --------------------------------------------------------------------------------------


def test_each_reader_finds_what_others_wrote():
    resource = metadata.as_resource(IPTC)
    jpeg = saved(
        "JPEG", xmp=XMP, comment=b"Gr\xc3\xbc\xc3\x9fe", extra=segment(0xED, b"Photoshop 3.0\x00" + resource)
    )
    assert said_of(jpeg) == Metadata(None, XMP, IPTC, ((b"tEXt", b"Comment\x00Gr\xfc\xdfe"),))
    assert said_of(saved("WEBP", xmp=XMP)).xmp == XMP
    stream = io.BytesIO()
    tags = [(700, 1, len(XMP), XMP, True), (33723, 7, len(IPTC), IPTC, True)]
    tifffile.imwrite(stream, make().pixels, photometric="rgb", extratags=tags)
    assert (said_of(stream.getvalue()).xmp, said_of(stream.getvalue()).iptc) == (XMP, IPTC)


def test_iptc_that_a_tiff_calls_numbers_or_photoshop_s_is_found():
    padded = IPTC + bytes(-len(IPTC) % 4)
    numbers = struct.unpack(f"<{len(padded) // 4}I", padded)
    resources = b"8BIM\x03\xf3\x03abc\x00\x00\x00\x02\x00\x00" + metadata.as_resource(IPTC)
    for tag, expected in (
        ((33723, 4, len(numbers), numbers, True), padded),
        ((34377, 1, len(resources), resources, True), IPTC),
    ):
        stream = io.BytesIO()
        tifffile.imwrite(stream, make().pixels, photometric="rgb", byteorder="<", extratags=[tag])
        assert said_of(stream.getvalue()).iptc == expected


@pytest.mark.parametrize("position", [33, -12], ids=["before the pixels", "behind them"])
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_a_png_s_texts_come_back_byte_for_byte_wherever_they_stood(position, dtype):
    plain = files.encode(Picture(np.zeros((4, 6, 3), dtype)))
    texts = b"".join(chunk(name, body) for name, body in TEXTS)
    packed_xmp = b"XML:com.adobe.xmp\x00\x01\x00\x00\x00" + zlib.compress(XMP)
    data = plain[:position] + texts + chunk(b"iTXt", packed_xmp) + plain[position:]
    assert said_of(files.encode(files.decode(data))) == Metadata(xmp=XMP, texts=TEXTS)


@pytest.mark.parametrize("file_format", files.WRITTEN)
def test_everything_is_kept_that_the_table_promises(file_format):
    original, kind = make(metadata=FULL), files.FORMATS[file_format]
    back = said_of(files.encode(original, OutputFormat(file_format)))
    assert back.xmp == XMP
    assert back.iptc == (IPTC if kind.keeps("IPTC") else None)
    assert back.texts == (TEXTS if kind.keeps("texts") else ())
    lost = [what for what in ("IPTC", "PNG texts") if not kind.keeps("IPTC" if what == "IPTC" else "texts")]
    sentences = files.losses(original, OutputFormat(file_format))
    assert len(sentences) == len(lost)
    assert all(what in said for what, said in zip(lost, sentences, strict=True))


@pytest.mark.parametrize("file_format", files.WRITTEN)
def test_stripping_removes_all_of_it_but_the_resolution(file_format):
    original, output = make(metadata=FULL), OutputFormat(file_format)
    data = files.encode(original, output, keep_metadata=False)
    for word in (b"Author", b"Name", b"tree", b"Titel", b"adobe"):
        assert word not in data
    assert b"Author" in files.encode(original, output)
    assert files.losses(original, output, keep_metadata=False) == ()
    with Image.open(io.BytesIO(data)) as image:
        assert image.info.get("dpi") or image.getexif()[0x11A] == 300


def test_a_comment_is_a_text_in_png_and_a_comment_in_jpeg():
    data = files.encode(files.decode(saved("JPEG", comment="Grüße, 世界".encode())))
    with Image.open(io.BytesIO(data)) as image:
        assert image.info["Comment"] == "Grüße, 世界"
    assert files.losses(files.decode(data), OutputFormat("jpeg")) == ()
    with Image.open(io.BytesIO(files.encode(files.decode(data), OutputFormat("jpeg")))) as image:
        assert image.info["comment"] == "Grüße, 世界".encode()


@pytest.mark.parametrize(
    ("said", "what"),
    [
        (Metadata(xmp=XMP + bytes(70_000)), "65,504 bytes of XMP"),
        (Metadata(iptc=IPTC + bytes(70_000)), "bytes of IPTC"),
        (Metadata(texts=((b"tEXt", b"Comment\x00" + bytes(70_000)),)), "PNG texts (Comment)"),
    ],
)
def test_what_does_not_fit_into_a_jpeg_is_named_and_left_out(said, what):
    (sentence,) = files.losses(make(metadata=said), OutputFormat("jpeg"))
    assert what in sentence
    assert sentence.endswith("choose PNG to keep them.")
    assert said_of(files.encode(make(metadata=said), OutputFormat("jpeg"))) == Metadata()


def test_imagemagick_s_profiles_in_a_png_are_read_and_their_turn_is_made():
    exif = (
        b"Exif\x00\x00MM\x00*\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x06\x00\x00"
        + bytes(4)
    )
    raw = b"".join(
        chunk(*metadata.raw_profile(kind, data))
        for kind, data in (("exif", exif), ("8bim", metadata.as_resource(IPTC)))
    )
    data = saved("PNG")
    read = files.decode(data[:33] + raw + data[33:])
    assert (read.height, read.width, read.metadata) == (24, 16, Metadata(iptc=IPTC))


def test_how_an_earlier_result_was_made_gives_way_and_another_program_s_name_stays():
    texts = ((b"tEXt", b"Software\x00GIMP"), (b"tEXt", b"Software\x00SuperRes 0.0 (model a, scale x2)"))
    data = files.encode(make(metadata=Metadata(texts=texts)), provenance=Provenance("edsr_x4", 4))
    first, second = said_of(data).texts
    assert first == texts[0]
    assert b"edsr_x4" in second[1]
    assert said_of(files.encode(make(metadata=Metadata(texts=texts)))).texts == texts


# --- what is no longer true --------------------------------------------------------------------------------


def test_xmp_tells_the_new_size_and_that_the_picture_stands_upright():
    packet = (
        b'<a tiff:Orientation="6" tiff:ImageWidth=\'24\' hdrgm:Version="1.0" GCamera:MotionPhoto="1">'
        b"<exif:PixelYDimension>16</exif:PixelYDimension></a>"
    )
    small = files.decode(saved("JPEG", xmp=packet))
    large = small.with_pixels(np.zeros((64, 96, 3), np.uint8))
    assert said_of(files.encode(large)).xmp == (
        b"<a tiff:Orientation=\"1\" tiff:ImageWidth='96'  >"
        b"<exif:PixelYDimension>64</exif:PixelYDimension></a>"
    )


@pytest.mark.parametrize(
    ("mark", "word"),
    [
        (b'hdrgm:Version="1.0"', "gain map"),
        (b"urn:com:apple:photo:2020:aux:hdrgainmap", "gain map"),
        (b'GDepth:Mime="image/jpeg"', "depth map"),
        (b'GCamera:MotionPhoto="1"', "motion photo"),
    ],
)
def test_what_a_file_holds_beside_its_picture_is_named_whatever_is_written(mark, word):
    photo = files.decode(saved("JPEG") + segment(0xE1, mark))
    for kind in files.WRITTEN:
        (sentence,) = files.losses(photo, OutputFormat(kind))
        assert word in sentence


@pytest.mark.parametrize(
    "keyword", ["XML:com.adobe.xmp", "Raw profile type iptc", "Raw profile type exif", "Comment"]
)
@pytest.mark.parametrize(
    "rest", [b"", b"\x00", b"\x01\x00\x00\x00junk", b"\x00\x00\x00\x00\x00\niptc\n 4\nzz"]
)
@pytest.mark.parametrize("name", [b"iTXt", b"tEXt"])
def test_a_damaged_text_costs_the_text_and_not_the_picture(keyword, rest, name):
    plain = files.encode(
        Picture(np.zeros((4, 6, 3), np.uint16))
    )  # of which Pillow reads no text behind pixels
    data = plain[:-12] + chunk(name, keyword.encode() + b"\x00" + rest) + plain[-12:]
    for kind in files.WRITTEN:
        assert said_of(files.encode(files.decode(data), OutputFormat(kind))).iptc is None
