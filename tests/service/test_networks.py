import threading
import time
from collections.abc import Callable

import pytest

from service.networks import BusyError, InferenceQueue

SECONDS = 60


class LeftError(BaseException):
    """Somebody closes the page: like Streamlit's own, no Exception."""


class Person(threading.Thread):
    """Takes a turn in a thread of its own, and stays until told to leave."""

    def __init__(
        self,
        queue: InferenceQueue,
        order: list[str],
        name: str,
        *,
        error: BaseException | None = None,
        seconds: float = 0.0,
    ):
        super().__init__(name=name, daemon=True)
        self.queue, self.order, self.error, self.seconds = queue, order, error, seconds
        self.ahead: list[int] = []
        self.gone, self.done = threading.Event(), threading.Event()
        self.raised: BaseException | None = None
        self.start()

    def wait(self, ahead: int) -> None:
        self.ahead.append(ahead)
        if self.gone.is_set():
            raise LeftError

    def run(self) -> None:
        try:
            with self.queue.turn(self.wait, seconds=self.seconds):
                self.order.append(self.name)
                self.done.wait(SECONDS)
                if self.error:
                    raise self.error
        except BaseException as error:
            self.raised = error


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def queue_up(queue: InferenceQueue, names: str) -> tuple[list[str], list[Person]]:
    """The first is inside, the others wait in this order."""
    order: list[str] = []
    people: list[Person] = []
    for place, name in enumerate(names):
        person = Person(queue, order, name)
        people.append(person)
        until(lambda person=person, place=place: person.ahead == [place] if place else order)
    return order, people


def test_one_at_a_time_in_the_order_of_coming():
    queue = InferenceQueue(max_waiting=5)
    assert not queue.has_waiting
    order, people = queue_up(queue, "abc")

    for place, person in enumerate(people):
        assert order == list("abc")[: place + 1]
        assert queue.has_waiting is (person is not people[-1])
        person.done.set()
        person.join(SECONDS)
        until(lambda place=place: len(order) == min(place + 2, 3))

    assert order == list("abc")


def test_those_who_wait_learn_their_place_as_it_changes():
    _, (first, second, third) = queue_up(InferenceQueue(max_waiting=5), "abc")

    first.done.set()
    second.done.set()
    third.done.set()
    third.join(SECONDS)

    assert set(second.ahead) == {1}
    assert third.ahead == sorted(third.ahead, reverse=True)
    assert third.ahead[0] == 2
    assert first.ahead == []


def test_full_queue_refuses_with_a_sentence_and_stays_in_order():
    queue = InferenceQueue(max_waiting=1)
    order, people = queue_up(queue, "ab")

    with pytest.raises(BusyError, match=r"^2 pictures are waiting already.*try again"), queue.turn(print):
        pass

    for person in people:
        person.done.set()
        person.join(SECONDS)
    assert order == ["a", "b"]


def test_who_leaves_while_waiting_gives_up_the_place():
    order, (first, second, third) = queue_up(InferenceQueue(max_waiting=5), "abc")

    second.gone.set()
    second.join(SECONDS)
    first.done.set()
    third.done.set()
    third.join(SECONDS)

    assert isinstance(second.raised, LeftError)
    assert order == ["a", "c"]


def test_long_turn_is_interrupted_for_much_shorter_ones_only():
    queue, order = InferenceQueue(max_waiting=5, slice_seconds=0), []

    with queue.turn(print):
        for name, seconds in (("a", 30), ("b", 5), ("c", 20)):
            person = Person(queue, order, name, seconds=seconds)
            person.done.set()
            until(lambda person=person: person.ahead)
        stranger = threading.Thread(target=queue.give_way, args=(print,))
        stranger.start()
        stranger.join(SECONDS)
        assert order == []  # only the thread whose turn it is can interrupt it

        queue.give_way(print, remaining=80)
        assert order == ["b", "c"]

        queue.give_way(print)
        assert order == ["b", "c", "a"]


def test_interrupted_turn_then_lasts_as_long_as_the_interruption():
    queue, order = InferenceQueue(max_waiting=5, slice_seconds=0), []
    with queue.turn(print):
        person = Person(queue, order, "a")
        until(lambda: person.ahead)
        threading.Timer(2.0, person.done.set).start()
        began = time.monotonic()
        queue.give_way(print, remaining=1000)
        interruption = time.monotonic() - began
        second = Person(queue, order, "b")
        second.done.set()
        until(lambda: second.ahead)

        queue.give_way(lambda ahead: pytest.fail(f"{ahead} ahead"), remaining=1000)
        assert order == ["a"]

        time.sleep(interruption)
        queue.give_way(print, remaining=1000)
        assert order == ["a", "b"]


def test_turn_is_not_interrupted_within_its_time_slice():
    queue, order = InferenceQueue(max_waiting=5, slice_seconds=SECONDS), []

    with queue.turn(print):
        person = Person(queue, order, "a")
        person.done.set()
        until(lambda: person.ahead)
        queue.give_way(lambda ahead: pytest.fail(f"{ahead} ahead"), remaining=1000)

        assert order == []
    person.join(SECONDS)


def test_who_leaves_while_interrupted_gives_up_the_place():
    queue = InferenceQueue(max_waiting=5, slice_seconds=0)
    people: list[Person] = []

    def leave(ahead: int) -> None:
        raise LeftError

    def interrupted() -> None:
        with queue.turn(print):
            people.append(Person(queue, [], "a"))
            until(lambda: people[0].ahead)
            queue.give_way(leave, remaining=1000)

    with pytest.raises(LeftError):
        interrupted()
    people[0].done.set()
    people[0].join(SECONDS)

    with queue.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass


@pytest.mark.parametrize("error", [ValueError("a bug"), LeftError()])
def test_turn_that_ends_in_an_exception_lets_the_next_in(error: BaseException):
    queue = InferenceQueue(max_waiting=5)
    failing = Person(queue, [], "failing", error=error)
    failing.done.set()
    failing.join(SECONDS)

    with queue.turn(lambda ahead: pytest.fail(f"{ahead} ahead")):
        pass

    assert failing.raised is error
