"""Files are read within a limit, and written whole or not at all."""

import os
import stat

import pytest

from sr_core.errors import PictureError, PictureTooLargeError, UnreadablePictureError
from sr_core.files import storage


def test_what_is_written_is_read(tmp_path):
    storage.write_bytes(tmp_path / "a", b"picture")
    assert storage.read_bytes(tmp_path / "a", max_bytes=7) == b"picture"


def test_a_file_over_the_limit_is_not_read(tmp_path):
    (tmp_path / "a").write_bytes(bytes(3 * 2**20))
    with pytest.raises(PictureTooLargeError, match=r"at most 2 MiB.*received 3\.0 MiB\."):
        storage.read_bytes(tmp_path / "a", max_bytes=2 * 2**20)


def test_a_missing_file_is_named_without_its_folder(tmp_path):
    with pytest.raises(UnreadablePictureError, match=r"^The file 'a.png' cannot be opened: No such file"):
        storage.read_bytes(tmp_path / "a.png", max_bytes=1)


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(UnreadablePictureError, match="cannot be opened"):
        storage.read_bytes(tmp_path, max_bytes=10**6)


def test_writing_replaces_an_existing_file_and_leaves_nothing_else(tmp_path):
    (tmp_path / "a").write_bytes(b"old")
    storage.write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_a_failed_write_leaves_the_old_file_and_no_temporary_one(tmp_path, monkeypatch):
    def full(*_arguments):
        raise OSError(28, "No space left on device")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(PictureError, match="'a' cannot be written: No space left on device; check"):
        storage.write_bytes(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a"]


def test_an_interrupted_write_leaves_no_temporary_file(tmp_path, monkeypatch):
    def interrupted(*_arguments):
        raise KeyboardInterrupt

    monkeypatch.setattr("pathlib.Path.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        storage.write_bytes(tmp_path / "a", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_told(tmp_path):
    with pytest.raises(PictureError, match=r"'a.png' cannot be written: No such file or directory"):
        storage.write_bytes(tmp_path / "nowhere" / "a.png", b"new")


@pytest.mark.skipif(os.name != "posix", reason="permissions are those of POSIX")
def test_a_written_file_has_the_permissions_of_any_other(tmp_path):
    (tmp_path / "ordinary").touch()
    storage.write_bytes(tmp_path / "ours", b"picture")
    ours, ordinary = ((tmp_path / name).stat().st_mode for name in ("ours", "ordinary"))
    assert stat.S_IMODE(ours) == stat.S_IMODE(ordinary)
