"""The sheet of LR patches before and after they are degraded."""

import numpy as np

from sr_core import read
from training.cli import main
from training.explore.degraded import COLUMNS, PATCH, ROWS, ZOOM


def test_the_sheet_shows_what_stays_clean_and_what_does_not(photos, tmp_path, capsys):
    command = ["explore", str(photos), "--degradation", "photo", "--scale", "2", "--out", str(tmp_path)]

    assert main(command) == 0

    sheet = read(tmp_path / "degradation_photo.png").pixels
    assert str(tmp_path) in capsys.readouterr().out
    side, gap = PATCH * ZOOM, 8
    height, width = (sheet.shape[0] - gap) // ROWS, sheet.shape[1] // COLUMNS
    corners = [(gap + row * height, gap + column * width) for row in range(ROWS) for column in range(COLUMNS)]
    views = [[sheet[y : y + side, x + i : x + i + side] for i in (0, side + gap)] for y, x in corners]
    same = [np.array_equal(before, after) for before, after in views]
    assert 0.1 < np.mean(same) < 0.6
    assert all(np.ptp(before) > 0 for before, _ in views)


def test_pairs_of_a_dataset_are_not_degraded(kaggle, capsys):
    assert main(["explore", str(kaggle), "--layout", "kaggle", "--degradation", "photo"]) != 0
    assert "photos only" in capsys.readouterr().err
