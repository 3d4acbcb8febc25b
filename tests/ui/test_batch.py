"""Batches and their worker, with the real network on tiny pictures."""

import io
import logging
import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
from PIL import Image

from service.failures import describe_failure
from service.inference_queue import InferenceQueue
from service.network_pool import NetworkPool
from sr_core import OutputFormat, PictureTooLargeError, Upscaler, decode, encode
from sr_core.sizing import Wanted
from ui import batch as batch_module
from ui.batch import FULL, Batch
from ui.job import Job, State
from ui.order import Order
from ui.worker import Tools, set_to_work

SECONDS = 120
JPEG = Order(output=OutputFormat("jpeg", quality=80))


@pytest.fixture(scope="module")
def networks() -> NetworkPool:
    return NetworkPool()


def tools(
    networks: NetworkPool, *, present: Callable[[], bool] = lambda: True, gate: InferenceQueue | None = None
) -> Tools:
    return Tools(networks, gate or InferenceQueue(max_waiting=3), present, describe_failure)


def picture(width: int = 24, height: int = 20, *, seed: int = 0) -> bytes:
    noise = np.random.default_rng(seed).integers(0, 256, (height, width, 3), np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(noise).save(buffer, "png")
    return buffer.getvalue()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def settle(batch: Batch, tools: Tools) -> None:
    set_to_work(batch, tools)
    until(lambda: not batch.at_work or batch.stopped)
    until(lambda: not any(thread.name == "batch" for thread in threading.enumerate()))


def filled(*files: bytes, order: Order | None = None) -> Batch:
    batch = Batch(order or Order())
    for index, data in enumerate(files):
        batch.add("", f"{index}.png", data)
    return batch


def result_of(job: Job) -> bytes:
    assert job.result is not None, job.said
    return job.result.data


def test_one_bad_file_never_stops_the_others(networks: NetworkPool):
    batch = filled(picture(seed=1), b"no picture at all", picture(seed=2))

    settle(batch, tools(networks))

    assert [job.state for job in batch.jobs] == [State.DONE, State.FAILED, State.DONE]
    assert "not a picture that can be read" in batch.jobs[1].said
    assert batch.shown is batch.jobs[0]


def test_results_are_the_librarys_own_bytes(networks: NetworkPool):
    batch = filled(picture())

    settle(batch, tools(networks))

    upscaler = Upscaler.from_weights("edsr_x4")
    expected = encode(upscaler.upscale(decode(picture())), provenance=upscaler.provenance)
    assert result_of(batch.jobs[0]) == expected
    assert batch.jobs[0].file_name == "0_x4.png"


def test_exact_size_comes_from_the_smallest_network_that_reaches(networks: NetworkPool):
    batch = filled(picture(), order=Order(wanted=Wanted(width=40)))

    settle(batch, tools(networks))

    done = batch.jobs[0].result
    assert done is not None
    assert (done.network, done.height, done.width) == ("edsr_x2", 33, 40)
    assert batch.jobs[0].file_name == "0_w40.png"


def test_self_ensemble_costs_eight_times_and_leaves_the_shared_network_as_it_was(networks: NetworkPool):
    batch = filled(picture(), order=Order(self_ensemble=True))

    settle(batch, tools(networks))

    upscaler = Upscaler.from_weights("edsr_x4", self_ensemble=True)
    expected = upscaler.upscale(decode(picture())).pixels.astype(int)
    made = decode(result_of(batch.jobs[0])).pixels
    assert np.abs(made - expected).max() <= 1
    plain = networks.get("edsr_x4")
    assert not plain.self_ensemble
    estimate = batch.jobs[0].estimate
    assert estimate is not None
    assert estimate.seconds > 4 * plain.estimate(20, 24).seconds


def test_other_format_is_saved_without_the_network(networks: NetworkPool, monkeypatch: pytest.MonkeyPatch):
    batch = filled(picture(seed=1), picture(seed=2))
    settle(batch, tools(networks))
    exact = [decode(result_of(job)) for job in batch.jobs]
    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))

    for order in (JPEG, Order(output=OutputFormat("webp", lossless=True)), Order()):
        batch.set_order(order)
        settle(batch, tools(networks))

        assert batch.outdated == []
        provenance = networks.get("edsr_x4").provenance
        for job, large in zip(batch.jobs, exact, strict=True):
            assert result_of(job) == encode(large, order.output, provenance=provenance)


