"""The task of the page "Measure": restore one sample with one method, and measure the result."""

from collections.abc import Callable
from dataclasses import dataclass

from service.heat_map import HeatMap, heat_map
from service.memory import needed_bytes
from service.methods import Method
from service.request import remedy
from service.sample import Prepared, Sample, bicubic, protocols
from service.task import Context, Task
from sr_core import Protocol, Scores, encode, measure

# Bytes per pixel of the original: its pixels, the restored ones, the error, and the files of both.
_MEASURING = 24


@dataclass(frozen=True, slots=True)
class Rendering:
    """A picture and its error map, ready for display.

    Attributes
    ----------
    picture : bytes
        PNG file.
    heat : HeatMap or None
        None for the original, which has no error.
    """

    picture: bytes
    heat: HeatMap | None = None

    @property
    def nbytes(self) -> int:
        """Memory used by its pictures, in bytes."""
        return len(self.picture) + (len(self.heat.png) if self.heat else 0)


@dataclass(frozen=True, slots=True)
class Restored:
    """Scores of one method by protocol, and renderings of the original and the result if requested."""

    scores: dict[Protocol, Scores]
    original: Rendering | None
    rendering: Rendering | None


class Restore(Task[Restored]):
    """Restore a sample with a method, and measure it.

    Parameters
    ----------
    sample : Sample
    method : Method
    prepare : callable
        Returns the decoded sample.
    measured : bool
        Whether its scores are known already, so that it is only rendered.
    render : bool
        Whether to render the result. Such tasks run before those that only measure.
    needs_original : callable
        Returns whether the original has yet to be rendered; called at the end.

    Attributes
    ----------
    refused : bool
        Whether it failed because of the sample rather than the method.
    scores : dict or None
        Set as soon as they are measured, even if rendering fails.
    """

    def __init__(
        self,
        sample: Sample,
        method: Method,
        prepare: Callable[[Context, Sample, int], Prepared],
        *,
        measured: bool,
        render: bool,
        needs_original: Callable[[], bool],
    ):
        super().__init__(urgency=1 if render else 2)
        self.sample, self.method, self.render = sample, method, render
        self.refused = False
        self.scores: dict[Protocol, Scores] | None = None
        self._prepare, self._measured, self._needs_original = prepare, measured, needs_original

    def run(self, context: Context) -> Restored:
        """Read, restore, measure and render."""
        context.announce("Reading the picture ...")
        self.refused = True
        prepared = self._prepare(context, self.sample, self.method.scale)
        self.refused = False
        upscaler, seconds = None, 0.0
        needed = _MEASURING * prepared.original.height * prepared.original.width
        if self.method != Method.baseline(self.method.scale):
            upscaler = context.network(self.method.name)
            expected = upscaler.estimate_for(prepared.small)
            needed, seconds = needed + needed_bytes(expected), expected.seconds
        # Measuring needs much memory too, so it belongs to the turn.
        with context.turn(seconds), context.memory(needed, remedy=remedy(self.method.scale)):
            if upscaler is None:
                context.announce("Enlarging ...")
                restored = bicubic(prepared, self.method.scale)
            else:
                restored = upscaler.upscale(prepared.small, clean_up=0.0, progress=context.report)
            context.announce("Measuring ...")
            self.scores = scores = {
                protocol: measure(prepared.original.pixels, restored.pixels, protocol)
                for protocol in (() if self._measured else protocols(self.method.scale))
            }
            if not self.render:
                return Restored(scores, None, None)
            context.announce("Drawing ...")
            rendering = Rendering(encode(restored), heat_map(prepared.original.pixels, restored.pixels))
            original = Rendering(encode(prepared.original)) if self._needs_original() else None
            return Restored(scores, original, rendering)
