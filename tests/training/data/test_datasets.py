"""Folders of pictures become validated pairs."""

import shutil
from pathlib import Path

import numpy as np
import pytest

from sr_core import DatasetError, OptionError, Picture, read, resize, write
from tests.training.conftest import full
from training.data import datasets, folders


def test_pair_is_the_picture_and_its_bicubic_reduction(photos, tmp_path):
    (pair, *_) = datasets.pairs([photos], scale=4, cache=tmp_path / "cache")

    original = read(photos / pair.name).pixels
    np.testing.assert_array_equal(pair.hr, original)
    np.testing.assert_array_equal(pair.lr, resize.downscale(original, 4))


def test_sides_are_cropped_to_multiples_of_the_scale(photos, tmp_path):
    for pair in datasets.pairs([photos], scale=3, cache=tmp_path / "cache"):
        assert (pair.hr.shape[0], pair.hr.shape[1]) == (96, 126)
        assert (pair.lr.shape[0], pair.lr.shape[1]) == (32, 42)


def test_excluded_names_are_left_out(photos, tmp_path):
    pairs = datasets.pairs([photos], scale=4, cache=tmp_path / "cache", exclude=["guitar*", "sky*"])

    assert [pair.name for pair in pairs] == ["flowers.png"]


def test_cache_notices_a_changed_picture(photos, tmp_path):
    cache = tmp_path / "cache"
    datasets.pairs([photos], scale=4, cache=cache)
    black = np.zeros((64, 64, 3), np.uint8)
    write(photos / "guitar.png", Picture(black))

    pairs = {pair.name: pair for pair in datasets.pairs([photos], scale=4, cache=cache)}

    np.testing.assert_array_equal(pairs["guitar.png"].hr, black)


def test_every_unreadable_picture_is_named_in_one_error(photos, tmp_path):
    (photos / "broken.png").write_bytes(b"not a picture")
    (photos / "cut.jpg").write_bytes(b"\xff\xd8\xff\xe0cut")

    with pytest.raises(DatasetError, match=r"broken\.png.*cut\.jpg"):
        datasets.pairs([photos], scale=4, cache=tmp_path / "cache")


def test_transparent_and_equal_pictures_are_named_before_any_is_scored(photos, tmp_path):
    shutil.copy(photos / "flowers.png", photos / "again.png")
    half = np.full((8, 8), 128, np.uint8)
    write(photos / "glass.png", Picture(np.zeros((8, 8, 3), np.uint8), alpha=half))

    for load in (
        lambda: datasets.pairs([photos], scale=4, cache=tmp_path / "cache"),
        lambda: datasets.whole_pictures([photos], scale=4),
    ):
        with pytest.raises(DatasetError) as error:
            load()
        assert "again.png: holds the same bytes as flowers.png. glass.png: The picture is transp" in str(
            error.value
        )


def test_equal_pictures_of_one_name_are_told_apart_by_their_folders(photos, tmp_path):
    more = shutil.copytree(photos, tmp_path / "more")

    with pytest.raises(DatasetError, match=r"more/sky\S+: holds the same bytes as photos/sky"):
        datasets.pairs([more, photos], scale=4, cache=tmp_path / "cache")


def test_missing_and_empty_folders_are_told(tmp_path: Path):
    with pytest.raises(DatasetError, match="no folder"):
        folders.picture_files([tmp_path / "nowhere"])
    with pytest.raises(DatasetError, match="No picture"):
        folders.picture_files([tmp_path])


def test_more_pictures_than_open_files_are_allowed_at_first_can_be_mapped(photos, tmp_path):
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    flowers = (photos / "flowers.png").read_bytes()
    for copy in range(20):
        (photos / f"copy{copy}.png").write_bytes(flowers + bytes([copy]))  # not the same bytes
    highest = max(int(entry.name) for entry in Path("/dev/fd").iterdir())
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    # What is open now, and room for decoding, but not for two files a picture.
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(highest + 30, before[1]), before[1]))
    try:
        pairs = datasets.pairs([photos], scale=4, cache=tmp_path / "cache")
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)

    assert len(pairs) == 23
    assert all(isinstance(pair.hr, np.memmap) for pair in pairs)


def test_problems_are_in_the_order_of_numbers():
    assert folders.in_order(["10.png: a", "9.png: b", "a/2.png: c", "a/10.png: d"]) == [
        "9.png: b",
        "10.png: a",
        "a/2.png: c",
        "a/10.png: d",
    ]


def test_files_that_are_passed_over_are_named_and_counted(tmp_path):
    folder = tmp_path / "set"
    for name in ("a.png", "._a.png", ".trash/b.png", ".trash/c.png", "sub/Thumbs.db", "sub/clip.mov"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        write(folder / name, Picture(np.zeros((8, 8, 3), np.uint8))) if name.endswith("png") else (
            folder / name
        ).write_bytes(b"anything")
    said = []

    assert folders.picture_files([folder], log=said.append) == [folder / "a.png"]

    named = "._a.png, .trash, sub/Thumbs.db, sub/clip.mov"
    expected = f"4 files in set were passed over, hidden or no picture that is read: {named}"
    assert said == [expected]
    (folder / "a.png").unlink()
    with pytest.raises(
        DatasetError, match=r"No picture was found\. 4 files in set were passed over.* Received"
    ):
        folders.picture_files([folder])


def test_more_than_twenty_files_that_are_passed_over_are_counted(photos):
    for number in range(25):
        (photos / f"{number:02}.txt").write_bytes(b"notes")
    said = []

    folders.picture_files([photos], log=said.append)

    assert "25 files in photos were passed over" in said[0]
    assert said[0].endswith("19.txt and 5 more")


def test_cache_that_cannot_be_written_to_is_one_sentence(photos, tmp_path):
    (tmp_path / "file").write_text("no folder")

    for cache in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(OptionError, match=r"cannot be written to: .* choose another --cache\. Received"):
            datasets.pairs([photos], scale=4, cache=cache)


def test_full_cache_is_one_sentence_and_keeps_no_half_file(photos, tmp_path):
    cache = tmp_path / "cache"

    with full(bytes_a_file=1000), pytest.raises(OptionError, match=r"choose another --cache\. Received"):
        datasets.pairs([photos], scale=4, cache=cache)

    assert list(cache.iterdir()) == []
    assert len(datasets.pairs([photos], scale=4, cache=cache)) == 3
