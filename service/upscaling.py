"""The tasks of the page "Upscale": inspect a picture, enlarge it, re-encode the result, draw its preview."""

import base64
import io
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, replace

from PIL import Image

from service.memory import decoding_bytes, needed_bytes
from service.request import LIMITS, Facts, Plan, Request, check_output, plan, remedy
from service.result import (
    RESULT_LIMITS,
    Preview,
    Result,
    layer_after,
    make_preview,
    subsample,
    with_file,
)
from service.task import CancelledError, Context, Task
from sr_core import Estimate, Picture, SuperResError, Upscaler, decode
from sr_core.cleaning import Choice
from sr_core.files import exif
from sr_core.pixels import eight_bit
from sr_core.sizing import Size

# Bytes per pixel of a result while it is decoded, encoded and cut into tiles.
_REWRITING = 14

_DRAWING = "Preparing the comparison ..."

# Longest side in px: of a gallery thumbnail, at twice its size on the page for high-density screens; and of
# the picture shown while the network runs.
_THUMBNAIL, _POSTER = 320, 960


@dataclass(frozen=True, slots=True)
class Inspection:
    """How a picture can be enlarged, what that takes, and its decoded pixels."""

    plan: Plan
    estimate: Estimate
    picture: Picture


class Inspect(Task[Inspection]):
    """Read a picture, and find out whether and how it can be enlarged.

    Parameters
    ----------
    data : bytes
        The uploaded file.
    latest : callable
        Returns the current request; called when the task starts.

    Attributes
    ----------
    request : Request
        The request that the inspection is for.
    facts, thumbnail, poster
        Set as soon as the picture has been read, even if it cannot be enlarged.
    """

    def __init__(self, data: bytes, latest: Callable[[], Request]):
        super().__init__(urgency=0)
        self.request, self._data, self._latest = latest(), data, latest
        self.facts: Facts | None = None
        self.thumbnail: str | None = None
        self.poster: str | None = None

    def run(self, context: Context) -> Inspection:
        """Decode the picture, and plan how to fulfil the current request."""
        self.request = self._latest()
        with context.brief_turn(decoding_bytes(self._data, LIMITS)):
            picture = decode(self._data, limits=LIMITS)
            self.facts = facts = Facts.of(picture)
            self.poster, self.thumbnail = (thumbnail_uri(picture, side) for side in (_POSTER, _THUMBNAIL))
        planned = plan(facts, self.request)
        check_output(facts, planned.size, self.request)
        upscaler, best = context.network(planned.network), self.request.self_ensemble
        estimate = upscaler.estimate_for(picture, size=planned.size, self_ensemble=best)
        out = remedy(upscaler.scale, self.request.look)
        context.resources.memory.check(needed_bytes(estimate), remedy=out)
        return Inspection(planned, estimate, picture)


