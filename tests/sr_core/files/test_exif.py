"""EXIF is patched in place: what must change changes, everything else stays, and damage costs no picture."""

import io
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sr_core import files
from sr_core.files import OutputFormat, exif

WIDTH, HEIGHT, MAKER, SOFTWARE, PROCESSING_SOFTWARE, ARTIST = 0x100, 0x101, 0x10F, 0x131, 0x0B, 0x13B
ORIENTATION, EXIF, GPS = 0x112, 0x8769, 0x8825
TAKEN, MAKER_NOTE, EXIF_WIDTH, EXIF_HEIGHT = 0x9003, 0x927C, 0xA002, 0xA003


def block(value: int, *, kind: int = 3, order: str = "<", thumbnail: int = 26) -> bytes:
    """An EXIF block of one entry, the orientation, and a link to a thumbnail directory."""
    head = b"II*\x00" if order == "<" else b"MM\x00*"
    packed = struct.pack(order + "I", value) if kind == 4 else struct.pack(order + "HH", value, 0)
    entry = struct.pack(order + "HHI", 0x0112, kind, 1) + packed
    return head + struct.pack(order + "IH", 8, 1) + entry + struct.pack(order + "I", thumbnail) + b"rest"


def with_thumbnail(order: str, *, after: bytes = b"") -> bytes:
    """An EXIF block with a thumbnail of six bytes at offset 56."""
    entries = struct.pack(order + "HHIIHHII", 0x0201, 4, 1, 56, 0x0202, 4, 1, 6)
    directory = struct.pack(order + "H", 2) + entries + bytes(4)
    return block(6, order=order)[:26] + directory + b"SECRET" + after


def of_a_camera() -> bytes:
    """What a camera writes, by Pillow: make, firmware, author, date, place, maker note, sizes, a turn."""
    tags = Image.Exif()
    tags.endian = "<"
    tags.update({MAKER: "Camera", SOFTWARE: "Firmware 1", ARTIST: "Author", ORIENTATION: 6})
    tags.update({WIDTH: 40, HEIGHT: 24})
    private = {TAKEN: "2026:11:24 12:00:00", MAKER_NOTE: b"\x00note\xff", EXIF_WIDTH: 40, EXIF_HEIGHT: 24}
    tags.get_ifd(EXIF).update(private)
    tags.get_ifd(GPS).update({1: "N", 2: (52.0, 31.0, 12.0)})
    return tags.tobytes()


def parsed(block: bytes) -> tuple[dict, dict, dict]:
    """The tags of the first directory, of EXIF and of GPS, read by Pillow."""
    tags = Image.Exif()
    tags.load(exif.PREFIX + block)
    first = {tag: value for tag, value in tags.items() if tag not in (EXIF, GPS)}
    return first, dict(tags.get_ifd(EXIF)), dict(tags.get_ifd(GPS))


# --- orientation and thumbnail -----------------------------------------------------------------------------


@given(st.integers(1, 8), st.sampled_from([3, 4]), st.sampled_from("<>"))
def test_orientation_is_taken_once_and_everything_else_stays(value, kind, order):
    original = block(value, kind=kind, order=order)
    orientation, rest = exif.take_orientation(original)
    assert orientation == value
    assert exif.take_orientation(rest) == (1, rest)
    assert (rest[:10], rest[22:]) == (original[:10], original[22:])


@pytest.mark.parametrize("value", [0, 9, 65535])
def test_an_orientation_that_does_not_exist_means_upright(value):
    orientation, rest = exif.take_orientation(block(value))
    assert (orientation, exif.take_orientation(rest)[0]) == (1, 1)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_thumbnail_of_the_old_picture_is_cut_off(order):
    _, taken = exif.take(b"Exif\x00\x00" + block(6, order=order))
    assert taken == block(1, order=order, thumbnail=0)


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_pixels_of_the_thumbnail_go_too(order):
    _, at_the_end = exif.take(with_thumbnail(order))
    _, in_the_middle = exif.take(with_thumbnail(order, after=b"maker note"))
    assert at_the_end is not None
    assert in_the_middle is not None
    assert b"SECRET" not in at_the_end
    assert len(at_the_end) == 56
    assert in_the_middle[56:] == bytes(6) + b"maker note"


