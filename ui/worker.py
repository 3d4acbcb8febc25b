"""Works off a batch in a thread of its own, so that a page stays usable while it does.

Streamlit ends the run of a page at every click. Work that belonged to the run would begin anew each time.
So the page only looks on, and this thread stops when it is told to, or when its person has left.
"""

import io
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PIL import Image

from service import memory
from service.inference_queue import BusyError, InferenceQueue
from service.network_pool import NetworkPool
from sr_core import Picture, Progress, Provenance, SuperResError, decode, encode, weights
from sr_core.files import Limits
from sr_core.pixels import eight_bit
from sr_core.sizing import Size
from ui.batch import Batch
from ui.job import Job, Result, State
from ui.order import LIMITS, MAX_ENLARGED, Facts, Order, check_memory, check_output, network_and_size

RESULT_LIMITS = Limits(max_bytes=2**31, max_pixels=MAX_ENLARGED, max_side=MAX_ENLARGED)
"""Of our own results, when they are read again."""

_THUMBNAIL = 96  # px


class _StopError(Exception):
    """Ends the work on a picture."""


@dataclass(frozen=True, slots=True)
class Tools:
    """What a worker works with.

    Attributes
    ----------
    networks : NetworkPool
    gate : InferenceQueue
        In front of them.
    present : callable
        Whether the person is there, or may come back in a moment; asked often, and from another thread than
        theirs.
    sentence : callable
        Says what to tell of an error.
    saving : lock
        Held while a result is saved in another format: that takes much memory, but it is too short to wait
        for a turn behind pictures that take minutes.
    """

    networks: NetworkPool
    gate: InferenceQueue
    present: Callable[[], bool]
    sentence: Callable[[Exception], str]
    saving: threading.Lock = field(default_factory=threading.Lock)


def set_to_work(batch: Batch, tools: Tools) -> None:
    """Have a batch worked off, if there is something to do and nobody does it yet."""
    if batch.hire():
        threading.Thread(target=_work, args=(batch, tools), name="batch", daemon=True).start()


def _work(batch: Batch, tools: Tools) -> None:
    while (job := batch.take()) is not None:
        try:
            _do(batch, job, tools)
        except _StopError:
            batch.put_back(job)
        except BusyError as error:
            batch.put_back(job, stopped=str(error))
        except Exception as error:
            batch.failed(job, tools.sentence(error))
        if not tools.present():
            batch.leave()
            return


def _do(batch: Batch, job: Job, tools: Tools) -> None:
    def check() -> None:
        if job.stop.is_set() or not tools.present():
            raise _StopError

    check()
    if job.state is State.READING:
        _judge(batch, job, tools, check)
    elif job.save_again:
        _save_again(batch, job, tools)
    else:
        _enlarge(batch, job, tools, check)


def _judge(batch: Batch, job: Job, tools: Tools, check: Callable[[], None]) -> None:
    """Read a picture, and find out whether and how it can be made."""
    job.order = order = batch.order
    picture = decode(job.data, limits=LIMITS)
    job.facts = facts = Facts.of(picture)
    job.thumbnail = thumbnail = _thumbnail(picture)
    name, size = network_and_size(facts, order.wanted)
    check_output(facts, size, order)

    def waiting() -> None:
        job.note = "Loading the network, a few seconds ..."
        check()

    machine = tools.networks.get(name, waiting, self_ensemble=order.self_ensemble)
    estimate = machine.estimate_for(picture, size=size)
    check_memory(estimate.memory_mib, memory.attainable_mib(), reach=machine.scale)
    batch.judged(job, facts, thumbnail, estimate)


def _enlarge(batch: Batch, job: Job, tools: Tools, check: Callable[[], None]) -> None:
    order, facts = job.order, job.facts
    if facts is None:
        raise ValueError("a picture is judged before it is made")
    name, size = network_and_size(facts, order.wanted)
    machine = tools.networks.get(name, check, self_ensemble=order.self_ensemble)

    def waiting(ahead: int) -> None:
        job.note = f"{'1 picture is' if ahead == 1 else f'{ahead} pictures are'} ahead of yours ..."
        check()

    def tell(progress: Progress) -> None:
        job.progress = progress
        check()

    # Encoding belongs to the turn, because it needs much memory too.
    with tools.gate.turn(waiting):
        job.note = ""
        began = time.perf_counter()
        large = machine.upscale(decode(job.data, limits=LIMITS), size=size, progress=tell)
        seconds = time.perf_counter() - began
        job.note = "Finishing ..."
        job.order = order = _latest(batch.order, order, facts, size)
        shape = Result(order, b"", large.height, large.width, seconds, name)
        result = _encoded(shape, large, master=batch.shown in (None, job))
    batch.made(job, result)


def _latest(latest: Order, begun: Order, facts: Facts, size: Size) -> Order:
    """Return the order to save by: another file may have been chosen while the network was at work."""
    if not latest.same_picture(begun):
        return begun
    try:
        check_output(facts, size, latest)
    except SuperResError:
        # The pixels are worth more than the format: they are kept, and saving them again tells the limit.
        return begun
    return latest


def _save_again(batch: Batch, job: Job, tools: Tools) -> None:
    """Make another file of the same pixels."""
    result, facts, order = job.result, job.facts, batch.order
    if result is None or result.exact is None or facts is None:
        raise _StopError  # the last lossless copy was dropped meanwhile
    if not order.same_picture(result.order):
        raise _StopError  # another size is wanted by now
    job.order = order
    check_output(facts, Size(result.height, result.width), order)
    with tools.saving:
        picture = decode(result.exact, limits=RESULT_LIMITS)
        again = _encoded(replace(result, order=order), picture, master=True, exact=result.exact)
    batch.made(job, again)


def _encoded(result: Result, large: Picture, *, master: bool, exact: bytes | None = None) -> Result:
    """Return the result with its file, and where it is asked for with its lossless copy."""
    data = encode_as(large, result.order, result.network)
    result = replace(result, data=data, master=None)
    if result.exact is None and master:
        result = replace(result, master=exact or encode(large))
    return result


def encode_as(large: Picture, order: Order, network: str) -> bytes:
    """Return the file that was ordered; `network` names the weights."""
    provenance = Provenance(network, weights.find(network).scale) if order.signed else None
    return encode(large, order.output, keep_metadata=order.keep_metadata, provenance=provenance)


def _thumbnail(picture: Picture) -> bytes:
    image = Image.fromarray(eight_bit(picture.pixels))
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(eight_bit(picture.alpha)))
    image.thumbnail((_THUMBNAIL, _THUMBNAIL))
    # Streamlit halves it, and fails at what then has no pixels: a strip of 2000 x 20 px.
    image = image.resize((max(image.width, 2), max(image.height, 2)))
    buffer = io.BytesIO()
    image.save(buffer, "png")
    return buffer.getvalue()
