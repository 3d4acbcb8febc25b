"""Restores one picture with several methods and measures each, in one's turn, with progress to cancel at."""

from collections.abc import Callable
from typing import Protocol as Interface

from service.failures import describe_failure
from service.heat_map import heat_map
from service.inference_queue import BusyError
from service.sample import Prepared, Sample, bicubic, prepare, protocols
from sr_core import Picture, Progress, encode, measure
from ui import session
from ui.measuring.closer_look import ORIGINAL, Look
from ui.measuring.measurements import Measurements, Method

Tell = Callable[[float, str], object]
"""Told the share of the work that is done, and what goes on. An exception raised from it cancels."""


class Keep(Interface):
    """What is given the pictures of a restoration."""

    def __call__(self, name: str, look: Callable[[], Look]) -> object:
        """Keep the look of the method called `name`, or leave it."""
        ...


def restore_and_measure(
    measurements: Measurements, sample: Sample, methods: list[Method], *, tell: Tell, keep: Keep
) -> None:
    """Restore a sample with each of `methods`, and note what they score, or why they cannot.

    Parameters
    ----------
    measurements : Measurements
        Gets the results, one by one: what is cancelled keeps those before it.
    sample : Sample
    methods : list of Method
        Of one scale.
    tell : callable
    keep : callable
        Given the original's pictures and those of each restoration.

    Raises
    ------
    BusyError
        The queue is full.
    """
    scale = methods[0].scale
    tell(0.0, "Reading the picture ...")
    try:
        trial = prepare(sample, scale)
        measurements.facts[sample.key, scale] = trial.facts
        keep(ORIGINAL, lambda: Look(encode(trial.original)))
    except Exception as error:
        measurements.refused[sample.key, scale] = describe_failure(error)
        return
    for index, method in enumerate(methods):

        def tell_share(share: float, text: str, index: int = index, method: Method = method) -> None:
            tell((index + share) / len(methods), f"{method.title}: {text}")

        try:
            _one(measurements, sample, method, trial, tell_share, keep)
        except BusyError:
            raise
        except Exception as error:
            measurements.failed[sample.key, method.name] = describe_failure(error)


def _one(
    measurements: Measurements, sample: Sample, method: Method, trial: Prepared, tell: Tell, keep: Keep
) -> None:
    def waiting(ahead: int) -> None:
        tell(0.0, f"{'1 picture is' if ahead == 1 else f'{ahead} pictures are'} ahead of yours ...")

    # Measuring needs much memory too, so it belongs to the turn.
    with session.tools().gate.turn(waiting):
        restored = _restore(method, trial, tell)
        if (sample.key, method.name) not in measurements.results:
            scores = {}
            for protocol in protocols(method.scale):
                tell(0.9, "measuring ...")
                scores[protocol] = measure(trial.original.pixels, restored.pixels, protocol)
            measurements.results[sample.key, method.name] = scores
        tell(0.95, "drawing ...")
        keep(
            method.name,
            lambda: Look(encode(restored), heat_map(trial.original.pixels, restored.pixels)),
        )


def _restore(method: Method, trial: Prepared, tell: Tell) -> Picture:
    if method == Method.baseline(method.scale):
        tell(0.0, "enlarging ...")
        return bicubic(trial, method.scale)

    def show(progress: Progress) -> None:
        left = "" if progress.remaining is None else f", about {max(progress.remaining, 1):.0f} s left"
        tell(0.9 * progress.done / progress.total, f"enlarging{left} ...")

    loading = "loading the network, a few seconds ..."
    return session.upscaler(lambda: tell(0.0, loading), name=method.name).upscale(trial.small, progress=show)
