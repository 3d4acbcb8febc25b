"""Copies of a picture are found, and other pictures are not taken for copies."""

from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from sr_core import read, resize
from training.explore.fingerprints import BITS, NEAR, Fingerprint, distance, fingerprint, matches, nearest

PICTURES = sorted((Path(__file__).parents[2] / "data").glob("*.png"))


def saved_as_jpeg(rgb: np.ndarray) -> np.ndarray:
    buffer = BytesIO()
    Image.fromarray(rgb).save(buffer, "JPEG", quality=40)
    return np.asarray(Image.open(buffer).convert("RGB"))


COPIES = {
    "saved again as JPEG": saved_as_jpeg,
    "reduced": lambda rgb: resize.bicubic(rgb, rgb.shape[0] // 2, rgb.shape[1] // 2),
    "enlarged": lambda rgb: resize.upscale(rgb, 2),
    "brightened": lambda rgb: (rgb * 0.8 + 20).astype(np.uint8),
    "cropped by a hair": lambda rgb: rgb[1:-1, 1:-1],
    "16 bit": lambda rgb: rgb.astype(np.uint16) * 257,
}


@pytest.mark.parametrize("file", PICTURES, ids=lambda file: file.stem)
@pytest.mark.parametrize("change", COPIES)
def test_changed_copy_is_near_but_not_equal(file, change):
    original = read(file).pixels

    one, other = fingerprint(original), fingerprint(COPIES[change](original))

    bits = distance(one, other)
    assert bits is not None
    assert bits <= NEAR
    assert one.digest != other.digest


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("step", [1, -1])
def test_mirrored_and_turned_copies_are_found(turns, step):
    original = read(PICTURES[0]).pixels
    copy = saved_as_jpeg(np.rot90(original[:, ::step], turns).copy())

    (match,) = matches([fingerprint(original), fingerprint(copy)])

    assert match.turned == ((turns, step) != (0, 1))


def test_different_photos_are_far_apart():
    prints = [fingerprint(read(file).pixels) for file in PICTURES]

    assert len(prints) == 3
    assert min(nearest(prints)) > 2 * NEAR


def test_even_pictures_are_found_only_when_equal():
    grey, lighter = (fingerprint(np.full((20, 30, 3), level, np.uint8)) for level in (90, 91))

    assert grey.phash is None
    (match,) = matches([grey, lighter, grey], near=BITS)
    assert (match.one, match.other, match.distance, match.exact) == (0, 2, None, True)


def made_up(count: int, seed: int) -> list[Fingerprint]:
    """Random prints, of which some are equal, some near, and some have no hash."""
    random = np.random.default_rng(seed)
    numbers = random.integers(0, 30, count)
    return [Fingerprint(f"{n}", None, ()) if n % 7 == 0 else hashed(int(n)) for n in numbers]


def hashed(number: int) -> Fingerprint:
    bits = [(number * odd) % 2**BITS for odd in range(0x9E3779B97F4A7C15, 0x9E3779B97F4A7C15 + 16, 2)]
    return Fingerprint(f"{number}", bits[0], tuple(bits[1:]))


def expected(one: Fingerprint, other: Fingerprint, near: int) -> bool:
    bits = distance(one, other)
    if bits is None or other.phash is None:
        return one.digest == other.digest
    turned = min((other.phash ^ way).bit_count() for way in one.turned)
    return one.digest == other.digest or bits <= near or turned <= near // 2


@pytest.mark.parametrize("near", [0, 24])
def test_matches_are_those_of_comparing_every_two_once(near):
    prints = made_up(300, seed=1)

    found = [(match.one, match.other) for match in matches(prints, near=near)]

    pairs = ((i, j) for i in range(len(prints)) for j in range(i + 1, len(prints)))
    assert found == [(i, j) for i, j in pairs if expected(prints[i], prints[j], near)]


def test_matches_between_two_sets_leave_out_those_within_them():
    ones, others = made_up(270, seed=1), made_up(40, seed=2)

    found = {(match.one, match.other) for match in matches(ones, others, near=20)}

    pairs = ((i, j) for i in range(len(ones)) for j in range(len(others)))
    assert found == {(i, j) for i, j in pairs if expected(ones[i], others[j], 20)}


def test_no_pictures_match_nothing():
    assert list(matches([])) == []
    assert list(matches(made_up(3, seed=1), [])) == []
    assert nearest(made_up(1, seed=3)) == []
