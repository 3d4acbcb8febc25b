"""Batches and their runner, with the real network on tiny pictures."""

import io
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from service import batch as batches
from service import runner as runners
from service import upscaling
from service.batch import Batch
from service.item import Item, Status
from service.memory import MemoryBudget
from service.networks import InferenceQueue, NetworkPool
from service.request import Request
from service.runner import FULL, Runner
from service.task import Resources
from sr_core import OutputFormat, PictureTooLargeError, Upscaler, decode, encode
from sr_core.sizing import TargetSize

SECONDS = 120
JPEG = Request(output=OutputFormat("jpeg", quality=80))
WEBP = Request(output=OutputFormat("webp", lossless=True))


@pytest.fixture(scope="module")
def networks() -> NetworkPool:
    return NetworkPool()


@pytest.fixture
def resources(networks: NetworkPool) -> Resources:
    return Resources(
        networks, InferenceQueue(max_waiting=3), InferenceQueue(max_waiting=9), MemoryBudget(lambda: 8192.0)
    )


def picture(width: int = 24, height: int = 20, *, seed: int = 0, form: str = "png") -> bytes:
    # Smooth: noise would be cleaned up.
    rows, columns = np.mgrid[:height, :width]
    waves = [np.sin((rows * (c + 1) + columns) / 9 + seed) for c in range(3)]
    buffer = io.BytesIO()
    Image.fromarray((128 + 100 * np.stack(waves, axis=2)).astype(np.uint8)).save(buffer, form)
    return buffer.getvalue()


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def settle(batch: Batch) -> Batch:
    batch.runner.wake()
    until(lambda: not batch.runner.active(batch))
    return batch


def filled(
    resources: Resources,
    *files: bytes,
    request: Request | None = None,
    present: Callable[[], bool] = lambda: True,
) -> Batch:
    batch = Batch(Runner(resources, present), request)
    for index, data in enumerate(files):
        batch.add("", f"{index}.png", data)
    return batch


def result_of(item: Item) -> bytes:
    assert item.result is not None, item.error
    return item.result.data


def test_one_bad_file_never_stops_the_others(resources: Resources):
    batch = filled(resources, picture(seed=1), b"no picture at all", picture(seed=2))

    settle(batch)

    assert [item.status for item in batch.items] == [Status.DONE, Status.FAILED, Status.DONE]
    assert "not a picture that can be read" in batch.items[1].error
    assert batch.shown is batch.items[0]


def test_results_are_the_librarys_own_bytes(resources: Resources):
    batch = filled(resources, picture())

    settle(batch)

    upscaler = Upscaler.from_weights("edsr_x4")
    expected = encode(upscaler.upscale(decode(picture())), provenance=upscaler.provenance())
    assert result_of(batch.items[0]) == expected
    assert batch.items[0].file_name(batch.request) == "0_x4.png"


@pytest.mark.parametrize(
    ("asked", "strength", "said"),
    [("auto", 1.0, "JPEG, quality about 75: cleaned up"), (1.0, 1.0, "cleaned up"), (0.0, 0.0, "")],
)
def test_a_jpeg_is_cleaned_up_as_asked_for_and_that_is_told(resources: Resources, asked, strength, said):
    data = picture(form="jpeg")
    batch = filled(resources, data, request=Request(clean_up=asked))

    settle(batch)

    done = batch.items[0].result
    assert done is not None
    assert str(done.cleaned) == said
    assert done.provenance.clean_up == strength
    upscaler = Upscaler.from_weights("edsr_x4", clean_up=strength)
    np.testing.assert_array_equal(decode(done.data).pixels, upscaler.upscale(decode(data)).pixels)


def test_exact_size_comes_from_the_smallest_network_that_reaches(resources: Resources):
    batch = filled(resources, picture(), request=Request(target=TargetSize(width=40)))

    settle(batch)

    done = batch.items[0].result
    assert done is not None
    assert (done.provenance.model, done.height, done.width) == ("edsr_x2", 33, 40)
    assert batch.items[0].file_name(batch.request) == "0_w40.png"


