"""What is right and wrong in a dataset is found, and nothing is raised about single pictures."""

import shutil

import numpy as np
import pytest

from sr_core import STUDY, DatasetError, OptionError, Picture, measure, read, resize, standard, write
from training.explore.facts import UNLIKE, Settings

HR, LR = "Raw Data/high_res", "Raw Data/low_res"


def test_layout_is_told_from_the_folder(look, kaggle, div2k, photos):
    assert [look(folder).scan.layout for folder in (kaggle, div2k, photos)] == ["kaggle", "div2k", "photos"]


def test_sound_pairs_have_no_problem_and_are_scored_as_they_are(look, kaggle):
    found = look(kaggle)

    (pair,) = (pair for pair in found.pairs if pair.name == "10")
    expected = measure(read(kaggle / HR / "10.png").pixels, read(kaggle / LR / "10.png").pixels, STUDY)
    assert found.problems == ()
    assert len(found.pairs) == 12
    assert pair.scores == expected
    assert pair.lr is not None
    assert pair.lr_tone == pair.lr.tone


def test_smaller_lr_is_enlarged_by_bicubic_and_scored_on_luma(look, div2k):
    found = look(div2k, scale=4)

    pair = found.pairs[0]
    hr = read(div2k / "DIV2K_train_HR" / "0001.png").pixels
    lr = read(div2k / "DIV2K_train_LR_bicubic" / "X4" / "0001x4.png").pixels
    assert found.protocol == standard(4)
    assert pair.scores == measure(hr, resize.upscale(lr, 4), standard(4))
    assert [one.split for one in found.pairs] == ["training", "training", "validation"]


def test_unusable_files_are_named_and_the_rest_is_measured(look, kaggle):
    (kaggle / LR / "1.png").unlink()
    (kaggle / LR / "2.png").write_bytes(b"no picture")
    write(kaggle / HR / "3.png", Picture(read(kaggle / HR / "3.png").pixels[:20]))
    (kaggle / HR / "4.png").write_bytes((kaggle / HR / "4.png").read_bytes()[:100])

    found = look(kaggle)

    assert [problem.split(":")[0] for problem in found.problems] == [
        f"{HR}/1.png",
        f"{HR}/3.png",
        f"{HR}/4.png",
        f"{LR}/2.png",
    ]
    assert (len(found.hr), len(found.lr), len(found.scored)) == (10, 10, 8)


def test_lr_of_another_picture_looks_unlike_its_hr(look, kaggle):
    for one, other in (("1", "new"), ("2", "1"), ("new", "2")):
        shutil.move(kaggle / LR / f"{one}.png", kaggle / LR / f"{other}.png")

    found = look(kaggle)

    unlike = {pair.name for pair in found.pairs if pair.unlike is not None and pair.unlike >= UNLIKE}
    assert unlike == {"1", "2"}


def test_picture_in_two_parts_is_a_leak(look, kaggle):
    parts = kaggle / "Raw Data"
    for side in ("high_res", "low_res"):
        (kaggle / "val" / side).mkdir(parents=True)
        shutil.copy(parts / side / "5.png", kaggle / "val" / side / "0.png")
    parts.rename(kaggle / "train")

    (pair,) = look(kaggle).alike

    assert pair.leaks
    assert pair.match.exact
    assert {pair.one.name, pair.other.name} == {"train/high_res/5.png", "val/high_res/0.png"}
    assert set(pair.splits) == {"training", "validation"}


def test_copy_in_another_folder_is_found_and_a_picture_is_no_copy_of_itself(look, photos, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    sky = read(photos / "skyline.png").pixels
    write(other / "small.jpg", Picture(resize.downscale(sky, 2)))

    found = look(photos, against=[other, photos])

    copies, itself = found.others
    assert [(pair.one.name, pair.other.name, pair.match.exact) for pair in copies.alike] == [
        ("skyline.png", "small.jpg", False)
    ]
    assert (itself.pictures, itself.alike) == (0, ())


def test_broken_picture_in_another_folder_is_named(look, photos, tmp_path):
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "a.png").write_bytes(b"no picture")

    (other,) = look(photos, against=[tmp_path / "other"]).others

    assert other.problems[0].startswith("a.png: ")


def test_limit_draws_the_same_pictures_for_the_same_seed(look, kaggle):
    names = [[pair.name for pair in look(kaggle, limit=5, seed=seed).pairs] for seed in (3, 3, 4)]

    assert names[0] == names[1] != names[2]
    assert len(names[0]) == 5
    assert names[0] == sorted(names[0], key=int)


def test_result_does_not_depend_on_the_number_of_workers(look, kaggle):
    assert look(kaggle, workers=1).pairs == look(kaggle, workers=4).pairs


def test_folder_without_pictures_is_told(look, tmp_path):
    with pytest.raises(DatasetError, match="No picture"):
        look(tmp_path)


@pytest.mark.parametrize("wrong", [{"near": 65}, {"workers": 0}, {"limit": 0}, {"samples": -1}])
def test_settings_that_make_no_sense_are_refused(wrong):
    with pytest.raises(OptionError, match=str(next(iter(wrong.values())))):
        Settings(**wrong)


def test_equal_even_pictures_are_exact_copies(look, tmp_path):
    for name in ("a.png", "b.png"):
        write(tmp_path / name, Picture(np.full((16, 16, 3), 80, np.uint8)))

    (pair,) = look(tmp_path).alike

    assert (pair.match.exact, pair.match.distance) == (True, None)
