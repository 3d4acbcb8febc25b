import io
import struct
import warnings
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.archive import ArchiveError, ArchiveLimits, is_archive, pack, safe_path, unique_paths, unpack


def zipped(files: dict[str, bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_folders_and_names_are_kept():
    unpacked = unpack(zipped({"trip/day 1/a.png": b"one", "trip/b.JPG": b"two", "ü.webp": b"three"}))

    found = [(entry.folder, entry.name, entry.data) for entry in unpacked.pictures]
    assert found == [("trip/day 1", "a.png", b"one"), ("trip", "b.JPG", b"two"), ("", "ü.webp", b"three")]
    assert unpacked.skipped == ()


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/a.png", ("etc", "a.png")),
        ("/etc/a.png", ("etc", "a.png")),
        ("C:\\Windows\\a.png", ("Windows", "a.png")),
        ("..\\..\\a.png", ("", "a.png")),
        ("a\x00\n\x1b[31mb.png", ("", "a[31mb.png")),
        ("evil\u202egnp.exe.png", ("", "evilgnp.exe.png")),
        ("ab:c?.png", ("", "ab_c_.png")),
        ("con.png", ("", "_con.png")),
        ("dots./a.png.", ("dots", "a.png")),
        ("...", ("", "picture")),
    ],
)
def test_names_lead_nowhere(name: str, safe: tuple[str, str]):
    assert safe_path(name) == safe


@given(st.text())
def test_any_name_becomes_a_harmless_path(name: str):
    folder, file = safe_path(name)

    assert file
    for part in [*folder.split("/"), file] if folder else [file]:
        assert part not in {"", ".", ".."}
        assert len(part) <= 110
        assert part.isprintable() or not any(ord(c) < 32 for c in part)
        assert not set(part) & set('/\\:*?"<>|')


def test_what_is_no_picture_is_skipped_and_named():
    unpacked = unpack(
        zipped({"a.png": b"1", "notes.txt": b"2", "more.zip": b"3", "__MACOSX/._a.png": b"4", ".x.png": b"5"})
    )

    assert [entry.name for entry in unpacked.pictures] == ["a.png"]
    assert unpacked.skipped == (
        "notes.txt was left out: it is not a picture.",
        "more.zip was left out: it is an archive inside the archive; drop it by itself.",
    )


def test_bomb_is_refused_by_what_its_headers_say():
    data = zipped({"a.png": bytes(2_000_000), "b.png": bytes(2_000_000)})
    assert len(data) < 10_000

    with pytest.raises(ArchiveError, match=r"at most 3 MiB are accepted.*received 4 MiB"):
        unpack(data, limits=ArchiveLimits(max_bytes=3 * 2**20))
    left_out = unpack(data, limits=ArchiveLimits(max_entry_bytes=2**20))
    assert left_out.pictures == ()
    assert len(left_out.skipped) == 2


def test_bomb_that_lies_about_its_size_is_refused_while_it_is_read():
    data = bytearray(zipped({"a.png": bytes(2_000_000)}))
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        at = data.index(signature) + offset
        assert struct.unpack_from("<L", data, at) == (2_000_000,)
        struct.pack_into("<L", data, at, 1000)

    with pytest.raises(ArchiveError, match="damaged"):
        unpack(bytes(data))


def test_too_many_files_are_refused_before_they_are_listed():
    data = zipped({f"{index}.png": b"" for index in range(30)})

    for limits in (ArchiveLimits(max_entries=29), ArchiveLimits(max_directory_bytes=100)):
        with pytest.raises(ArchiveError, match="too many files"):
            unpack(data, limits=limits)


def test_protected_archive_is_refused_in_a_sentence():
    data = bytearray(zipped({"a.png": b"secret"}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.index(signature) + offset] |= 1

    with pytest.raises(ArchiveError, match="protected by a password"):
        unpack(bytes(data))


@pytest.mark.parametrize(
    ("offset", "value"), [(6, 99), (8, 0x20), (8, 0x40)], ids=["version 9.9", "patch", "strong encryption"]
)
def test_archive_that_needs_what_cannot_be_read_is_refused_in_a_sentence(offset: int, value: int):
    data = bytearray(zipped({"a.png": b"picture"}))
    data[data.index(b"PK\x01\x02") + offset] = value

    with pytest.raises(ArchiveError, match="damaged"):
        unpack(bytes(data))


def test_archive_with_a_nameless_entry_is_refused_in_a_sentence():
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(zipped({"a.png": b"picture"}).replace(b"a.png", b"\x00.png"))


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 255)), min_size=1, max_size=4))
def test_no_damage_raises_anything_but_a_sentence(damage: list[tuple[int, int]]):
    data = bytearray(zipped({"a.png": b"picture", "b/ü.png": bytes(99)}))
    for position, value in damage:
        data[position % len(data)] = value
    with suppress(ArchiveError):
        unpack(bytes(data))


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_uncommon_compression_is_skipped(method: int):
    assert "uncommon" in unpack(zipped({"a.png": b"x" * 99}, method=method)).skipped[0]


@pytest.mark.parametrize("cut", [5, 60, 90])
def test_damaged_archive_is_refused_in_a_sentence(cut: int):
    data = zipped({"a.png": bytes(range(256)) * 4}, method=zipfile.ZIP_STORED)

    with pytest.raises(ArchiveError, match="damaged"):
        unpack(data[:-cut])
    with pytest.raises(ArchiveError, match="damaged"):
        unpack(data[:40] + bytes(cut) + data[40 + cut :])


def test_archive_is_told_by_its_first_bytes():
    assert is_archive(zipped({"a.png": b""}))
    assert is_archive(zipped({}))
    assert not is_archive(b"\x89PNG")


def test_packed_files_come_out_as_they_went_in():
    files = {"trip/a_x4.png": b"one", "ü_x4.png": b"two"}

    data = b"".join(pack(files.items()))

    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == files
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}
    assert b"".join(pack(files.items())) == data


def test_archive_leaves_as_it_is_written_and_is_what_zipfile_makes_as_a_whole():
    files = [(f"{n}.png", bytes([n]) * 100_000) for n in range(3)]
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w") as archive:
        for name, data in files:
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o644 << 16
            archive.writestr(info, data)

    parts = list(pack(files))

    assert b"".join(parts) == whole.getvalue()
    assert max(map(len, parts)) < 101_000


def test_same_names_are_told_apart_also_where_case_does_not_count():
    paths = unique_paths(["a.png", "A.png", "b/a.png", "a.png", "a (2).png"])

    assert paths == ["a.png", "A (2).png", "b/a.png", "a (3).png", "a (2) (2).png"]
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # zipfile warns of duplicates
        list(pack([(path, b"") for path in paths]))
