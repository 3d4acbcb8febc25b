"""Measuring waits its turn, tells the place in the queue, and lets go of everything when it is cancelled."""

import threading
from collections.abc import Iterator

import numpy as np
import pytest

from service.inference_queue import InferenceQueue
from service.sample import Sample
from sr_core import Picture, encode
from ui.measuring import restoring
from ui.measuring.measurements import Measurements, Method

METHODS = [Method.baseline(4), Method("tiny_edsr_x4", "EDSR", 4)]
SAMPLE = Sample("a.png", encode(Picture(np.random.default_rng(1).integers(0, 256, (32, 40, 3), np.uint8))))

pytestmark = pytest.mark.usefixtures("tiny_networks")


class Stop(BaseException):
    """Ends a run of the page."""


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> InferenceQueue:
    gate = InferenceQueue(max_waiting=3)
    monkeypatch.setattr("ui.session._gate", lambda: gate)
    return gate


@pytest.fixture
def occupied(gate: InferenceQueue) -> Iterator[None]:
    """Somebody else's picture is being worked on."""
    entered, leave = threading.Event(), threading.Event()

    def work() -> None:
        with gate.turn(lambda ahead: None):
            entered.set()
            leave.wait(60)

    other = threading.Thread(target=work)
    other.start()
    assert entered.wait(60)
    yield
    leave.set()
    other.join()


def run(measurements: Measurements, *, stop_at: str = "") -> list[str]:
    """Measure, until something is told that has `stop_at` in it; return all that was told."""
    told: list[str] = []

    def tell(share: float, text: str) -> None:
        assert 0 <= share <= 1
        told.append(text)
        if stop_at and stop_at in text:
            raise Stop

    try:
        restoring.restore_and_measure(measurements, SAMPLE, METHODS, tell=tell, keep=lambda name, look: None)
    except Stop:
        assert stop_at
    return told


def is_free(gate: InferenceQueue) -> bool:
    waited: list[int] = []
    with gate.turn(waited.append):
        return not waited


@pytest.mark.usefixtures("occupied")
def test_place_in_the_queue_is_told():
    told = run(Measurements(), stop_at="ahead")

    assert told[-1] == "Bicubic: 1 picture is ahead of yours ..."


def test_cancelling_frees_the_gate_and_keeps_what_was_measured(gate: InferenceQueue):
    measurements = Measurements()

    run(measurements, stop_at="EDSR: enlarging")

    assert is_free(gate)
    assert list(measurements.results) == [(SAMPLE.key, "bicubic_x4")]
    assert measurements.missing(SAMPLE, METHODS) == METHODS[1:]
    run(measurements)
    assert not measurements.missing(SAMPLE, METHODS)


def test_every_step_is_told_in_order(gate: InferenceQueue):
    told = run(Measurements())

    assert told[0] == "Reading the picture ..."
    assert told.index("Bicubic: measuring ...") < told.index("EDSR: enlarging ...")
    assert told[-1] == "EDSR: drawing ..."