class Upscale(Task[Preview | None]):
    """Enlarge a picture, write its file, and make its preview.

    Parameters
    ----------
    data : bytes
        The uploaded file.
    facts : Facts
    picture : Picture or None
        Its decoded pixels, if they are still in memory.
    request : Request
    latest : callable
        Returns the current request; called when the network is done, as the format may have changed by then.
    on_result : callable
        Called with the result as soon as its file exists; returns whether a preview is needed.

    Attributes
    ----------
    drawing : bool
        Whether the result exists and only its preview is still being made.
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
        on_result: Callable[[Result], bool],
    ):
        super().__init__()
        self.request = request
        self._data, self._facts, self._picture = data, facts, picture
        self._latest, self._on_result = latest, on_result

    def run(self, context: Context) -> Preview | None:
        """Enlarge, encode and draw the preview."""
        planned = plan(self._facts, self.request)
        size = planned.size
        upscaler, best = context.network(planned.network), self.request.self_ensemble
        facts = self._facts
        expected = upscaler.estimate(facts.height, facts.width, size=size, self_ensemble=best)
        with ExitStack() as held:
            # Encoding is part of the turn, because it needs much memory too.
            with context.turn(expected.seconds):
                context.announce("Starting ...")
                small = self._picture or decode(self._data, limits=LIMITS)
                needed = needed_bytes(upscaler.estimate_for(small, size=size, self_ensemble=best))
                out = remedy(upscaler.scale, self.request.look)
                held.enter_context(context.memory(needed, remedy=out))
                cleaned = choose_clean_up(upscaler, small, self.request)
                large = upscaler.upscale(
                    small,
                    size=size,
                    clean_up=cleaned.strength,
                    self_ensemble=best,
                    progress=context.report,
                )
                self.update(message="Finishing ...")
                request = self._output_request(size)
                unsaved = Result(
                    request,
                    planned,
                    b"",
                    large.height,
                    large.width,
                    context.network_seconds,
                    upscaler.card.title + (" (best)" if request.self_ensemble else ""),
                    cleaned,
                    upscaler.provenance(cleaned.strength),
                )
                large = _for_print(large, planned.dpi)
                result = with_file(unsaved, large)
            self._picture = None
            if not self._on_result(result):
                return None
            self.drawing = True
            # Not `announce`, which may raise: the network would run again for a result that exists.
            self.update(message=_DRAWING)
            after, samples = layer_after(result, large), subsample(large)
            del large  # the bicubic enlargement takes as much memory
            return make_preview(result, small, after, samples)

    def _output_request(self, size: Size) -> Request:
        latest = self._latest()
        if not latest.same_picture(self.request):
            return self.request
        try:
            check_output(self._facts, size, latest)
        except SuperResError:
            # Better the old format than no result; re-encoding it afterwards will report the limit.
            return self.request
        return latest


class Reencode(Task[tuple[Result, Preview | None]]):
    """Write a result in another format, without the network."""

    def __init__(self, result: Result, facts: Facts, request: Request, preview: Preview | None):
        super().__init__(urgency=0)
        self.request = request
        self._result, self._facts, self._preview = result, facts, preview

    def run(self, context: Context) -> tuple[Result, Preview | None]:
        """Decode the lossless file and encode it."""
        result, source = self._result, self._result.source_for(self.request)
        if source is None:
            self.cancel()  # the lossless copy has been dropped in the meantime
            raise CancelledError
        context.announce("Saving in the other format ...")
        check_output(self._facts, Size(result.height, result.width), self.request)
        with context.brief_turn(_REWRITING * result.height * result.width):
            large = decode(source, limits=RESULT_LIMITS)
            encoded = with_file(replace(result, request=self.request, master=source), large)
            preview = self._preview
            if preview is not None:
                preview = replace(preview, result=encoded, after=(layer_after(encoded, large),))
        return encoded, preview


class Draw(Task[Preview]):
    """Make the preview of a result, with exactly the pixels of its file."""

    drawing = True

    def __init__(self, data: bytes, result: Result):
        super().__init__(urgency=0)
        self._data, self._result = data, result

    def run(self, context: Context) -> Preview:
        """Decode both pictures and make the preview."""
        context.announce(_DRAWING)
        result = self._result
        with context.brief_turn(2 * _REWRITING * result.height * result.width):
            large = decode(result.data, limits=RESULT_LIMITS)
            after, samples = layer_after(result, large), subsample(large)
            del large
            return make_preview(result, decode(self._data, limits=LIMITS), after, samples)


def _for_print(large: Picture, dpi: float | None) -> Picture:
    """Return a picture with its print resolution set, if there is one."""
    if dpi is None:
        return large
    block = large.exif and exif.with_resolution(large.exif, dpi, dpi, replace=True)
    return replace(large, exif=block, metadata=replace(large.metadata, resolution=(dpi, dpi)))


def choose_clean_up(upscaler: Upscaler, small: Picture, request: Request) -> Choice:
    """Return the strength of the clean-up for a picture."""
    if request.clean_up == "auto":
        return upscaler.choose_clean_up(small)
    return Choice(float(request.clean_up) if upscaler.can_clean_up else 0.0)


def thumbnail_uri(picture: Picture, side: int) -> str:
    """Return a thumbnail of at most ``side x side`` px as a data URI.

    Streamlit drops a file as soon as the page is drawn without it; a slow browser may ask for it later.
    """
    image = Image.fromarray(eight_bit(picture.pixels))
    if picture.alpha is not None:
        image.putalpha(Image.fromarray(eight_bit(picture.alpha)))
    image.thumbnail((side, side))
    buffer = io.BytesIO()
    image.save(buffer, "webp", quality=85, method=2)
    return f"data:image/webp;base64,{base64.b64encode(buffer.getvalue()).decode()}"
