"""Measuring waits its turn, tells the place in the queue, and lets go of everything when it is cancelled."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from service.evaluation import Evaluation, Selection
from service.measuring import Restore
from service.methods import Method
from service.runner import Runner
from service.sample import Sample
from service.task import shared_resources
from sr_core import Picture, encode

BICUBIC, EDSR = METHODS = [Method.baseline(4), Method("tiny_edsr_x4", "EDSR", 4)]
SAMPLE = Sample("a.png", encode(Picture(np.random.default_rng(1).integers(0, 256, (32, 40, 3), np.uint8))))
SECONDS = 300

pytestmark = pytest.mark.usefixtures("tiny_networks")


@pytest.fixture
def evaluation() -> Evaluation:
    kept = Evaluation(Runner(shared_resources()))
    kept.add([SAMPLE])
    return kept


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def settle(evaluation: Evaluation) -> None:
    until(lambda: not evaluation.runner.active(evaluation))


def test_place_in_the_queue_is_told(evaluation: Evaluation):
    with shared_resources().inference.turn(print):
        evaluation.want(METHODS, None)
        until(lambda: evaluation.current and "ahead" in evaluation.current.snapshot.message)

        assert evaluation.current is not None
        assert evaluation.current.snapshot.message == "1 picture is ahead of yours ..."


def test_cancelling_frees_the_queue_and_keeps_what_was_measured(
    evaluation: Evaluation, tiny_networks: list[str]
):
    def stop_at_edsr(self: Restore, *_: object, **__: object) -> None:
        if self is evaluation.current and self.method == EDSR:  # not that of another test, at work still
            evaluation.cancel()

    with pytest.MonkeyPatch.context() as patch:
        run = Restore.run
        patch.setattr(Restore, "run", lambda self, context: stop_at_edsr(self) or run(self, context))
        evaluation.want(METHODS, None)
        settle(evaluation)

    with shared_resources().inference.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass
    assert list(evaluation.measurements.results) == [(SAMPLE.key, BICUBIC.name)]
    assert "Cancelled" in (evaluation.runner.paused(evaluation) or "")
    evaluation.runner.resume(evaluation)
    settle(evaluation)
    assert not evaluation.measurements.missing(SAMPLE, METHODS)


def test_picture_is_decoded_once_for_all_methods(evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch):
    from service import sample

    decoded: list[int] = []
    decode = sample.decode
    monkeypatch.setattr(sample, "decode", lambda *a, **o: decoded.append(1) or decode(*a, **o))

    evaluation.want(METHODS, Selection(SAMPLE, BICUBIC, EDSR))
    settle(evaluation)

    assert len(decoded) == 1
    assert set(evaluation.renderings) == {"Original", BICUBIC.name, EDSR.name}


def test_start_over_while_a_picture_is_read_keeps_nothing_of_it(
    evaluation: Evaluation, monkeypatch: pytest.MonkeyPatch
):
    from service import sample

    def forget_meanwhile(*arguments: object, **options: object) -> Picture:
        evaluation.forget()
        return decode(*arguments, **options)  # type: ignore[arg-type]

    decode = sample.decode
    monkeypatch.setattr(sample, "decode", forget_meanwhile)

    evaluation.want(METHODS, None)
    settle(evaluation)

    assert evaluation.nbytes == 0
    assert not evaluation.measurements.results