def test_self_ensemble_costs_eight_times(resources: Resources):
    batch = filled(resources, picture(), request=Request(self_ensemble=True))

    settle(batch)

    upscaler = Upscaler.from_weights("edsr_x4")
    expected = upscaler.upscale(decode(picture()), self_ensemble=True).pixels.astype(int)
    made = decode(result_of(batch.items[0])).pixels
    assert np.abs(made - expected).max() <= 1
    plain = resources.networks.get("edsr_x4")
    estimate = batch.items[0].estimate
    assert estimate is not None
    assert estimate.seconds > 4 * plain.estimate(20, 24).seconds


def test_other_format_is_saved_without_the_network(resources: Resources, monkeypatch: pytest.MonkeyPatch):
    batch = filled(resources, picture(seed=1), picture(seed=2))
    settle(batch)
    exact = [decode(result_of(item)) for item in batch.items]
    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))

    for request in (JPEG, Request(output=OutputFormat("webp", lossless=True)), Request()):
        batch.set_request(request)
        settle(batch)

        assert batch.outdated == []
        provenance = resources.networks.get("edsr_x4").provenance()
        for item, large in zip(batch.items, exact, strict=True):
            assert result_of(item) == encode(large, request.output, provenance=provenance)


def during_the_run(monkeypatch: pytest.MonkeyPatch, resources: Resources, act: Callable[[], object]) -> None:
    """Have something done each time the ×4 network is at work."""
    engine = resources.networks.get("edsr_x4").engine
    run = engine.run
    monkeypatch.setattr(engine, "run", lambda tiles: act() or run(tiles))


def test_format_that_cannot_hold_the_result_costs_no_finished_work(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    batch, webp = filled(resources, picture(4200, 8)), Request(output=OutputFormat("webp"))
    during_the_run(monkeypatch, resources, lambda: batch.set_request(webp))
    settle(batch)

    (item,) = batch.items
    assert item.status is Status.FAILED
    assert "WebP keeps pictures of at most 16,383 px" in item.error
    assert decode(result_of(item)).width == 16_800
    assert item.file_name(batch.request) == "0_x4.png"

    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))
    batch.redo([item])
    settle(batch)
    assert item.status is Status.FAILED
    batch.set_request(Request())
    settle(batch)
    assert item.status is Status.DONE