def during_the_run(monkeypatch: pytest.MonkeyPatch, networks: NetworkPool, act: Callable[[], object]) -> None:
    """Have something done each time the ×4 network is at work."""
    engine = networks.get("edsr_x4").engine
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda tiles: act() or run(tiles))


def test_format_that_cannot_hold_the_result_costs_no_finished_work(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch
):
    batch, webp = filled(picture(4200, 8)), Order(output=OutputFormat("webp"))
    during_the_run(monkeypatch, networks, lambda: batch.set_order(webp))
    settle(batch, tools(networks))

    (job,) = batch.jobs
    assert job.state is State.FAILED
    assert "WebP keeps pictures of at most 16,383 px" in job.said
    assert decode(result_of(job)).width == 16_800
    assert job.file_name == "0_x4.png"

    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))
    batch.again([job])
    settle(batch, tools(networks))
    assert job.state is State.FAILED
    batch.set_order(Order())
    settle(batch, tools(networks))
    assert job.state is State.DONE


def test_size_chosen_at_the_very_end_does_not_name_the_file(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch
):
    batch = filled(picture())
    during_the_run(monkeypatch, networks, lambda: batch.set_order(JPEG))

    def check_slowly(*arguments: object) -> None:
        if batch.order == JPEG:
            batch.set_order(Order(wanted=Wanted(scale=2)))

    monkeypatch.setattr("ui.worker.check_output", check_slowly)
    settle(batch, tools(networks))

    (job,) = batch.jobs
    assert decode(result_of(job)).width == 4 * 24
    assert job.file_name == "0_x4.jpg"
    assert batch.outdated == [job]


def test_file_is_made_without_any_network(networks: NetworkPool, monkeypatch: pytest.MonkeyPatch):
    batch = filled(picture())
    settle(batch, tools(networks))
    monkeypatch.setattr(NetworkPool, "get", lambda *_, **__: pytest.fail("a network was loaded"))

    batch.set_order(JPEG)
    settle(batch, tools(networks))

    assert result_of(batch.jobs[0]).startswith(b"\xff\xd8\xff")


def test_one_result_at_a_time_is_saved_in_another_format(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch
):
    with_one_lock = tools(networks)
    batches = [filled(picture(seed=seed)) for seed in range(2)]
    for batch in batches:
        settle(batch, with_one_lock)
    inside, most = list[int](), list[int]()

    def encode_slowly(*arguments: object, **options: object) -> bytes:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.2)
        inside.pop()
        return b"file"

    monkeypatch.setattr("ui.worker.encode", encode_slowly)
    for batch in batches:
        batch.set_order(JPEG)
        set_to_work(batch, with_one_lock)
    until(lambda: all(result_of(batch.jobs[0]) == b"file" for batch in batches))

    assert max(most) == 1


def test_other_size_waits_for_a_word_and_keeps_the_result_meanwhile(networks: NetworkPool):
    batch = filled(picture())
    settle(batch, tools(networks))
    before = result_of(batch.jobs[0])

    batch.set_order(Order(wanted=Wanted(scale=2)))
    assert batch.at_work == []
    assert batch.outdated == list(batch.jobs)
    batch.again(batch.outdated)
    assert result_of(batch.jobs[0]) == before
    settle(batch, tools(networks))

    assert decode(result_of(batch.jobs[0])).width == 48
    assert batch.outdated == []


def test_refused_picture_is_made_once_the_order_can_be(networks: NetworkPool):
    batch = filled(picture(), order=Order(wanted=Wanted(longest=97)))
    settle(batch, tools(networks))
    assert batch.jobs[0].state is State.FAILED
    assert "choose a smaller size" in batch.jobs[0].said

    batch.set_order(Order(wanted=Wanted(longest=96)))
    settle(batch, tools(networks))

    assert batch.jobs[0].state is State.DONE


def test_cancel_frees_the_gate_within_one_batch_of_tiles(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch
):
    gate, runs = InferenceQueue(max_waiting=0), []
    engine = networks.get("edsr_x4").engine
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda tiles: runs.append(1) or run(tiles))
    batch = filled(picture(600, 600), picture())
    large, small = batch.jobs
    set_to_work(batch, tools(networks, gate=gate))
    until(lambda: large.progress is not None and large.progress.done)

    begun = len(runs)
    batch.cancel([large, small])
    until(lambda: large.state is State.CANCELLED)

    assert len(runs) - begun <= 1
    assert large.progress is None
    assert small.state is State.CANCELLED
    with gate.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass


