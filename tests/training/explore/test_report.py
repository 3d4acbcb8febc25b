"""The page is whole in one file, hostile names stay text, and the numbers are those that were measured."""

import json
import sys
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from sr_core import Picture, read, resize, write
from training.cli import main
from training.explore import report
from training.explore.dataset import explore
from training.explore.facts import Settings
from training.explore.samples import SIDE, grid, samples
from training.explore.summary import statistics, summary

PICTURES = sorted((Path(__file__).parents[2] / "data").glob("*.png"))
HOSTILE = "<script>alert(1)<script> & \"'.png"


class Tags(HTMLParser):
    """What a page is made of."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data):
        self.text += data

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


@pytest.fixture(scope="module")
def page(tmp_path_factory) -> Tags:
    """The page of a dataset with everything: pairs, problems, copies and another folder."""
    folder, other = tmp_path_factory.mktemp("dataset"), tmp_path_factory.mktemp("other")
    for number, file in enumerate([*PICTURES, PICTURES[0]]):
        hr = read(file).pixels[:64, :64]
        for side, pixels in (("high_res", hr), ("low_res", resize.upscale(resize.downscale(hr, 2), 2))):
            (folder / "train" / side).mkdir(parents=True, exist_ok=True)
            write(folder / "train" / side / f"{number}.png", Picture(pixels))
    (folder / "train" / "low_res" / "1.png").write_bytes(b"no picture")
    write(other / HOSTILE, Picture(read(PICTURES[2]).pixels[:64, :64]))
    found = explore(folder, Settings(against=(other,)))
    return Tags(report.write(found, tmp_path_factory.mktemp("out")).read_text(encoding="utf-8"))


def test_page_runs_nothing_and_fetches_nothing(page):
    forbidden = {"script", "link", "iframe", "object", "embed", "video", "form"}
    addresses = [
        value
        for _, attributes in page.tags
        for name, value in attributes.items()
        if name in ("src", "srcset", "href", "action", "background")
    ]

    assert forbidden.isdisjoint(tag for tag, _ in page.tags)
    assert addresses
    assert all(value is not None and value.startswith("data:image/") for value in addresses)
    assert not [name for _, attributes in page.tags for name in attributes if name.startswith("on")]


def test_pictures_have_alternative_texts_and_tables_have_captions(page):
    assert all(image["alt"] for image in page.of("img"))
    assert len(page.of("caption")) == len(page.of("table")) > 4
    assert all(cell.get("scope") in ("col", "row") for cell in page.of("th"))


def test_file_names_are_shown_as_text(page):
    assert HOSTILE in page.text
    assert "train/low_res/1.png" in page.text


def test_each_chart_has_a_dark_version(page):
    assert len(page.of("source")) == len(page.of("picture")) > 4
    assert {source["media"] for source in page.of("source")} == {"(prefers-color-scheme: dark)"}


def test_summary_holds_what_was_measured(look, kaggle):
    found = look(kaggle)

    numbers = summary(found)

    decibels = [pair.scores.psnr for pair in found.pairs if pair.scores]
    assert [pair["psnr"] for pair in numbers["pairs"]] == pytest.approx(decibels, abs=1e-4)
    assert numbers["scores"]["all"]["psnr"]["mean"] == pytest.approx(np.mean(decibels), abs=1e-4)
    assert numbers["hr"]["modes"] == {"RGBA": 12}
    assert numbers["hr"]["sizes_height_x_width"] == {"32 x 32": 12}
    assert numbers["protocol"] == "RGB, shave 0"


def test_identical_pair_leaves_the_summary_strict_json(look, kaggle):
    raw = kaggle / "Raw Data"
    write(raw / "low_res" / "0.png", read(raw / "high_res" / "0.png"))

    numbers = json.loads(json.dumps(summary(look(kaggle)), allow_nan=False))

    assert numbers["pairs"][0]["psnr"] is None
    assert numbers["scores"]["all"]["identical"] == 1


def test_writing_leaves_other_files_alone_and_no_half_files(look, photos, tmp_path):
    (tmp_path / "notes.txt").write_text("mine")

    report.write(look(photos), tmp_path)

    files = {file.name for file in tmp_path.iterdir() if file.is_file()}
    charts = {"brightness.png", "nearest.png", "sharpness.png", "samples.png"}
    assert files == charts | {"index.html", "summary.json", "notes.txt"}


def test_dataset_without_one_readable_picture_has_a_page(look, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no picture")

    page = report.write(look(tmp_path), tmp_path / "out")

    assert "a.png" in Tags(page.read_text(encoding="utf-8")).text


def test_samples_are_the_pixels_of_the_pair(look, kaggle):
    found = look(kaggle, samples=1)

    (sample,) = samples(found)

    hr, lr = (read(facts.file).pixels for facts in (sample.pair.hr, sample.pair.lr) if facts)
    np.testing.assert_array_equal(sample.views["HR"], hr)
    np.testing.assert_array_equal(sample.views["LR"], lr)
    assert (grid([sample])[:, SIDE : 2 * SIDE] != 255).any()


def test_same_seed_shows_the_same_samples(look, kaggle):
    drawn = [[one.pair.name for one in samples(look(kaggle, samples=4, seed=seed))] for seed in (5, 5, 6)]

    assert drawn[0] == drawn[1] != drawn[2]
    assert len(drawn[0]) == 4


def test_statistics_leave_out_what_is_infinite():
    found = statistics([1.0, 2.0, 6.0, float("inf")])

    assert (found["count"], found["mean"], found["median"], found["greatest"]) == (3, 3.0, 2.0, 6.0)
    assert statistics([])["mean"] is None


def test_command_writes_the_page_and_says_what_it_found(kaggle, photos, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)

    assert main(["explore", str(kaggle), "--against", str(photos), "--samples", "2"]) == 0

    said = capsys.readouterr()
    assert Path("runs/explore/kaggle/index.html").is_file()
    assert "good   No picture of one part was found in another part" in said.out
    assert "kaggle: 12 of 12" in said.err


def test_command_without_matplotlib_says_what_to_install(photos, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    assert main(["explore", str(photos)]) == 1
    assert "requirements-training.txt" in capsys.readouterr().err