def test_size_chosen_at_the_very_end_does_not_name_the_file(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    batch = filled(resources, picture())
    during_the_run(monkeypatch, resources, lambda: batch.set_request(JPEG))

    def check_slowly(*arguments: object) -> None:
        if batch.request == JPEG:
            batch.set_request(Request(target=TargetSize(scale=2)))

    monkeypatch.setattr("service.upscaling.check_output", check_slowly)
    settle(batch)

    (item,) = batch.items
    assert decode(result_of(item)).width == 4 * 24
    assert item.file_name(batch.request) == "0_x4.jpg"
    assert batch.outdated == [item]


def test_file_is_made_without_any_network(resources: Resources, monkeypatch: pytest.MonkeyPatch):
    batch = filled(resources, picture())
    settle(batch)
    monkeypatch.setattr(NetworkPool, "get", lambda *_, **__: pytest.fail("a network was loaded"))

    batch.set_request(JPEG)
    settle(batch)

    assert result_of(batch.items[0]).startswith(b"\xff\xd8\xff")


def test_one_result_at_a_time_is_saved_in_another_format(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    batches = [filled(resources, picture(seed=seed)) for seed in range(2)]
    for batch in batches:
        settle(batch)
    inside, most = list[int](), list[int]()

    def encode_slowly(*arguments: object, **options: object) -> bytes:
        inside.append(1)
        most.append(len(inside))
        time.sleep(0.2)
        data = encode(*arguments, **options)  # type: ignore[arg-type]
        inside.pop()
        return data

    monkeypatch.setattr("service.result.encode", encode_slowly)
    for batch in batches:
        batch.set_request(JPEG)
    until(lambda: all(result_of(batch.items[0]).startswith(b"\xff\xd8") for batch in batches))

    assert max(most) == 1


def test_other_size_waits_for_a_word_and_keeps_the_result_meanwhile(resources: Resources):
    batch = filled(resources, picture())
    settle(batch)
    before = result_of(batch.items[0])

    batch.set_request(Request(target=TargetSize(scale=2)))
    assert batch.active == []
    assert batch.outdated == list(batch.items)
    batch.redo(batch.outdated)
    assert result_of(batch.items[0]) == before
    settle(batch)

    assert decode(result_of(batch.items[0])).width == 48
    assert batch.outdated == []


def test_refused_picture_is_made_once_the_order_can_be(resources: Resources):
    batch = filled(resources, picture(), request=Request(target=TargetSize(longest=97)))
    settle(batch)
    assert batch.items[0].status is Status.FAILED
    assert "choose a smaller size" in batch.items[0].error

    batch.set_request(Request(target=TargetSize(longest=96)))
    settle(batch)

    assert batch.items[0].status is Status.DONE


def test_cancel_frees_the_queue_within_one_batch_of_tiles(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    runs: list[int] = []
    during_the_run(monkeypatch, resources, lambda: runs.append(1))
    batch = filled(resources, picture(600, 600), picture())
    large, small = batch.items
    until(lambda: large.snapshot.progress is not None and large.snapshot.progress.done)

    begun = len(runs)
    batch.cancel([large, small])
    until(lambda: large.status is Status.CANCELLED)

    assert len(runs) - begun <= 1
    assert large.snapshot.progress is None
    assert small.status is Status.CANCELLED
    with resources.inference.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass


@pytest.mark.parametrize("short_of_memory", [False, True])
def test_small_picture_does_not_wait_for_somebody_elses_large_one(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, short_of_memory: bool
):
    upscaler = resources.networks.get("edsr_x4")
    large_mib, small_mib = (upscaler.estimate(side, side).memory_mib for side in (600, 120))
    # Where there is not enough for both, the small one waits for the memory, but not for ever.
    spare = (small_mib - upscaler.engine.base_memory / 2**20) / 2 if short_of_memory else 4096.0
    resources = replace(
        resources,
        inference=InferenceQueue(max_waiting=3, slice_seconds=0),
        memory=MemoryBudget(lambda: large_mib + spare),
    )
    monkeypatch.setattr(upscaler, "_seconds_per_pixel", 1e-5)  # a picture is longer than another by its size
    theirs, mine = filled(resources, picture(600, 600)), Batch(Runner(resources))
    (large,) = theirs.items
    until(lambda: large.snapshot.progress is not None and large.snapshot.progress.done)

    small = mine.add("", "small.png", picture(120, 120))
    until(lambda: small.result is not None)

    assert (large.result is not None) is short_of_memory
    settle(theirs)
    direct = upscaler.upscale(decode(picture(600, 600)))
    assert np.array_equal(decode(result_of(large)).pixels, direct.pixels)


def test_cancel_while_a_picture_is_being_read_is_heeded(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    reading, go = threading.Event(), threading.Event()

    def read(data: bytes, **options: Any) -> Any:
        reading.set()
        go.wait(SECONDS)
        return decode(data, **options)

    monkeypatch.setattr(upscaling, "decode", read)
    batch = filled(resources, picture())
    assert reading.wait(SECONDS)

    batch.cancel(batch.items)
    go.set()
    settle(batch)

    assert batch.items[0].status is Status.CANCELLED


def test_cancelled_picture_is_made_when_asked_again(resources: Resources):
    batch = filled(resources, picture())
    batch.cancel(batch.items)
    settle(batch)
    assert batch.items[0].status is Status.CANCELLED

    batch.redo(batch.items)
    settle(batch)

    assert batch.items[0].status is Status.DONE


def test_person_who_leaves_stops_the_work_and_finds_it_again_on_return(resources: Resources):
    here = threading.Event()
    here.set()
    batch = filled(resources, picture(600, 600), present=here.is_set)
    (item,) = batch.items
    until(lambda: item.snapshot.progress is not None and item.snapshot.progress.done)

    here.clear()
    until(lambda: item.status is Status.WAITING)
    with resources.inference.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass
    here.set()
    batch.runner.wake()

    until(lambda: item.status is Status.WORKING)
    batch.forget()


def test_removed_picture_is_forgotten_with_its_result(resources: Resources):
    batch = filled(resources, picture(seed=1), picture(seed=2))
    settle(batch)
    gone, kept = batch.items

    batch.remove(gone)

    assert batch.items == (kept,)
    # The buttons of the page last drawn still refer to it.
    assert (gone.nbytes, gone.thumbnail) == (0, None)
    assert batch.nbytes == kept.nbytes
    assert batch.shown is kept


def test_full_memory_stops_the_batch_until_something_is_removed(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    here = threading.Event()
    batch = filled(resources, picture(seed=1), picture(seed=2), present=here.is_set)
    here.set()
    monkeypatch.setattr(runners, "MAX_KEPT", batch.nbytes + 4000)  # with their small copies
    settle(batch)
    assert [item.status for item in batch.items] == [Status.DONE, Status.WAITING]
    assert batch.paused == FULL
    with pytest.raises(PictureTooLargeError, match="left out"):
        batch.add("", "third.png", picture())

    batch.remove(batch.items[0])
    settle(batch)

    assert [item.status for item in batch.items] == [Status.DONE]


def test_lossless_copies_are_dropped_when_memory_is_short_but_the_one_on_show(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    batch = filled(resources, picture(seed=1), picture(seed=2))
    settle(batch)
    monkeypatch.setattr(runners, "MAX_KEPT", batch.nbytes)

    batch.set_request(JPEG)
    settle(batch)

    masters = [item.result is not None and item.result.master is not None for item in batch.items]
    assert masters == [True, False]


def test_long_work_waits_for_a_word(resources: Resources, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batches, "ASK_ABOVE", 0.0)
    batch = filled(resources, picture())
    settle(batch)
    assert batch.ready == list(batch.items)

    batch.start()
    settle(batch)

    assert batch.items[0].status is Status.DONE


@pytest.mark.parametrize(
    ("at", "begins"), [((75, 100), (11, 36)), ((-9, 10**6), (0, 72)), ((149, 0), (22, 0))]
)
def test_part_of_what_waits_can_be_tried_first(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, at: tuple[int, int], begins: tuple[int, int]
):
    monkeypatch.setattr(batches, "ASK_ABOVE", 0.0)
    data = picture(200, 150)
    batch = settle(filled(resources, data))
    (item,) = batch.items

    batch.try_part(item, top=at[0], left=at[1])
    settle(batch)

    part = item.part
    assert part is not None
    assert (part.top, part.left) == begins
    assert item.status is Status.READY
    cut = np.s_[begins[0] : begins[0] + 128, begins[1] : begins[1] + 128]
    whole = decode(data)
    expected = Upscaler.from_weights("edsr_x4").upscale(replace(whole, pixels=whole.pixels[cut].copy()))
    np.testing.assert_array_equal(decode(part.after.base.data).pixels, expected.pixels)
    batch.start()
    settle(batch)
    assert item.status is Status.DONE
    assert item.part is None


def test_full_queue_pauses_the_batch_with_its_sentence(resources: Resources):
    resources = replace(resources, inference=InferenceQueue(max_waiting=0))
    with resources.inference.turn(print):
        batch = settle(filled(resources, picture()))
    assert "try again in a minute" in (batch.paused or "")

    batch.start()
    settle(batch)

    assert batch.items[0].status is Status.DONE


def test_too_many_pictures_are_refused(resources: Resources, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(batches, "MAX_ITEMS", 1)

    with pytest.raises(PictureTooLargeError, match=r"1\.png was left out: a batch has at most 1 pictures"):
        filled(resources, picture(), picture())


def test_bug_is_logged_without_what_the_person_sent(
    resources: Resources, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
):
    name = "holiday.png"

    def fail(*_: object, **__: object) -> None:
        raise KeyError(name)

    monkeypatch.setattr("service.upscaling.decode", fail)
    batch = filled(resources, picture())
    with caplog.at_level(logging.ERROR):
        settle(batch)

    assert "Something went wrong on our side" in batch.items[0].error
    assert "KeyError" in caplog.text
    assert "holiday" not in caplog.text


def test_finished_picture_never_enters_the_network_again_when_its_file_is_changed_twice(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    batch = settle(filled(resources, picture()))
    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))

    with resources.brief.turn(print):  # the first file is not begun before the second is asked for
        batch.set_request(JPEG)
        batch.set_request(Request(target=TargetSize(scale=2)))
    settle(batch)

    assert batch.items[0].status is Status.DONE
    assert decode(result_of(batch.items[0])).width == 4 * 24


def test_memory_is_looked_at_when_the_turn_comes_and_not_only_before(networks: NetworkPool):
    limit = [8192.0]
    resources = Resources(
        networks, InferenceQueue(max_waiting=3), InferenceQueue(max_waiting=9), MemoryBudget(lambda: limit[0])
    )
    with resources.inference.turn(print):
        batch = filled(resources, picture())
        until(lambda: "ahead of yours" in batch.items[0].snapshot.message)
        limit[0] = 100.0
    settle(batch)

    assert "GiB of memory, and this server has 0.1 GiB; choose ×2" in batch.items[0].error


def test_what_others_keep_counts_against_the_memory_of_the_process(resources: Resources):
    with resources.inference.turn(print):
        batch = filled(resources, picture())
        until(lambda: "ahead of yours" in batch.items[0].snapshot.message)
        resources.memory.set_kept("somebody else", 8190 * 2**20)
    settle(batch)

    assert "memory of this server is full of pictures" in (batch.paused or "")
    resources.memory.set_kept("somebody else", 0)
    batch.start()
    assert settle(batch).items[0].status is Status.DONE


def test_all_files_change_their_format_or_none_does(resources: Resources):
    batch = settle(filled(resources, picture(seed=1), picture(seed=2), request=JPEG))
    forgotten: Any = batch.items[1]
    kept = forgotten.result.master
    batch.evict(lambda: True)

    batch.set_request(WEBP)
    settle(batch)

    assert [result_of(item)[:2] for item in batch.items] == [b"\xff\xd8"] * 2
    assert kept is not None
    assert batch.outdated == list(batch.items)
    batch.redo(batch.outdated)
    settle(batch)
    assert [result_of(item)[8:12] for item in batch.items] == [b"WEBP"] * 2


def test_format_change_asks_no_network_for_any_picture_of_a_batch(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    batch = settle(filled(resources, *(picture(seed=seed) for seed in range(3)), request=JPEG))
    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("the network ran again"))

    batch.set_request(WEBP)
    settle(batch)

    assert [result_of(item)[8:12] for item in batch.items] == [b"WEBP"] * 3
    assert batch.outdated == []


def test_picture_is_decoded_once_and_its_way_takes_two_pngs(
    resources: Resources, monkeypatch: pytest.MonkeyPatch
):
    from sr_core.files import png, reading

    calls: list[str] = []
    for module, name in ((reading.Source, "load"), (png, "encode")):
        original = getattr(module, name)
        monkeypatch.setattr(
            module,
            name,
            lambda *a, original=original, name=name, **o: calls.append(name) or original(*a, **o),
        )

    batch = settle(filled(resources, picture()))

    assert batch.items[0].preview is not None
    assert sorted(calls) == ["encode", "encode", "load"]
