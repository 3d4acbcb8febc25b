"""One runner a session: order, pauses, and no wake-up that is waited for in vain."""

import threading
import time
from collections.abc import Callable

import pytest

from service.comparing import Subject
from service.comparison import Comparison
from service.memory import MemoryBudget
from service.networks import InferenceQueue, NetworkPool
from service.runner import Runner
from service.task import Context, Resources, State, Task

SECONDS = 60


class Step(Task[str]):
    """Does what a test says."""

    def __init__(self, act: Callable[[Context], object] = lambda context: None, *, urgency: int = 1):
        super().__init__(urgency=urgency)
        self._act = act

    def run(self, context: Context) -> str:
        self._act(context)
        return "done"


class Notes:
    """A store that notes what was finished."""

    def __init__(self) -> None:
        self.ended: list[tuple[Task, State]] = []

    nbytes = 0

    def forget(self) -> None:
        self.ended.clear()

    def finished(self, task: Task) -> None:
        self.ended.append((task, task.snapshot.state))

    def evict(self, needed: Callable[[], bool]) -> None:
        pass


def runner(present: Callable[[], bool] = lambda: True) -> Runner:
    queues = InferenceQueue(max_waiting=3), InferenceQueue(max_waiting=3)
    return Runner(Resources(NetworkPool(), *queues, MemoryBudget(lambda: 8192.0)), present)


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_urgent_tasks_come_first_and_pages_take_turns():
    work, first, second, done = runner(), Notes(), Notes(), list[str]()
    begun, go = threading.Event(), threading.Event()
    work.submit(first, Step(lambda _: begun.set() or go.wait(SECONDS)))
    assert begun.wait(SECONDS)
    for store, name, urgency in ((first, "a", 1), (first, "b", 1), (second, "c", 1), (first, "urgent", 0)):
        work.submit(store, Step(lambda _, name=name: done.append(name), urgency=urgency))

    go.set()
    until(lambda: len(done) == 4)

    assert done == ["urgent", "c", "a", "b"]


def test_work_goes_on_when_a_page_looks_although_its_person_seemed_to_have_left():
    """The worker ends in the moment between two looks; nothing but a look can wake it again."""
    here, store, left = [True], Notes(), list[int]()
    work = runner(lambda: here[0])

    def leave(context: Context) -> None:
        if not left:
            left.append(1)
            here[0] = False
            context.check()

    task = Step(leave)
    work.submit(store, task)
    until(lambda: task.snapshot.state is State.WAITING and not work._at_work)
    here[0] = True
    version = work.version

    work.wake()

    until(lambda: store.ended)
    assert task.snapshot.state is State.DONE
    assert work.version > version


def test_bug_outside_of_a_task_does_not_end_the_work_for_ever():
    class Broken(Notes):
        def finished(self, task: Task) -> None:
            if not self.ended:
                self.ended.append((task, task.snapshot.state))
                raise RuntimeError("a bug")
            super().finished(task)

    work, store = runner(), Broken()
    hook, threading.excepthook = threading.excepthook, lambda _: None
    try:
        work.submit(store, Step())
        until(lambda: store.ended and not work._at_work)
    finally:
        threading.excepthook = hook

    work.submit(store, Step())

    until(lambda: len(store.ended) == 2)


def test_snapshot_never_changes_and_the_next_one_says_more():
    work, store, go = runner(), Notes(), threading.Event()
    task = Step(lambda context: context.announce("Working ...") or go.wait(SECONDS))

    before = task.snapshot
    work.submit(store, task)
    until(lambda: task.snapshot.message == "Working ...")
    go.set()
    until(lambda: task.snapshot.state is State.DONE)

    assert before.state is State.WAITING
    assert (task.snapshot.result, task.snapshot.message) == ("done", "")


def test_comparison_that_was_closed_while_it_was_read_keeps_no_picture(monkeypatch: pytest.MonkeyPatch):
    from tests.conftest import ROOT

    photo = (ROOT / "tests" / "data" / "guitar.png").read_bytes()
    from service import comparing

    entered, go = threading.Event(), threading.Event()
    decode = comparing.decode

    def wait_and_decode(*arguments: object, **options: object):
        entered.set()
        go.wait(SECONDS)
        return decode(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(comparing, "decode", wait_and_decode)
    work = runner()
    kept = Comparison(work, Subject("guitar.png", photo, 4, shrink=False))
    assert entered.wait(SECONDS)

    kept.forget()
    go.set()

    until(lambda: not work._at_work)
    assert kept.nbytes == 0
    assert work.resources.memory.kept == 0


def test_page_that_waits_for_a_change_learns_of_it_at_once():
    work, store, begun = runner(), Notes(), time.monotonic()
    drawn = work.version
    assert not work.wait_for_change(drawn, 0.0)
    threading.Timer(0.1, work.submit, (store, Step())).start()

    assert work.wait_for_change(drawn, SECONDS)

    assert time.monotonic() - begun < SECONDS / 2
    assert work.wait_for_change(drawn, 0.0)