# --- the size ----------------------------------------------------------------------------------------------


def test_every_tag_for_the_size_says_the_new_size_and_the_others_stay():
    before = parsed(of_a_camera()[6:])
    first, private, gps = parsed(exif.with_size(of_a_camera()[6:], 96, 70_000))
    assert (first.pop(HEIGHT), first.pop(WIDTH)) == (96, 70_000)
    assert (private.pop(EXIF_HEIGHT), private.pop(EXIF_WIDTH)) == (96, 70_000)
    assert before[0] == first | {WIDTH: 40, HEIGHT: 24}
    assert before[1] == private | {EXIF_WIDTH: 40, EXIF_HEIGHT: 24}
    assert before[2] == gps != {}


def test_a_block_without_tags_for_the_size_gets_none():
    assert exif.with_size(block(1), 5, 7) == block(1)


@pytest.mark.parametrize("file_format", files.WRITTEN)
def test_the_file_of_an_enlarged_photo_has_all_of_its_exif_at_the_new_size_upright(file_format):
    stream = io.BytesIO()
    Image.new("RGB", (40, 24)).save(stream, "JPEG", exif=of_a_camera())
    photo = files.decode(stream.getvalue())  # stands upright: 40 x 24 px (height x width)
    large = photo.with_pixels(np.zeros((160, 96, 3), np.uint8))
    with Image.open(io.BytesIO(files.encode(large, OutputFormat(file_format)))) as image:
        written = image.getexif()
        private, gps = dict(written.get_ifd(EXIF)), dict(written.get_ifd(GPS))
    assert (written[HEIGHT], written[WIDTH], written[ORIENTATION]) == (160, 96, 1)
    assert (private[EXIF_HEIGHT], private[EXIF_WIDTH]) == (160, 96)
    assert (written[MAKER], written[SOFTWARE], written[ARTIST]) == ("Camera", "Firmware 1", "Author")
    assert (private[TAKEN], private[MAKER_NOTE]) == ("2026:11:24 12:00:00", b"\x00note\xff")
    assert gps == {1: "N", 2: (52.0, 31.0, 12.0)}


# --- the program -------------------------------------------------------------------------------------------


def test_without_a_block_one_is_made_that_names_the_program():
    assert parsed(exif.with_software(None, "SuperRes ×")) == ({SOFTWARE: "SuperRes ?"}, {}, {})


@pytest.mark.parametrize("order", ["<", ">"])
def test_the_program_stands_beside_what_a_block_says(order):
    signed = exif.with_software(block(1, order=order, thumbnail=0) + b"!", "SuperRes")
    assert parsed(signed)[0] == {ORIENTATION: 1, SOFTWARE: "SuperRes"}


def test_the_name_of_another_program_is_never_replaced_and_our_own_stands_there_once():
    before = parsed(of_a_camera()[6:])
    once = exif.with_software(of_a_camera()[6:], "SuperRes 1")
    twice = exif.with_software(once, "SuperRes 2")
    for signed, text in ((once, "SuperRes 1"), (twice, "SuperRes 2")):
        first, *others = parsed(signed)
        assert first == before[0] | {PROCESSING_SOFTWARE: text}
        assert others == [*before[1:]]


# --- damage ------------------------------------------------------------------------------------------------


@given(st.binary(max_size=64))
def test_no_bytes_at_all_break_the_reading_of_exif(data):
    orientation, taken = exif.take(b"MM\x00*" + data)
    assert 1 <= orientation <= 8
    assert taken is None or len(taken) <= len(data) + 4


@given(st.binary(max_size=64), st.sampled_from([b"MM\x00*", b"II*\x00", b""]))
def test_no_bytes_at_all_break_the_patching_of_exif(data, head):
    assert len(exif.with_size(head + data, 5, 7)) == len(head + data)
    with suppress(struct.error):
        assert b"SuperRes" in exif.with_software(head + data, "SuperRes")


def test_damaged_tiff_tags_give_no_exif():
    assert exif.of_tiff(b"II*\x00\xff\xff\xff\xff") is None
