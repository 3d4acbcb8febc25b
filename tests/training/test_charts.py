"""Charts draw whatever numbers a dataset gives them, always the same way."""

from io import BytesIO

import matplotlib as mpl
import numpy as np
import pytest
from PIL import Image

from training.charts import DARK, DOTS_PER_INCH, HEIGHT, LIGHT, WIDTH, Histogram, Points, Series

SOME = Series("some", [1.0, 2.0, 2.5, 40.0])


def pixels(chart, theme=LIGHT) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(chart.draw(theme))).convert("RGB"))


@pytest.mark.parametrize(
    "chart",
    [
        Histogram("one value", "x", [Series("one", [3.0])]),
        Histogram("equal values", "x", [Series("equal", [0.0, 0.0])]),
        Histogram("two series", "x", [SOME, Series("others", [-3.0, 7.0])], mark=(2.0, "here")),
        Histogram("nothing in the second", "x", [SOME, Series("none", [])]),
        Histogram("steps", "bits", [Series("bits", [0, 2, 8, 20])], steps=2),
        Histogram("zeros on a logarithmic axis", "x", [Series("some", [0.0, 0.5, 30.0])], logarithmic=True),
        Histogram("only zeros on it", "x", [Series("zeros", [0.0, 0.0])], logarithmic=True),
        Points("sizes", "x", "y", [("HR", [512, 1024], [512, 768]), ("LR", [128], [128])]),
    ],
    ids=lambda chart: chart.title,
)
def test_chart_is_drawn_at_its_size(chart):
    assert pixels(chart).shape == (round(HEIGHT * DOTS_PER_INCH), round(WIDTH * DOTS_PER_INCH), 3)


def test_paper_has_the_colour_of_the_theme():
    chart = Histogram("some", "x", [SOME])

    corners = [tuple(int(v) for v in pixels(chart, theme)[0, 0]) for theme in (LIGHT, DARK)]

    assert corners == [tuple(bytes.fromhex(theme.paper[1:])) for theme in (LIGHT, DARK)]


def test_every_value_is_counted():
    (left, right) = (pixels(Histogram("n", "x", [Series("n", values)])) for values in ([1, 2], [1, 1, 2]))

    assert not np.array_equal(left, right)


def test_drawing_twice_gives_the_same_file_and_changes_no_setting():
    chart, before = Histogram("some", "x", [SOME], logarithmic=True), dict(mpl.rcParams)

    assert chart.draw(LIGHT) == chart.draw(LIGHT)
    assert dict(mpl.rcParams) == before
