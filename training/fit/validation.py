"""Validation on whole pictures during a run, to keep the best weights."""

from collections.abc import Callable, Mapping, Sequence

import keras
import numpy as np

from sr_core import metrics, networks
from sr_core.pixels import to_integer, to_unit
from training.data.datasets import Pair
from training.evaluate import mean_psnr
from training.fit import parallel
from training.fit.recipe import Recipe
from training.fit.run_folder import RunFolder, RunState


class Validation:
    """Scores weights on whole pictures, and keeps the best.

    `seen` are training pictures to score in the same way.
    """

    def __init__(
        self,
        recipe: Recipe,
        state: RunState,
        pairs: Sequence[Pair],
        files: RunFolder,
        *,
        seen: Sequence[Pair],
    ):
        self.recipe, self.state, self.pairs, self.files, self.seen = recipe, state, pairs, files, seen
        # A second network: without an optimizer, so that the file of the best weights holds nothing else; and
        # because JAX frees the arrays a network predicts with, which the average would share.
        with parallel.single_device():
            self.plain = networks.build(
                recipe.network, scale=recipe.scale, dtype=recipe.precision, **recipe.hyperparameters
            )
            self._folded = networks.architecture(recipe.network).folded(self.plain, frozen=False)

    def score(self, weights: list[np.ndarray]) -> dict[str, float]:
        """Return the scores; write the weights if they are the best so far."""
        self.plain.set_weights(weights)
        with parallel.single_device():
            scores = _named("val", validate(self._folded, self.pairs, scale=self.recipe.scale))
            if self.seen:
                scores |= _named("train", validate(self._folded, self.seen, scale=self.recipe.scale))
        score = scores["val_psnr"] if self.recipe.monitor == "psnr" else -scores["val_mae"]
        if self.state.best_score is None or score > self.state.best_score:
            self.state.best_score, self.state.validations_since_best = score, 0
            self.files.write_best(self.plain)
        else:
            self.state.validations_since_best += 1
        return scores


def validate(
    model: keras.Model,
    pairs: Sequence[Pair],
    *,
    scale: int,
    also: Mapping[str, Callable[[np.ndarray, np.ndarray], float]] | None = None,
) -> dict[str, float]:
    """Return the mean "psnr" (luma, shave = scale, dB) and "mae" (RGB, 0-255) over whole pictures.

    An exactly restored picture counts as `training.evaluate.EXACT_PSNR`. `also` adds further measures, each a
    function of an HR and an SR picture.
    """
    luma, rgb = metrics.standard(scale), metrics.Protocol("rgb", shave=scale)
    measures = {
        "psnr": lambda hr, sr: mean_psnr([metrics.psnr(hr, sr, luma)]),
        "mae": lambda hr, sr: metrics.mae(hr, sr, rgb),
        **(also or {}),
    }
    scores: dict[str, list[float]] = {name: [] for name in measures}
    for pair in pairs:
        sr = to_integer(np.asarray(model.predict_on_batch(to_unit(pair.lr)[None]))[0], np.uint8)
        for name, measure in measures.items():
            scores[name].append(measure(pair.hr, sr))
    return {name: float(np.mean(values)) for name, values in scores.items()}


def _named(of: str, scores: dict[str, float]) -> dict[str, float]:
    return {f"{of}_{name}": value for name, value in scores.items()}
