"""The tasks of the page "Compare": read a picture, and enlarge it with one network."""

import time
from dataclasses import dataclass
from pathlib import PurePosixPath

from service import sample
from service.downloads import Download
from service.layers import Layer, layer_of, nearest_layer
from service.memory import decoding_bytes, needed_bytes
from service.methods import Method
from service.request import remedy
from service.result import most_different, subsample
from service.task import Context, Task
from sr_core import Limits, Picture, Scores, bicubic, decode, encode, measure, standard
from sr_core.files.formats import FORMATS

MAX_RESULT = 16_000_000
"""Maximum pixels of a result: several of them are kept and displayed at once."""

ORIGINAL, BICUBIC, PIXELS = "Original", "Bicubic", "Pixels"

# A grid decodes many pictures at once and shows each small, so fewer pixels than in a view of two.
_LARGEST_WHOLE = 4_000_000

# Bytes per pixel of a result: its pixels, the original, its file and its layer.
_DRAWING = 16


@dataclass(frozen=True, slots=True)
class Subject:
    """The picture that is compared, and how.

    Attributes
    ----------
    name : str
        File name, to be shown as plain text.
    data : bytes
        The uploaded file.
    scale : int
    shrink : bool
        Whether the picture is the original, to be shrunk first and compared with the results.
    """

    name: str
    data: bytes
    scale: int
    shrink: bool


@dataclass(frozen=True, slots=True)
class Candidate:
    """A network, with or without self-ensemble."""

    method: Method
    self_ensemble: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """The result of one method.

    Attributes
    ----------
    title : str
        Title of the method.
    layer : Layer
        The picture for the view.
    download : Download
        The picture as PNG.
    file_bytes : int
        Size of the PNG.
    seconds : float
        Time it took, in s.
    scores : Scores or None
        None if there is no original.
    """

    title: str
    layer: Layer
    download: Download
    file_bytes: int
    seconds: float
    scores: Scores | None

    @property
    def duration(self) -> str:
        """The seconds as text."""
        return f"{self.seconds:.1f} s" if self.seconds >= 0.05 else "< 0.1 s"

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes; a file that the layer shares is counted once."""
        return self.layer.nbytes + (self.file_bytes if self.layer.levels else 0)


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """A decoded subject, and everything that needs no network.

    Attributes
    ----------
    small : Picture
        The picture to enlarge.
    truth : Picture or None
        The original, if there is one.
    notes : tuple of str
        How they differ from what was uploaded, a sentence each.
    bicubic : Outcome
    pixels : Layer
        The small picture, its pixels drawn as squares.
    original : Layer or None
    spot : tuple of int
        The most detailed spot: top and left in px of the result.
    """

    small: Picture
    truth: Picture | None
    notes: tuple[str, ...]
    bicubic: Outcome
    pixels: Layer
    original: Layer | None
    spot: tuple[int, int]

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        pictures = [picture.pixels.nbytes for picture in (self.small, self.truth) if picture is not None]
        layers = [layer.nbytes for layer in (self.pixels, self.original) if layer is not None]
        return sum(pictures) + sum(layers) + self.bicubic.nbytes


class Read(Task[Material]):
    """Read a subject, and prepare everything that needs no network."""

    def __init__(self, subject: Subject):
        super().__init__(urgency=0)
        self._subject = subject

    def run(self, context: Context) -> Material:
        """Decode, shrink if requested, and enlarge with bicubic interpolation."""
        context.announce("Reading the picture ...")
        subject, scale = self._subject, self._subject.scale
        limits = sample.LIMITS if subject.shrink else Limits(max_pixels=MAX_RESULT // scale**2)
        needed = decoding_bytes(subject.data, limits) * (1 if subject.shrink else scale**2)
        with context.brief_turn(needed):
            truth, notes = None, ()
            if subject.shrink:
                prepared = sample.prepare(sample.Sample(subject.name, subject.data), scale)
                small, truth, notes = prepared.small, prepared.original, prepared.notes
            else:
                small = decode(subject.data, limits=limits)
            began = time.perf_counter()
            plain = bicubic(small, size=(small.height * scale, small.width * scale))
            seconds = time.perf_counter() - began
            return Material(
                small,
                truth,
                notes,
                bicubic=_outcome(subject, BICUBIC, plain, encode(plain), seconds, truth),
                pixels=nearest_layer(small, PIXELS, height=plain.height, width=plain.width),
                original=None if truth is None else layer_of(truth, ORIGINAL, largest_whole=_LARGEST_WHOLE),
                spot=_most_detailed(small, plain),
            )


def _most_detailed(small: Picture, plain: Picture) -> tuple[int, int]:
    """Return where bicubic and nearest-neighbour enlargement differ most, which is where the detail is."""
    scale = plain.height // small.height
    pixels, alpha = (
        None if plane is None else plane.repeat(scale, axis=0).repeat(scale, axis=1)
        for plane in (small.pixels, small.alpha)
    )
    assert pixels is not None
    return most_different(plain, subsample(Picture(pixels, alpha, grey=small.grey)))


class Enlarge(Task[Outcome]):
    """Enlarge a subject with one network, and measure the result if there is an original."""

    def __init__(self, subject: Subject, material: Material, candidate: Candidate):
        super().__init__()
        self.candidate = candidate
        self._subject, self._material = subject, material

    def run(self, context: Context) -> Outcome:
        """Enlarge, encode and measure, all in one turn because all of it needs much memory."""
        method, small = self.candidate.method, self._material.small
        upscaler, best = context.network(method.name), self.candidate.self_ensemble
        expected = upscaler.estimate_for(small, self_ensemble=best)
        needed = needed_bytes(expected) + _DRAWING * small.height * small.width * self._subject.scale**2
        advice = remedy(self._subject.scale)
        with context.turn(expected.seconds), context.memory(needed, remedy=advice):
            large = upscaler.upscale(small, clean_up=0.0, self_ensemble=best, progress=context.report)
            context.announce("Finishing ...")
            file = encode(large, provenance=upscaler.provenance())
            seconds = context.network_seconds
            return _outcome(self._subject, method.title, large, file, seconds, self._material.truth)


def _outcome(
    subject: Subject, title: str, large: Picture, file: bytes, seconds: float, truth: Picture | None
) -> Outcome:
    scores = None if truth is None else measure(truth.pixels, large.pixels, standard(subject.scale))
    layer = layer_of(large, title, file=file, largest_whole=_LARGEST_WHOLE)
    download = Download.of_bytes(file_name(subject, title), FORMATS["png"].mime, file)
    return Outcome(title, layer, download, len(file), seconds, scores)


def file_name(subject: Subject, title: str) -> str:
    """Return the file name of a result, such as ``photo_x4_srcnn.png``."""
    stem = PurePosixPath(subject.name).stem or "picture"
    method = "".join(letter if letter.isalnum() else "_" for letter in title.lower())
    return f"{stem}_x{subject.scale}_{method}.png"
