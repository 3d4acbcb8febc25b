"""What the page "Measure" submits: restore one sample with one method, and measure the result."""

from collections.abc import Callable
from dataclasses import dataclass

from service.heat_map import HeatMap, heat_map
from service.memory import needed_bytes
from service.methods import Method
from service.request import remedy
from service.sample import Prepared, Sample, bicubic, protocols
from service.task import Context, Task
from sr_core import Protocol, Scores, encode, measure

# Bytes for each pixel of an original: itself, what is restored, its error, and the files of both.
_MEASURING = 24


@dataclass(frozen=True, slots=True)
class Look:
    """What can be looked at of one restoration.

    Attributes
    ----------
    picture : bytes
        PNG.
    heat : HeatMap or None
        None for the original, which has no error.
    """

    picture: bytes
    heat: HeatMap | None = None

    @property
    def nbytes(self) -> int:
        """Memory of its pictures."""
        return len(self.picture) + (len(self.heat.png) if self.heat else 0)


@dataclass(frozen=True, slots=True)
class Restored:
    """What one method scored, by protocol, and what there is to look at, where that was asked for."""

    scores: dict[Protocol, Scores]
    original: Look | None
    look: Look | None


class Restore(Task[Restored]):
    """Restore a sample with a method, and measure it.

    Parameters
    ----------
    sample : Sample
    method : Method
    prepare : callable
        Returns the decoded sample.
    measured : bool
        Whether its scores are known, and it is only looked at.
    look : bool
        Whether it is looked at. Then it is done before what is only measured.
    lacks_original : callable
        Returns whether the original is still to be drawn, by the time that it is asked.

    Attributes
    ----------
    refused : bool
        Whether it failed because of the sample, and not of the method.
    scores : dict or None
        Known as soon as they are measured, also where drawing fails.
    """

    def __init__(
        self,
        sample: Sample,
        method: Method,
        prepare: Callable[[Context, Sample, int], Prepared],
        *,
        measured: bool,
        look: bool,
        lacks_original: Callable[[], bool],
    ):
        super().__init__(urgency=1 if look else 2)
        self.sample, self.method, self.look = sample, method, look
        self.refused = False
        self.scores: dict[Protocol, Scores] | None = None
        self._prepare, self._measured, self._lacks_original = prepare, measured, lacks_original

    def run(self, context: Context) -> Restored:
        """Read, restore, measure and draw."""
        context.announce("Reading the picture ...")
        self.refused = True
        prepared = self._prepare(context, self.sample, self.method.scale)
        self.refused = False
        upscaler = None
        needed = _MEASURING * prepared.original.height * prepared.original.width
        if self.method != Method.baseline(self.method.scale):
            upscaler = context.network(self.method.name)
            needed += needed_bytes(upscaler.estimate_for(prepared.small))
        # Measuring needs much memory too, so it belongs to the turn.
        with context.turn(), context.memory(needed, remedy=remedy(self.method.scale)):
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
            if not self.look:
                return Restored(scores, None, None)
            context.announce("Drawing ...")
            look = Look(encode(restored), heat_map(prepared.original.pixels, restored.pixels))
            return Restored(scores, Look(encode(prepared.original)) if self._lacks_original() else None, look)
