"""A part of a picture enlarged, before a person lets the whole of it take minutes."""

from dataclasses import dataclass, replace

from service.layers import Layer, layer_of
from service.memory import needed_bytes
from service.request import LIMITS, Facts, Request, plan, remedy
from service.result import AFTER
from service.task import Context, Task
from service.upscaling import choose_clean_up
from sr_core import Picture, bicubic, decode

SIDE = 128
"""Of the part, in px of the small picture: a second or two, eight in best quality."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part, enlarged plainly and by the network as the whole would be.

    Attributes
    ----------
    top, left : int
        Where it begins, in px of the small picture.
    before, after : Layer
    """

    top: int
    left: int
    before: Layer
    after: Layer

    @property
    def nbytes(self) -> int:
        """Memory it takes."""
        return self.before.nbytes + self.after.nbytes


class EnlargePart(Task[Part]):
    """Enlarge the part around a point.

    Parameters
    ----------
    data, facts, picture, request
        See `service.upscaling.Upscale`.
    top, left : int
        The point, in px of the small picture; anywhere.
    """

    def __init__(
        self, data: bytes, facts: Facts, picture: Picture | None, request: Request, *, top: int, left: int
    ):
        super().__init__(urgency=0)
        self.request = request
        self._data, self._picture = data, picture
        self._network = plan(facts, request).network
        self._top, self._left = (
            min(max(at - SIDE // 2, 0), max(size - SIDE, 0))
            for at, size in ((top, facts.height), (left, facts.width))
        )

    def run(self, context: Context) -> Part:
        """Cut it out, and enlarge it as far as the network does."""
        upscaler, best = context.network(self._network), self.request.self_ensemble
        with context.turn():
            context.announce("Trying a part ...")
            whole = self._picture or decode(self._data, limits=LIMITS)
            window = slice(self._top, self._top + SIDE), slice(self._left, self._left + SIDE)
            alpha = None if whole.alpha is None else whole.alpha[window].copy()
            small = replace(whole, pixels=whole.pixels[window].copy(), alpha=alpha)
            needed = needed_bytes(upscaler.estimate_for(small, self_ensemble=best))
            with context.memory(needed, remedy=remedy(upscaler.scale, self.request.look)):
                # As much as the whole picture needs: a part may be too small to tell.
                strength = choose_clean_up(upscaler, whole, self.request).strength
                large = upscaler.upscale(
                    small, clean_up=strength, self_ensemble=best, progress=context.report
                )
                plain = bicubic(small, size=(large.height, large.width))
                return Part(self._top, self._left, layer_of(plain, "Original"), layer_of(large, AFTER))
