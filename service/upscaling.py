"""What the page "Upscale" submits: inspect a picture, enlarge it, save it again, make it ready to be seen."""

import base64
import io
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from PIL import Image

from service.memory import decoding_bytes, needed_bytes
from service.request import LIMITS, Facts, Plan, Request, check_output, plan, remedy
from service.result import RESULT_LIMITS, Preview, Result, drawn, layer_after, saved, thinned
from service.task import CancelledError, Context, Task
from sr_core import Estimate, Picture, SuperResError, Upscaler, decode
from sr_core.cleaning import Choice
from sr_core.files import exif
from sr_core.pixels import eight_bit
from sr_core.sizing import Size

# Bytes that a result takes for each pixel while it is decoded, encoded and cut into tiles.
_REWRITING = 14

_DRAWING = "Preparing the comparison ..."

# Px of the longest side: of a tile, twice as many as on the page, as most screens have; and of what is seen
# while the network is at work.
_THUMBNAIL, _POSTER = 320, 960


@dataclass(frozen=True, slots=True)
class Inspection:
    """A picture that can be made, how, what that takes, and its decoded pixels."""

    plan: Plan
    estimate: Estimate
    picture: Picture


class Inspect(Task[Inspection]):
    """Read a picture, and find out whether and how it can be made.

    Parameters
    ----------
    data : bytes
        The file as it was uploaded.
    latest : callable
        Returns what is asked for by the time it begins.

    Attributes
    ----------
    request : Request
        What it looked at.
    facts, thumbnail, poster
        Known as soon as the picture has been read, also where it cannot be made.
    """

    def __init__(self, data: bytes, latest: Callable[[], Request]):
        super().__init__(urgency=0)
        self.request, self._data, self._latest = latest(), data, latest
        self.facts: Facts | None = None
        self.thumbnail: str | None = None
        self.poster: str | None = None

    def run(self, context: Context) -> Inspection:
        """Decode, and look at what is asked for by now."""
        self.request = self._latest()
        with context.brief_turn(decoding_bytes(self._data, LIMITS)):
            picture = decode(self._data, limits=LIMITS)
            self.facts = facts = Facts.of(picture)
            self.poster, self.thumbnail = (small_copy(picture, side) for side in (_POSTER, _THUMBNAIL))
        planned = plan(facts, self.request)
        check_output(facts, planned.size, self.request)
        upscaler, best = context.network(planned.network), self.request.self_ensemble
        estimate = upscaler.estimate_for(picture, size=planned.size, self_ensemble=best)
        out = remedy(upscaler.scale, self.request.look)
        context.resources.memory.check(needed_bytes(estimate), remedy=out)
        return Inspection(planned, estimate, picture)


class Upscale(Task[Preview | None]):
    """Enlarge a picture, write its file, and make it ready to be seen.

    Parameters
    ----------
    data : bytes
        The file as it was uploaded.
    facts : Facts
    picture : Picture or None
        Its decoded pixels, if they are still there.
    request : Request
    latest : callable
        Returns what is asked for by the time the network is done: another file may have been chosen.
    made : callable
        Given the result as soon as there is its file; returns whether it is to be seen.

    Attributes
    ----------
    drawing : bool
        Whether there is the result, and only what is to be seen of it is still made.
    """

    drawing = False

    def __init__(
        self,
        data: bytes,
        facts: Facts,
        picture: Picture | None,
        request: Request,
        *,
        latest: Callable[[], Request],
        made: Callable[[Result], bool],
    ):
        super().__init__()
        self.request = request
        self._data, self._facts, self._picture = data, facts, picture
        self._latest, self._made = latest, made

    def run(self, context: Context) -> Preview | None:
        """Enlarge, encode and draw."""
        planned = plan(self._facts, self.request)
        size = planned.size
        upscaler, best = context.network(planned.network), self.request.self_ensemble
        with ExitStack() as held:
            # Encoding belongs to the turn, because it needs much memory too.
            with context.turn():
                context.announce("Starting ...")
                small = self._picture or decode(self._data, limits=LIMITS)
                needed = needed_bytes(upscaler.estimate_for(small, size=size, self_ensemble=best))
                out = remedy(upscaler.scale, self.request.look)
                held.enter_context(context.memory(needed, remedy=out))
                began = time.perf_counter()
                cleaned = choose_clean_up(upscaler, small, self.request)
                large = upscaler.upscale(
                    small,
                    size=size,
                    clean_up=cleaned.strength,
                    self_ensemble=best,
                    progress=context.report,
                )
                seconds = time.perf_counter() - began
                self.update(message="Finishing ...")
                request = self._request_to_save_by(size)
                shape = Result(
                    request,
                    planned,
                    b"",
                    large.height,
                    large.width,
                    seconds,
                    upscaler.card.title + (" (best)" if request.self_ensemble else ""),
                    cleaned,
                    upscaler.provenance(cleaned.strength),
                )
                large = _for_print(large, planned.dpi)
                result = saved(shape, large)
            self._picture = None
            if not self._made(result):
                return None
            self.drawing = True
            # Not `announce`, which may raise: the network would run again for a result that exists.
            self.update(message=_DRAWING)
            after, thin = layer_after(result, large), thinned(large)
            del large  # what else is drawn takes as much
            return drawn(result, small, after, thin)

    def _request_to_save_by(self, size: Size) -> Request:
        latest = self._latest()
        if not latest.same_picture(self.request):
            return self.request
        try:
            check_output(self._facts, size, latest)
        except SuperResError:
            # The pixels are worth more than the format: they are kept, and saving them again tells the limit.
            return self.request
        return latest


