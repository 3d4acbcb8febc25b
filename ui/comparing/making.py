"""Has networks work on a subject, one after the other, in a thread of its own; see `ui.worker` for why."""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from service import memory
from service import sample as trial
from service.inference_queue import BusyError
from sr_core import Limits, Picture, Progress, bicubic, decode, encode, measure, standard
from ui.compare_view import layer_of, nearest_layer
from ui.comparing.comparison import (
    MAX_RESULT,
    Basics,
    Candidate,
    Comparison,
    Facts,
    Outcome,
    Subject,
)
from ui.order import check_memory
from ui.worker import Tools

ORIGINAL, BICUBIC, PIXELS = "Original", "Bicubic", "Pixels"

_LOADING = "Loading the network, a few seconds ..."

# In a grid many pictures are decoded at once, and each is small: fewer pixels than in a view of two.
_LARGEST_WHOLE = 4_000_000


class _StopError(Exception):
    """Ends the work on a picture."""


@dataclass(frozen=True, slots=True)
class _Material:
    """A subject as pictures: the one to be enlarged, and the original where there is one."""

    small: Picture
    original: Picture | None
    notes: tuple[str, ...]
    scale: int


def set_to_work(comparison: Comparison, tools: Tools) -> None:
    """Have what is missing made, if nobody does it yet."""
    if comparison.hire():
        threading.Thread(target=_work, args=(comparison, tools), name="comparison", daemon=True).start()


def _work(comparison: Comparison, tools: Tools) -> None:
    def check() -> None:
        if not comparison.goes_on() or not tools.present():
            raise _StopError

    try:
        material = _read(comparison.subject)
        if comparison.basics is None:
            _await_any_network(comparison, tools, check)
            _begin(comparison, material)
    except _StopError:
        comparison.leave()
        return
    except Exception as error:
        comparison.refuse(tools.sentence(error))
        comparison.leave()
        return
    while (candidate := comparison.take()) is not None:
        try:
            comparison.made(candidate, _make(comparison, candidate, material, tools, check))
        except _StopError:
            pass  # cancelled, or not wanted any more
        except BusyError as error:
            comparison.stop(str(error))
        except Exception as error:
            comparison.failed(candidate, tools.sentence(error))
        if not tools.present():
            comparison.leave()
            return


def _read(subject: Subject) -> _Material:
    if subject.shrink:
        tried = trial.prepare(trial.Sample(subject.name, subject.data), subject.scale)
        return _Material(tried.small, tried.original, tried.notes, subject.scale)
    picture = decode(subject.data, limits=Limits(max_pixels=MAX_RESULT // subject.scale**2))
    return _Material(picture, None, (), subject.scale)


def _await_any_network(comparison: Comparison, tools: Tools, check: Callable[[], None]) -> None:
    """Wait until one is loaded, which only the first person does: how long others take is told from it."""

    def waiting() -> None:
        comparison.note = _LOADING
        check()

    missing = comparison.missing
    if missing and not tools.networks.loaded():
        try:
            tools.networks.get(missing[0].method.name, waiting)
        except _StopError:
            raise
        except Exception:
            return  # it is told when its turn has come, and stops no other


def _begin(comparison: Comparison, material: _Material) -> None:
    """Make what needs no network. It needs little, too: nobody has to wait for their turn."""
    small, original, scale = material.small, material.original, material.scale
    began = time.perf_counter()
    plain = bicubic(small, size=(small.height * scale, small.width * scale))
    seconds = time.perf_counter() - began
    basics = Basics(
        bicubic=_outcome(BICUBIC, plain, encode(plain), seconds, material),
        pixels=nearest_layer(small, PIXELS, height=plain.height, width=plain.width),
        original=None if original is None else layer_of(original, ORIGINAL, largest_whole=_LARGEST_WHOLE),
    )
    comparison.read(Facts(small.height, small.width, material.notes), basics)


def _make(
    comparison: Comparison,
    candidate: Candidate,
    material: _Material,
    tools: Tools,
    check: Callable[[], None],
) -> Outcome:
    """Enlarge, encode and measure, all in one turn, because all of it needs much memory."""

    def waiting(ahead: int) -> None:
        comparison.note = f"{'1 picture is' if ahead == 1 else f'{ahead} pictures are'} ahead of yours ..."
        check()

    def loading() -> None:
        comparison.note = _LOADING
        check()

    def tell(progress: Progress) -> None:
        comparison.note, comparison.progress = "", progress
        check()

    with tools.gate.turn(waiting):
        name, best = candidate.method.name, candidate.self_ensemble
        machine = tools.networks.get(name, loading, self_ensemble=best)
        needed = machine.estimate_for(material.small).memory_mib
        check_memory(needed, memory.attainable_mib(), reach=material.scale)
        began = time.perf_counter()
        large = machine.upscale(material.small, progress=tell)
        seconds = time.perf_counter() - began
        comparison.note = "Finishing ..."
        file = encode(large, provenance=machine.provenance)
        return _outcome(candidate.method.title, large, file, seconds, material)


def _outcome(title: str, large: Picture, file: bytes, seconds: float, material: _Material) -> Outcome:
    scores = None
    if material.original is not None:
        scores = measure(material.original.pixels, large.pixels, standard(material.scale))
    layer = layer_of(large, title, file=file, largest_whole=_LARGEST_WHOLE)
    return Outcome(title, layer, file, seconds, scores)
