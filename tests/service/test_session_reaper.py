import time
from collections.abc import Callable

import pytest

from service.session_reaper import SessionReaper

SECONDS = 60


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.005)


def test_things_of_who_has_left_are_forgotten_and_those_of_others_are_not():
    here, forgotten = {"a", "b"}, list[str]()
    reaper = SessionReaper(
        here.__contains__,
        on_forgotten=lambda sessions: forgotten.append(f"also {', '.join(sessions)}"),
        timeout=0.05,
        poll_interval=0.01,
    )
    for session in "ab":
        for what in ("upscale", "compare"):
            reaper.on_leave(session, what, lambda said=f"{session} {what}": forgotten.append(said))

    here.remove("a")
    until(lambda: len(forgotten) == 3)
    time.sleep(0.1)

    assert forgotten == ["a upscale", "a compare", "also a"]
    here.clear()
    until(lambda: forgotten[-1] == "also b")


def test_who_comes_back_in_time_finds_everything():
    here, forgotten, now, looks = {"a"}, list[str](), [0.0], list[float]()

    def present(session: str) -> bool:
        looks.append(now[0])
        return session in here

    def look(at: float) -> None:
        now[0], seen = at, len(looks)
        # The first of them may have begun before the time was set.
        until(lambda: len(looks) >= seen + 3)

    reaper = SessionReaper(present, timeout=100, poll_interval=0.001, clock=lambda: now[0])
    reaper.on_leave("a", "upscale", lambda: forgotten.append("a"))

    here.remove("a")
    look(at=90)
    here.add("a")
    look(at=95)
    here.remove("a")
    look(at=190)

    assert forgotten == []
    now[0] = 200
    until(lambda: forgotten == ["a"])


def test_work_goes_on_through_a_moment_of_absence_and_no_longer():
    here, now = {"a"}, [0.0]
    reaper = SessionReaper(here.__contains__, poll_interval=60, clock=lambda: now[0])
    reaper.on_leave("a", "upscale", lambda: None)

    now[0] = 500  # nobody has looked since
    assert reaper.should_continue("a")
    here.clear()
    now[0] = 510
    assert reaper.should_continue("a", others_waiting=True)
    now[0] = 545
    assert not reaper.should_continue("a", others_waiting=True)
    assert reaper.should_continue("a")
    now[0] = 546
    assert not reaper.should_continue("a")
    here.add("a")
    assert reaper.should_continue("a")
    assert not reaper.should_continue("somebody unknown")


def test_only_the_last_thing_of_a_name_is_forgotten_and_the_watch_begins_again():
    here, forgotten = {"a"}, list[str]()
    reaper = SessionReaper(here.__contains__, timeout=0.0, poll_interval=0.01)

    for said in ("old", "new"):
        reaper.on_leave("a", "upscale", lambda said=said: forgotten.append(said))
    here.clear()

    until(lambda: forgotten)
    time.sleep(0.05)
    reaper.on_leave("b", "upscale", lambda: forgotten.append("next"))
    until(lambda: forgotten == ["new", "next"])


def test_failure_to_forget_stops_no_other_and_is_logged(caplog: pytest.LogCaptureFixture):
    here, forgotten, name = {"a", "b"}, list[str](), "holiday.png"

    def fail() -> None:
        raise RuntimeError(name)

    reaper = SessionReaper(here.__contains__, timeout=0.0, poll_interval=0.01)
    reaper.on_leave("a", "upscale", fail)
    reaper.on_leave("a", "compare", lambda: forgotten.append("a"))
    here.remove("a")
    until(lambda: forgotten == ["a"])

    reaper.on_leave("b", "upscale", lambda: forgotten.append("b"))
    here.remove("b")

    until(lambda: forgotten == ["a", "b"])
    assert "RuntimeError" in caplog.text
    assert "holiday" not in caplog.text
