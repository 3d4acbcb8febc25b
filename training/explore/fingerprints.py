"""Equal and nearly equal pictures: found by a digest of the pixels, and by a perceptual hash.

The digest finds copies that are equal to the last bit, whatever the file format. The hash finds copies that
were saved again as JPEG, reduced, enlarged, brightened or slightly cropped; mirrored and rotated ones too,
since training mirrors and rotates every picture. Neither finds a part of a larger picture.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sr_core import pixels, resize
from sr_core.pixels import Pixels

BITS = 64
NEAR = 8
"""Bits in which two hashes of the same picture may differ; unrelated pictures differ in 32 on average."""

_SIDE = 32  # px of the reduced picture
# A flat picture's coefficients are rounding noise, and so would its hash be. In grey levels of 0..255.
_LEAST_CONTRAST = 2.0
_ROWS_AT_ONCE = 256
_WAYS = 8  # upright, and seven ways to mirror and rotate
# Stands for the bits between two pictures if one has no hash.
_UNKNOWN = BITS + 1


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What identifies a picture.

    Attributes
    ----------
    digest : str
        SHA-256 of the size, the bit depth and the RGB values; transparency is left out, as in training.
    phash : int or None
        Perceptual hash of 64 bits; None for a picture too flat to have one.
    turned : tuple of int
        Its hashes in the seven ways to mirror and rotate it by right angles; empty without a hash.
    """

    digest: str
    phash: int | None
    turned: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """Two pictures that are alike.

    Attributes
    ----------
    one, other : int
        Their places in the two sequences compared.
    distance : int or None
        Bits in which the perceptual hashes differ; None for two flat pictures.
    exact : bool
        All pixels are equal.
    turned : bool
        They are alike only if one is mirrored or rotated.
    """

    one: int
    other: int
    distance: int | None
    exact: bool
    turned: bool


def fingerprint(rgb: Pixels) -> Fingerprint:
    """Return the fingerprint of an RGB picture.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8 or uint16
    """
    digest = hashlib.sha256(f"{rgb.shape} {rgb.dtype}".encode())
    digest.update(np.ascontiguousarray(rgb).data)
    hashes = perceptual_hashes(rgb)
    return Fingerprint(digest.hexdigest(), hashes[0] if hashes else None, tuple(hashes[1:]))


def perceptual_hashes(rgb: Pixels) -> list[int]:
    """Return the perceptual hashes of a picture, of 64 bits each.

    The picture is reduced to 32 x 32 px of luma and transformed by a DCT. The 64 coefficients of lowest
    frequency, without the mean, are compared with their median.

    Parameters
    ----------
    rgb : (H, W, 3) ndarray of uint8 or uint16

    Returns
    -------
    list of int
        The hash, and those of the picture mirrored and rotated in all seven ways; empty for a flat picture.

    References
    ----------
    C. Zauner, "Implementation and benchmarking of perceptual image hash functions", 2010: the DCT-based hash.
    It takes an 8 x 8 block of coefficients; the triangle taken here has as many, of lower frequency.
    """
    # Imported here: SciPy takes a third of a second.
    from scipy.fft import dctn

    small = pixels.luma(resize.bicubic(pixels.eight_bit(rgb), _SIDE, _SIDE))
    if small.std() < _LEAST_CONTRAST:
        return []
    rows, columns = _lowest_frequencies()
    hashes = []
    for turned in (np.rot90(way, turns) for way in (small, small[:, ::-1]) for turns in range(4)):
        coefficients = np.asarray(dctn(turned, norm="ortho"))[rows, columns]
        bits = np.packbits(coefficients > np.median(coefficients))
        hashes.append(int.from_bytes(bits.tobytes(), "big"))
    return hashes


def distance(one: Fingerprint, other: Fingerprint) -> int | None:
    """Return the number of bits in which two upright hashes differ; None if a picture has none."""
    if one.phash is None or other.phash is None:
        return None
    return (one.phash ^ other.phash).bit_count()


