"""Enlarging a part of a picture as a trial, before the whole picture takes minutes."""

from dataclasses import dataclass, replace

from service.layers import Layer, layer_of
from service.memory import needed_bytes
from service.request import LIMITS, Facts, Request, plan, remedy
from service.result import AFTER
from service.task import Context, Task
from service.upscaling import choose_clean_up
from sr_core import Picture, bicubic, decode

SIDE = 128
"""Side of the part in px of the small picture; takes a second or two, and eight seconds in best quality."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """A part of a picture, enlarged by bicubic interpolation and by the network.

    Attributes
    ----------
    top, left : int
        Its top left corner, in px of the small picture.
    before, after : Layer
    """

    top: int
    left: int
    before: Layer
    after: Layer

    @property
    def nbytes(self) -> int:
        """Memory used, in bytes."""
        return self.before.nbytes + self.after.nbytes


class EnlargePart(Task[Part]):
    """Enlarge the part around a point.

    Parameters
    ----------
    data, facts, picture, request
        See `service.upscaling.Upscale`.
    top, left : int
        The point, in px of the small picture; may lie near or beyond an edge.
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
        """Crop the part, and enlarge it by the scale of the network."""
        upscaler, best = context.network(self._network), self.request.self_ensemble
        with context.turn():
            context.announce("Trying a part ...")
            whole = self._picture or decode(self._data, limits=LIMITS)
            window = slice(self._top, self._top + SIDE), slice(self._left, self._left + SIDE)
            alpha = None if whole.alpha is None else whole.alpha[window].copy()
            small = replace(whole, pixels=whole.pixels[window].copy(), alpha=alpha)
            needed = needed_bytes(upscaler.estimate_for(small, self_ensemble=best))
            with context.memory(needed, remedy=remedy(upscaler.scale, self.request.look)):
                # Chosen from the whole picture, because a part may be too small to judge by.
                strength = choose_clean_up(upscaler, whole, self.request).strength
                large = upscaler.upscale(
                    small, clean_up=strength, self_ensemble=best, progress=context.report
                )
                plain = bicubic(small, size=(large.height, large.width))
                return Part(self._top, self._left, layer_of(plain, "Original"), layer_of(large, AFTER))