def test_cancelled_picture_is_made_when_asked_again(networks: NetworkPool):
    batch = filled(picture())
    batch.cancel(batch.jobs)
    settle(batch, tools(networks))
    assert batch.jobs[0].state is State.CANCELLED

    batch.again(batch.jobs)
    settle(batch, tools(networks))

    assert batch.jobs[0].state is State.DONE


def test_person_who_leaves_stops_the_work_and_finds_it_again_on_return(networks: NetworkPool):
    here = threading.Event()
    here.set()
    gate = InferenceQueue(max_waiting=0)
    batch = filled(picture(600, 600))
    set_to_work(batch, tools(networks, present=here.is_set, gate=gate))
    until(lambda: batch.jobs[0].progress is not None and batch.jobs[0].progress.done)

    here.clear()
    until(lambda: batch.jobs[0].state is State.WAITING)
    with gate.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass
    until(batch.hire)


def test_removed_picture_is_forgotten_with_its_result(networks: NetworkPool):
    batch = filled(picture(seed=1), picture(seed=2))
    settle(batch, tools(networks))
    gone, kept = batch.jobs

    batch.remove(gone)

    assert batch.jobs == (kept,)
    # The buttons of the page last drawn still refer to it.
    assert (gone.nbytes, gone.thumbnail) == (0, None)
    assert batch.nbytes == kept.nbytes
    assert batch.shown is kept


def test_full_memory_stops_the_batch_until_something_is_removed(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch
):
    batch = filled(picture(seed=1), picture(seed=2))
    monkeypatch.setattr(batch_module, "MAX_KEPT", batch.nbytes + 1000)
    settle(batch, tools(networks))
    assert [job.state for job in batch.jobs] == [State.DONE, State.WAITING]
    assert batch.stopped == FULL
    with pytest.raises(PictureTooLargeError, match="left out"):
        batch.add("", "third.png", picture())

    batch.remove(batch.jobs[0])
    settle(batch, tools(networks))

    assert [job.state for job in batch.jobs] == [State.DONE]


def test_lossless_copies_are_dropped_when_memory_is_short_but_the_one_on_show(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch
):
    batch = filled(picture(seed=1), picture(seed=2))
    settle(batch, tools(networks))
    monkeypatch.setattr(batch_module, "MAX_KEPT", batch.nbytes)

    batch.set_order(JPEG)
    settle(batch, tools(networks))

    masters = [job.result is not None and job.result.master is not None for job in batch.jobs]
    assert masters == [True, False]


def test_long_work_waits_for_a_word(networks: NetworkPool, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batch_module, "ASK_ABOVE", 0.0)
    batch = filled(picture())
    settle(batch, tools(networks))
    assert batch.ready == list(batch.jobs)

    batch.start()
    settle(batch, tools(networks))

    assert batch.jobs[0].state is State.DONE


def test_full_queue_pauses_the_batch_with_its_sentence(networks: NetworkPool):
    gate = InferenceQueue(max_waiting=0)
    batch = filled(picture())
    with gate.turn(print):
        settle(batch, tools(networks, gate=gate))
    assert "try again in a minute" in (batch.stopped or "")

    batch.start()
    settle(batch, tools(networks, gate=gate))

    assert batch.jobs[0].state is State.DONE


def test_too_many_pictures_are_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batch_module, "MAX_JOBS", 1)

    with pytest.raises(PictureTooLargeError, match=r"1\.png was left out: a batch has at most 1 pictures"):
        filled(picture(), picture())


def test_bug_is_logged_without_what_the_person_sent(
    networks: NetworkPool, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    name = "holiday.png"

    def fail(*_: object, **__: object) -> None:
        raise KeyError(name)

    monkeypatch.setattr("ui.worker.decode", fail)
    batch = filled(picture())
    with caplog.at_level(logging.ERROR):
        settle(batch, tools(networks))

    assert "Something went wrong on our side" in batch.jobs[0].said
    assert "KeyError" in caplog.text
    assert "holiday" not in caplog.text