def matches(
    ones: Sequence[Fingerprint], others: Sequence[Fingerprint] | None = None, *, near: int = NEAR
) -> Iterator[Match]:
    """Yield each two pictures that are equal, or whose hashes differ in `near` bits at most.

    Half as many bits are allowed to mirrored or rotated ones: seven more ways to be alike by chance.

    Parameters
    ----------
    ones : sequence of Fingerprint
        Compared upright, mirrored and rotated.
    others : sequence of Fingerprint, optional
        Compared with all of `ones`. Without it `ones` are compared among themselves, each two once.
    near : int
        Bits, 0 to 64.
    """
    for rows in _compared(ones, ones if others is None else others):
        turned = ~rows.equal & (rows.upright > near) & (rows.turned <= near // 2)
        found = rows.equal | (rows.upright <= near) | turned
        if others is None:
            found &= np.arange(len(ones)) > np.arange(rows.start, rows.start + len(found))[:, np.newaxis]
        for row, column in np.argwhere(found):
            bits = int((rows.turned if turned[row, column] else rows.upright)[row, column])
            yield Match(
                one=rows.start + int(row),
                other=int(column),
                distance=bits if bits <= BITS else None,
                exact=bool(rows.equal[row, column]),
                turned=bool(turned[row, column]),
            )


def nearest(ones: Sequence[Fingerprint]) -> list[int]:
    """Return, for each picture with a hash, the bits in which the upright one most like it differs."""
    least: list[int] = []
    for rows in _compared(ones, ones):
        itself = np.arange(len(rows.upright))
        rows.upright[itself, rows.start + itself] = _UNKNOWN
        least += [int(value) for value in rows.upright.min(axis=1) if value <= BITS]
    return least


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """Some pictures against all others: bits that differ upright, and mirrored or rotated; and equality."""

    start: int
    upright: npt.NDArray[np.uint8]
    turned: npt.NDArray[np.uint8]
    equal: npt.NDArray[np.bool_]


def _compared(ones: Sequence[Fingerprint], others: Sequence[Fingerprint]) -> Iterator[_Rows]:
    numbers = {one.digest: number for number, one in enumerate([*ones, *others])}
    hashes, known, digests = _arrays(ones, numbers)
    other_hashes, other_known, other_digests = _arrays(others, numbers)
    for start in range(0, len(ones), _ROWS_AT_ONCE):
        some = slice(start, start + _ROWS_AT_ONCE)
        upright = np.bitwise_count(hashes[some, :1] ^ other_hashes[:, 0])
        turned = np.full_like(upright, _UNKNOWN)
        for way in range(1, _WAYS):
            np.minimum(
                turned, np.bitwise_count(hashes[some, way, np.newaxis] ^ other_hashes[:, 0]), out=turned
            )
        unknown = ~(known[some, np.newaxis] & other_known)
        upright[unknown] = turned[unknown] = _UNKNOWN
        yield _Rows(start, upright, turned, digests[some, np.newaxis] == other_digests)


def _arrays(
    prints: Sequence[Fingerprint], numbers: dict[str, int]
) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.bool_], npt.NDArray[np.int64]]:
    """Return (n, 8) hashes, upright first; which pictures have any; and the digests as numbers."""
    hashes = [(0,) * _WAYS if one.phash is None else (one.phash, *one.turned) for one in prints]
    return (
        np.array(hashes, np.uint64).reshape(-1, _WAYS),
        np.array([one.phash is not None for one in prints], np.bool_),
        np.array([numbers[one.digest] for one in prints], np.int64),
    )


def _lowest_frequencies() -> tuple[list[int], list[int]]:
    """Return the rows and columns of the 64 coefficients after the mean, by rising frequency."""
    places = ((row, column) for row in range(_SIDE) for column in range(_SIDE))
    lowest = sorted(places, key=lambda place: (sum(place), place))[1 : BITS + 1]
    return [row for row, _ in lowest], [column for _, column in lowest]
