"""Datasets as they are laid out on disk become checked pairs, and everything wrong is told at once."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from sr_core import DatasetError, OptionError, Picture, read, resize, write
from training.data import layouts
from training.data.layouts import PARTS, STUDY_SIDE, Splits
from training.data.scan import PairFiles

Load = Callable[..., Splits]


def quiet(_line: str) -> None:
    pass


@pytest.fixture
def load(tmp_path: Path) -> Load:
    def load_(layout: str, *folders: Path, scale: int = 1, **options) -> Splits:
        settings = {"cache": tmp_path / "cache", "log": quiet, **options}
        return layouts.load(layout, folders, scale=scale, **settings)

    return load_


def files(count: int) -> list[PairFiles]:
    return [PairFiles(str(i), None, Path(f"{i}.png")) for i in range(count)]


def names(splits: Splits) -> list[list[str]]:
    return [[pair.name for pair in getattr(splits, part)] for part in PARTS]


# --- the study's dataset ---------------------------------------------------------------------------------


def test_kaggle_pairs_are_made_by_number_and_not_by_the_order_of_strings(kaggle):
    scan = layouts.scan(kaggle, layout="kaggle", scale=1)

    assert [pair.name for pair in scan.pairs] == [str(n) for n in range(12)]
    assert all(pair.lr and pair.lr.stem == pair.hr.stem == pair.name for pair in scan.pairs)
    assert {pair.hr.parent.name for pair in scan.pairs} == {"high_res"}
    assert (scan.layout, scan.problems) == ("kaggle", ())


def test_kaggle_pixels_are_rgb_of_the_files_resized_to_what_the_study_used(kaggle, load):
    red = np.zeros((32, 32, 3), np.uint8)
    red[..., 0] = np.arange(32)
    write(kaggle / "Raw Data" / "high_res" / "3.png", Picture(red))

    pair = load("kaggle", kaggle).training[3]

    lr = read(kaggle / "Raw Data" / "low_res" / "3.png").pixels
    np.testing.assert_array_equal(pair.lr, resize.bicubic(lr, STUDY_SIDE, STUDY_SIDE))
    np.testing.assert_array_equal(pair.hr, resize.bicubic(red, STUDY_SIDE, STUDY_SIDE))
    assert pair.hr[..., 0].any()
    assert not pair.hr[..., 1:].any()


def test_kaggle_pictures_of_the_studys_size_are_kept_bit_for_bit_png_or_webp(kaggle, load):
    pixels = np.random.default_rng(0).integers(0, 256, (STUDY_SIDE, STUDY_SIDE, 3), np.uint8)
    for name in ("high_res", "low_res"):
        (kaggle / "Raw Data" / name / "0.png").unlink()
        Image.fromarray(pixels).save(kaggle / "Raw Data" / name / "0.webp", lossless=True)

    pair = load("kaggle", kaggle).training[0]

    np.testing.assert_array_equal(pair.hr, pixels)
    np.testing.assert_array_equal(pair.lr, pixels)


def test_index_split_is_the_studys():
    divided = layouts.divide(files(855), split="index", seed=1)

    numbers = {part: [int(pair.name) for pair in pairs] for part, pairs in divided.items()}
    assert numbers["training"] == list(range(700))
    assert numbers["validation"] == list(range(700, 830))
    assert numbers["test"] == list(range(830, 855))


@given(count=st.integers(0, 300), split=st.sampled_from(layouts.SPLITS), seed=st.integers(0, 5))
def test_every_split_gives_each_pair_to_one_part(count, split, seed):
    divided = layouts.divide(files(count), split=split, seed=seed)

    everything = [int(pair.name) for part in PARTS for pair in divided[part]]
    assert sorted(everything) == list(range(count))


def test_shuffled_split_is_80_10_10_and_the_same_for_the_same_seed():
    one, again, other = (layouts.divide(files(855), split="shuffled", seed=seed) for seed in (1, 1, 2))

    assert [len(one[part]) for part in PARTS] == [684, 85, 86]
    assert one == again != other
    assert one["test"] != files(855)[769:]


def test_parts_of_a_shuffled_split_come_back_in_numerical_order(kaggle, load):
    splits = load("kaggle", kaggle, split="shuffled")

    numbers = [[int(name) for name in part] for part in names(splits)]
    assert [len(part) for part in numbers] == [9, 1, 2]
    assert numbers == [sorted(part) for part in numbers]


def test_kaggles_own_train_and_val_are_used_where_there_is_no_raw_data(kaggle, load):
    (kaggle / "Raw Data").rename(kaggle / "train")
    shutil.copytree(kaggle / "train", kaggle / "val")
    said = []

    splits = load("kaggle", kaggle, split="shuffled", log=said.append)

    both = [f"{n}" for n in range(12)]
    assert names(splits) == [[f"train/{n}" for n in both], [f"val/{n}" for n in both], []]
    assert "whatever the split" in said[0]


def test_raw_data_goes_before_train_and_val_and_may_lie_in_dataset(kaggle, load, tmp_path):
    shutil.copytree(kaggle / "Raw Data", kaggle / "train")
    (tmp_path / "download").mkdir()
    kaggle.rename(tmp_path / "download" / "dataset")

    splits = load("kaggle", tmp_path / "download")

    assert names(splits) == [[str(n) for n in range(12)], [], []]


def test_kaggle_has_scale_1_only_and_takes_one_folder(kaggle, load):
    with pytest.raises(OptionError, match=r"only scale 1 fits; add --scale 1\. Received: 4"):
        load("kaggle", kaggle, scale=4)
    with pytest.raises(OptionError, match="takes one folder"):
        load("kaggle", kaggle, kaggle)


# --- what is wrong is named ------------------------------------------------------------------------------


def test_everything_that_is_wrong_is_named_in_one_error_in_numerical_order(kaggle, load):
    high, low = kaggle / "Raw Data" / "high_res", kaggle / "Raw Data" / "low_res"
    (low / "2.png").unlink()
    (high / "10.png").write_bytes(b"not a picture")
    (low / "9.png").write_bytes(read_cut(low / "9.png"))
    write(low / "4.png", Picture(np.zeros((16, 32, 3), np.uint8)))
    shutil.copy(high / "5.png", high / "11.png")
    write(high / "3.webp", Picture(np.zeros((32, 32, 3), np.uint8)))
    write(high / "cover.png", Picture(np.zeros((32, 32, 3), np.uint8)))
    clear = Picture(np.zeros((32, 32, 3), np.uint8), np.full((32, 32), 9, np.uint8))
    write(low / "7.png", clear)

    with pytest.raises(DatasetError) as caught:
        load("kaggle", kaggle)

    expected = [
        "high_res/2.png: there is no picture 2 in Raw Data/low_res",
        "high_res/3.png: has the same number 3 as 3.webp",
        "high_res/4.png: should be 16 x 32 px (height x width), 1 times its LR picture, and is 32 x 32 px",
        "high_res/5.png: holds the same bytes as 11.png",
        "high_res/10.png: The file is",
        "high_res/cover.png: its name is not of the form NUMBER.png",
        "low_res/7.png: The picture is transparent",
        "low_res/9.png: The PNG picture cannot be read",
    ]
    places = [str(caught.value).find(f"Raw Data/{problem}") for problem in expected]
    assert -1 not in places, str(caught.value)
    assert places == sorted(places)
    assert str(caught.value).count("Raw Data/") == len(expected) + 1  # one is named twice, as a folder


def read_cut(file: Path) -> bytes:
    data = file.read_bytes()
    return data[: len(data) // 2]


def test_after_twenty_the_others_are_counted(tmp_path, load):
    for name in ("high_res", "low_res"):
        (tmp_path / "Raw Data" / name).mkdir(parents=True)
    for number in range(23):
        (tmp_path / "Raw Data" / "high_res" / f"{number}.png").write_bytes(b"alone")

    with pytest.raises(DatasetError, match=r"19\.png: .*\. And 3 more\. Received: ") as caught:
        load("kaggle", tmp_path)

    assert "20.png" not in str(caught.value)


def test_problems_are_told_even_of_parts_that_are_not_read_but_pictures_of_those_are_not_opened(kaggle, load):
    (kaggle / "Raw Data" / "high_res" / "0.png").write_bytes(b"not a picture")

    assert names(load("kaggle", kaggle, parts=("validation", "test"))) == [[], [], []]

    (kaggle / "Raw Data" / "low_res" / "1.png").unlink()
    with pytest.raises(DatasetError, match=r"high_res/1\.png"):
        load("kaggle", kaggle, parts=("validation", "test"))


def test_what_is_no_picture_is_passed_over_and_named(kaggle, div2k, load):
    (kaggle / "Raw Data" / "high_res" / "notes.txt").write_bytes(b"anything")
    (kaggle / "Raw Data" / "low_res" / "._3.png").write_bytes(b"macOS leaves these")
    (div2k / "DIV2K_train_HR" / "._0001.png").write_bytes(b"macOS leaves these")
    said = []

    assert len(load("kaggle", kaggle, log=said.append).training) == 12
    assert len(load("div2k", div2k, scale=2, log=said.append).training) == 2

    assert [line for line in said if "passed over" in line] == [
        "kaggle: 1 file in Raw Data/high_res was passed over, hidden or no picture that is read: notes.txt",
        "kaggle: 1 file in Raw Data/low_res was passed over, hidden or no picture that is read: ._3.png",
        "div2k: 1 file in DIV2K_train_HR was passed over, hidden or no picture that is read: ._0001.png",
    ]


def test_a_missing_half_is_named_once(kaggle, load):
    shutil.rmtree(kaggle / "Raw Data" / "low_res")

    with pytest.raises(DatasetError, match=r"them\. Raw Data/low_res: this folder is missing\. Received"):
        load("kaggle", kaggle)


@pytest.mark.parametrize(("layout", "scale"), [("kaggle", 1), ("div2k", 4), ("photos", 4)])
def test_a_folder_of_another_layout_is_told_what_is_expected(layout, scale, load, tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match=r"Received: .*empty$"):
        load(layout, tmp_path / "empty", scale=scale)
    with pytest.raises(DatasetError, match="There is no folder"):
        load(layout, tmp_path / "nowhere", scale=scale)


def test_unknown_layouts_and_splits_are_answered_with_those_there_are(kaggle, load):
    with pytest.raises(OptionError, match="photos, kaggle, div2k"):
        layouts.scan(kaggle, layout="imagenet", scale=1)
    with pytest.raises(OptionError, match="index, shuffled"):
        load("kaggle", kaggle, split="random")


# --- DIV2K -----------------------------------------------------------------------------------------------


def test_div2k_reads_lr_from_its_files(div2k, load):
    splits = load("div2k", div2k, scale=4)

    assert names(splits) == [["train/1", "train/2"], ["valid/801"], []]
    for pair in (*splits.training, *splits.validation):
        assert pair.hr.shape == (64, 48, 3)
        np.testing.assert_array_equal(pair.lr, pair.hr[::4, ::4])


def test_div2k_without_lr_files_of_a_scale_makes_them_and_says_so(div2k, load):
    said = []

    splits = load("div2k", div2k, scale=2, log=said.append)

    pair = splits.training[0]
    np.testing.assert_array_equal(pair.lr, resize.downscale(np.asarray(pair.hr), 2))
    assert len(said) == 2
    assert "there is no DIV2K_train_LR_bicubic/X2: LR is made from DIV2K_train_HR" in said[0]


def test_div2k_lr_of_a_wrong_size_is_named(div2k, load):
    write(div2k / "DIV2K_valid_HR" / "0801.png", Picture(np.zeros((65, 48, 3), np.uint8)))

    with pytest.raises(DatasetError, match=r"DIV2K_valid_HR/0801\.png: should be 64 x 48 px .* is 65 x 48"):
        load("div2k", div2k, scale=4)


def test_div2k_pairs_that_are_swapped_are_told(div2k, load):
    hr, lr = div2k / "DIV2K_valid_HR" / "0801.png", div2k / "DIV2K_valid_LR_bicubic" / "X4" / "0801x4.png"
    small, large = lr.read_bytes(), hr.read_bytes()
    hr.write_bytes(small)
    lr.write_bytes(large)

    with pytest.raises(
        DatasetError, match=r"0801\.png: should be 256 x 192 px .* is 16 x 12 px: the two are swapped"
    ):
        load("div2k", div2k, scale=4)


def test_div2k_lr_of_another_scale_is_not_taken(div2k, load):
    lr = div2k / "DIV2K_train_LR_bicubic" / "X4"
    (lr / "0001x4.png").rename(lr / "0001x2.png")

    with pytest.raises(DatasetError, match=r"HR/0001\.png: there is no .*0001x2\.png: .*form NUMBERx4\.png"):
        load("div2k", div2k, scale=4)


def test_div2k_has_no_scale_1(div2k, load):
    with pytest.raises(OptionError, match=r"choose --scale 2, 3 or 4\. Received: 1"):
        load("div2k", div2k, scale=1)


# --- photos, the cache, and what is held out -------------------------------------------------------------


def test_photos_are_one_part_and_may_lie_in_several_folders(photos, load, tmp_path):
    deep = shutil.copytree(photos, tmp_path / "more" / "deep")
    (photos / "flowers.png").unlink()
    (deep / "guitar.png").unlink()

    splits = load("photos", photos, tmp_path / "more", scale=4, exclude=["sky*"])

    assert names(splits) == [["guitar.png", "flowers.png"], [], []]
    scan = layouts.scan(tmp_path / "more", layout="photos", scale=4)
    assert [pair.name for pair in scan.pairs] == ["deep/flowers.png", "deep/skyline.png"]
    assert all(pair.lr is None for pair in scan.pairs)


def test_photos_are_refused_at_scale_1_where_shrinking_changes_nothing(photos, load):
    with pytest.raises(OptionError, match="changes nothing"):
        load("photos", photos, scale=1)


def test_excluded_pictures_are_left_out_of_training_alone(div2k, load):
    splits = load("div2k", div2k, scale=4, exclude=["0001*", "0801*"])

    assert names(splits) == [["train/2"], ["valid/801"], []]


def test_cache_tells_layouts_apart_and_notices_a_changed_lr_file(div2k, load):
    made = load("photos", div2k / "DIV2K_train_HR", scale=4).training[0]
    paired = load("div2k", div2k, scale=4).training[0]
    assert not np.array_equal(made.lr, paired.lr)
    black = np.zeros((16, 12, 3), np.uint8)
    write(div2k / "DIV2K_train_LR_bicubic" / "X4" / "0001x4.png", Picture(black))

    changed = load("div2k", div2k, scale=4).training[0]

    np.testing.assert_array_equal(changed.lr, black)
    np.testing.assert_array_equal(changed.hr, paired.hr)


def test_pairs_are_mapped_from_the_cache_and_not_decoded_again(kaggle, load, tmp_path):
    load("kaggle", kaggle)
    written = {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()}

    again = load("kaggle", kaggle).training

    assert all(isinstance(pair.lr, np.memmap) and isinstance(pair.hr, np.memmap) for pair in again)
    assert {file: file.stat().st_mtime_ns for file in (tmp_path / "cache").iterdir()} == written


def test_what_is_scored_is_the_part_that_is_held_out(kaggle, div2k, photos, tmp_path):
    cache = tmp_path / "cache"

    shuffled = layouts.held_out("kaggle", [kaggle], scale=1, cache=cache, split="shuffled")
    valid = layouts.held_out("div2k", [div2k], scale=4, cache=cache)
    everything = layouts.held_out("photos", [photos, div2k / "DIV2K_valid_HR"], scale=4, cache=cache)

    assert [(name, len(list(pairs))) for name, pairs in (shuffled, valid, everything)] == [
        ("kaggle test, shuffled", 2),
        ("div2k validation", 1),
        ("photos, DIV2K_valid_HR", 3 + 1),
    ]
    with pytest.raises(DatasetError, match="no pictures to score on"):
        layouts.held_out("kaggle", [kaggle], scale=1, cache=cache)
