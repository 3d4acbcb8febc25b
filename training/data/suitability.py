"""Whether pictures are suitable for a run, checked before its first step."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sr_core import metrics, pixels, resize
from training.data import registration
from training.data.datasets import Pair, problems_with
from training.data.folders import listed, refusal
from training.data.patches import require_squares, usable


def for_training(
    pairs: Sequence[Pair],
    *,
    scale: int,
    patches: Sequence[int],
    whole: bool = False,
    log: Callable[[str], Any] = print,
) -> list[Pair]:
    """Return the pictures large enough for a patch; log which are not, and what looks wrong with the pairs.

    Parameters
    ----------
    pairs : sequence of Pair
    scale : int
    patches : sequence of int
        Sides of the LR patches in the phases of a run, in LR px.
    whole : bool
        Whole pictures are trained on: each must have exactly that size.
    log : callable
        Receives the names of those that are too small, and warnings.

    Raises
    ------
    DatasetError
        No picture is as large as a patch of some phase, or a whole picture has another size.
    """
    smallest = min(patches)
    for patch in sorted(set(patches)):
        if whole:
            require_squares(pairs, patch)
        large = usable(pairs, patch)
        if len(large) < len(pairs):
            small = [f"{p.name} ({p.lr.shape[0]} x {p.lr.shape[1]} px)" for p in pairs if p not in large]
            until = "" if patch == smallest else " while patches are that large"
            log(
                f"{len(small)} of {len(pairs)} training pictures are smaller than a patch of {patch} LR px, "
                f"and left out{until}: {listed(small)}"
            )
    kept = usable(pairs, smallest)
    for warning in registration.warnings(kept, scale, what="training"):
        log(f"warning: {warning}")
    return kept


def for_validation(
    pairs: Sequence[Pair], *, scale: int, what: str = "validation", log: Callable[[str], Any] = print
) -> list[Pair]:
    """Return the pictures in which there is something to measure; log the names of the others.

    A picture that bicubic enlargement restores exactly, such as a black one, has an infinite PSNR. LR must be
    as the network receives it; `what` is the kind of pictures, for messages.

    Raises
    ------
    DatasetError
        Names every picture that is too small to be scored.
    """
    protocol = metrics.standard(scale)
    if problems := problems_with(pairs, lambda hr: pixels.shave(hr, protocol.shave)):
        raise refusal(problems, received=f"{len(pairs)} {what} pictures")
    for warning in registration.warnings(pairs, scale, what=what):
        log(f"warning: {warning}")
    exact = [
        pair
        for pair in pairs
        if metrics.mse(pair.hr, resize.upscale(np.asarray(pair.lr), scale), protocol) == 0
    ]
    if not exact:
        return list(pairs)
    names = listed([pair.name for pair in exact])
    if len(exact) == len(pairs):
        log(f"warning: bicubic restores all {what} pictures exactly, so that scores say nothing: {names}")
        return list(pairs)
    log(f"{len(exact)} of {len(pairs)} {what} pictures are restored exactly by bicubic, so left out: {names}")
    return [pair for pair in pairs if pair not in exact]
