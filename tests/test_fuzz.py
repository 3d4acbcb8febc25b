"""A hundred small damaged files of each kind; `python -m benchmarks.fuzz` tries thousands."""

import os
import signal

import pytest

from benchmarks import fuzz, fuzz_kinds, isolation

SEED = 0  # another one than the command's, so that the two do not try the same


@pytest.mark.parametrize("kind", fuzz_kinds.KINDS)
def test_damaged_files_are_read_or_refused_in_a_sentence(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzz_kinds, "_LARGE_SHARE", 0)

    answers = [fuzz.attempt(kind, fuzz.make(kind, SEED, number)) for number in range(100)]

    assert [(n, one) for n, one in enumerate(answers) if one not in (fuzz.READ, fuzz.REFUSED)] == []
    assert fuzz.REFUSED in answers


@pytest.mark.parametrize("name", fuzz_kinds.small_pictures())
def test_what_is_damaged_was_sound(name: str) -> None:
    fuzz_kinds.read_picture({name: fuzz_kinds.small_pictures()[name]})


def misbehave(case: int) -> str:
    """Answer, be killed, or want more memory than there is."""
    if case == 1:
        os.kill(os.getpid(), signal.SIGKILL)
    return str(len(bytearray(2 * isolation.ADDRESS_SPACE if case == 2 else 10**8)))


def test_a_case_that_ends_its_process_is_told_and_the_next_goes_on() -> None:
    outcomes = list(isolation.run(int, misbehave, 4, workers=1))

    assert [one.answer for one in outcomes] == [
        "100000000",
        "the process ended: -9",
        "the process ended: 1",
        "100000000",
    ]
    assert 100 < outcomes[0].megabytes < 1000