class Reencode(Task[tuple[Result, Preview | None]]):
    """Make another file of a result, without the network."""

    def __init__(self, result: Result, facts: Facts, request: Request, preview: Preview | None):
        super().__init__(urgency=0)
        self.request = request
        self._result, self._facts, self._preview = result, facts, preview

    def run(self, context: Context) -> tuple[Result, Preview | None]:
        """Decode the lossless file and encode it."""
        result, source = self._result, self._result.source_for(self.request)
        if source is None:
            self.cancel()  # dropped meanwhile
            raise CancelledError
        context.announce("Saving in the other format ...")
        check_output(self._facts, Size(result.height, result.width), self.request)
        with context.brief_turn(_REWRITING * result.height * result.width):
            large = decode(source, limits=RESULT_LIMITS)
            again = saved(replace(result, request=self.request, master=source), large)
            preview = self._preview
            if preview is not None:
                preview = replace(preview, result=again, after=(layer_after(again, large),))
        return again, preview


class Draw(Task[Preview]):
    """Make a result ready to be seen: the very pixels of the file that is downloaded."""

    drawing = True

    def __init__(self, data: bytes, result: Result):
        super().__init__(urgency=0)
        self._data, self._result = data, result

    def run(self, context: Context) -> Preview:
        """Decode both pictures and encode what is drawn."""
        context.announce(_DRAWING)
        result = self._result
        with context.brief_turn(2 * _REWRITING * result.height * result.width):
            large = decode(result.data, limits=RESULT_LIMITS)
            after, thin = layer_after(result, large), thinned(large)
            del large
            return drawn(result, decode(self._data, limits=LIMITS), after, thin)


def _for_print(large: Picture, dpi: float | None) -> Picture:
    """Return a picture that says how large it is to be printed, where that was asked for."""
    if dpi is None:
        return large
    block = large.exif and exif.with_resolution(large.exif, dpi, dpi, replace=True)
    return replace(large, exif=block, metadata=replace(large.metadata, resolution=(dpi, dpi)))


def choose_clean_up(upscaler: Upscaler, small: Picture, request: Request) -> Choice:
    """Return how much JPEG blocks and grain are taken out of a picture."""
    if request.clean_up == "auto":
        return upscaler.choose_clean_up(small)
    return Choice(float(request.clean_up) if upscaler.can_clean_up else 0.0)


def small_copy(picture: Picture, side: int) -> str:
    """Return a copy of at most ``side x side`` px as an address that holds it.

    Streamlit forgets a file as soon as the page is drawn without it: a slow browser may ask for it later.
    """
    image = Image.fromarray(eight_bit(picture.pixels))
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(eight_bit(picture.alpha)))
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "webp", quality=85, method=2)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
