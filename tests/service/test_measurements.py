"""What has been measured is kept in numbers, and leaves as tables and as CSV with every digit."""

import csv
import io
import math

import numpy as np
import pytest

from service import runner as runners
from service.evaluation import ORIGINAL, Evaluation, Selection
from service.measurements import Measurements
from service.measuring import Rendering
from service.memory import MemoryBudget
from service.methods import Method
from service.networks import InferenceQueue, NetworkPool
from service.runner import Runner
from service.sample import Facts, Sample, prepare
from service.task import Resources
from sr_core import STUDY, MeasurementError, Picture, Scores, encode, standard
from ui.components import scores_table
from ui.components.markup import facts, table

BICUBIC, EDSR = Method.baseline(4), Method("edsr_x4", "EDSR", 4)


def sample(name: str = "a.png", *, data: bytes | None = None) -> Sample:
    return Sample(name, name.encode() if data is None else data)


def scored(psnr: float, protocol=STUDY) -> Scores:
    return Scores(psnr, 1 / 3, 200 / 3, 0.1, protocol)


def measured(*samples: Sample, psnr: float = 100 / 3) -> Measurements:
    kept = Measurements()
    for one in samples:
        kept.samples[one.key] = one
        kept.facts[one.key, 4] = Facts((40, 32), (10, 8), ())
        for method in (BICUBIC, EDSR):
            kept.results[one.key, method.name] = {p: scored(psnr, p) for p in (standard(4), STUDY)}
    return kept


def rows(kept: Measurements) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(scores_table.as_csv(kept, [BICUBIC, EDSR]))))


def test_csv_has_a_row_for_each_picture_method_and_protocol_with_every_digit():
    read = rows(measured(sample("a.png"), sample('b, "c".png')))

    assert len(read) == 2 * 2 * 2
    assert {row["picture"] for row in read} == {"a.png", 'b, "c".png'}
    assert float(read[0]["psnr_db"]) == 100 / 3
    assert float(read[0]["ssim"]) == 1 / 3
    assert read[0]["protocol"] == standard(4).describe()
    assert [read[0]["weights"], read[2]["weights"]] == ["", "edsr_x4"]
    assert read[0]["reaches_30_db"] == "True"


def test_infinity_survives_the_csv_and_the_means():
    kept = measured(sample(), psnr=math.inf)

    assert math.isinf(float(rows(kept)[0]["psnr_db"]))
    assert "<td>∞</td><td>1 of 1</td>" in scores_table.of_means(kept, kept.complete([EDSR]), [EDSR], STUDY)


def test_name_that_a_spreadsheet_would_run_is_quoted():
    assert rows(measured(sample("=HYPERLINK(1).png")))[0]["picture"] == "'=HYPERLINK(1).png"


def test_means_are_over_the_pictures_that_every_method_has_measured():
    one, two = sample("a.png"), sample("b.png")
    kept = measured(one, two)
    kept.results[one.key, EDSR.name] = {STUDY: scored(20.0)}
    del kept.results[two.key, EDSR.name]

    complete = kept.complete([BICUBIC, EDSR])

    assert complete == [one]
    assert kept.mean(EDSR, STUDY, over=complete).psnr == 20.0
    assert kept.mean(EDSR, STUDY, over=complete).passed == 0
    assert kept.missing(two, [BICUBIC, EDSR]) == [EDSR]


def test_method_that_failed_everywhere_does_not_hide_the_others_means():
    kept = measured(sample())
    kept.results.pop((sample().key, EDSR.name))
    kept.failed[sample().key, EDSR.name] = "The weights are damaged."

    assert kept.working([BICUBIC, EDSR]) == [BICUBIC]
    assert kept.failures([BICUBIC, EDSR]) == [("a.png, EDSR", "The weights are damaged.")]
    assert not kept.missing(sample(), [BICUBIC, EDSR])


def evaluation() -> Evaluation:
    resources = Resources(
        NetworkPool(),
        InferenceQueue(max_waiting=0),
        InferenceQueue(max_waiting=0),
        MemoryBudget(lambda: 8192.0),
    )
    return Evaluation(Runner(resources))


def test_same_bytes_are_one_sample_under_any_name_and_a_pair_is_another():
    kept = evaluation()

    kept.add([sample("a.png", data=b"x"), sample("b.png", data=b"x"), Sample("a.png", b"x", b"y")])

    assert len(kept.measurements.samples) == 2


def test_files_beyond_the_room_are_left_out_and_told(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(runners, "MAX_KEPT", 10)
    kept = evaluation()

    said = kept.add([sample("a", data=bytes(6)), sample("b", data=bytes(7)), sample("c", data=bytes(3))])

    assert [one.name for one in kept.measurements.samples.values()] == ["a", "c"]
    assert said is not None
    assert said.endswith("left out: 1.")


def test_only_pictures_that_nobody_looks_at_are_dropped():
    kept = evaluation()
    kept.want([BICUBIC], Selection(sample(), BICUBIC, EDSR))
    for name in (ORIGINAL, BICUBIC.name, "a", "b", EDSR.name):
        kept.renderings[name] = Rendering(bytes(10))

    kept.evict(lambda: kept.nbytes > 40)

    assert set(kept.renderings) == {ORIGINAL, BICUBIC.name, "b", EDSR.name}
    kept.want([BICUBIC], Selection(sample("another"), BICUBIC, EDSR))
    assert not kept.renderings


@pytest.mark.parametrize(("scale", "side"), [(2, 15), (3, 17), (4, 19)])
def test_least_side_is_what_ssim_needs(scale: int, side: int):
    def prepared(pixels: int):
        return prepare(sample(data=encode(Picture(np.zeros((pixels, 99, 3), np.uint8)))), scale)

    with pytest.raises(MeasurementError, match=f"at least {side + 1} px"):
        prepared(side)
    assert prepared(side + 1).original.height == side + 1


def test_scale_one_needs_the_damaged_picture_too():
    picture = encode(Picture(np.zeros((40, 40, 3), np.uint8)))

    with pytest.raises(MeasurementError, match="nothing to shrink"):
        prepare(sample(data=picture), 1)
    assert prepare(Sample("a", picture, picture), 1).small.width == 40


def test_tables_read_nothing_as_html_and_have_heads():
    hostile = "<img src=x onerror=alert(1)>"

    drawn = table(hostile, ("", hostile), [(hostile, hostile)], more=hostile) + facts(
        hostile, [(hostile, hostile)]
    )

    assert "<img" not in drawn
    assert 'scope="row"' in drawn
    assert 'scope="col"' in drawn
