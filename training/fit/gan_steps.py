"""The training steps of generator and discriminator, as two Keras models that share both networks.

Each trains only one of the networks. It overrides its trainable variables instead of setting the `trainable`
flags, which the two would have to toggle by turns: turning a flag off would also put batch normalization into
inference mode, which the paper's discriminator never uses.
"""

# Keras types `call` and the like more narrowly than it documents them.
# pyright: reportIncompatibleMethodOverride=false

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
from keras import ops

from sr_core.networks.discriminator import discriminator, with_features
from training.fit import losses
from training.fit.checkpoint import Parts
from training.fit.precision import jit_compile
from training.fit.recipe import GanRecipe


class _Step(keras.Model):
    """A model with named numbers as its output, and their weighted sum as its loss."""

    def __init__(self, trained: keras.Model, weights: Mapping[str, float]):
        super().__init__()
        self.trained = trained
        self._factors = tuple(weights.items())

    @property
    def trainable_variables(self):
        return self.trained.trainable_variables

    @property
    def non_trainable_variables(self):
        trained = {id(variable) for variable in self.trainable_variables}
        return [variable for variable in self.variables if id(variable) not in trained]

    @property
    def trainable_weights(self):
        return self.trainable_variables

    @property
    def non_trainable_weights(self):
        return self.non_trainable_variables

    def compute_loss(self, x=None, y=None, y_pred: Any = None, sample_weight=None, training=True):
        return sum(factor * y_pred[name] for name, factor in self._factors)

    def compute_metrics(self, x, y, y_pred: Any, sample_weight=None):
        return {**super().compute_metrics(x, y, y_pred, sample_weight), **y_pred}


class GeneratorStep(_Step):
    """Maps a batch ``(LR, HR)`` to the losses "pixel", "perceptual" and "adversarial", and trains G.

    Parameters
    ----------
    generator, discriminator : keras.Model
    features : keras.Model or None
        Maps pictures to the features in which they are compared; None for those of the discriminator.
    weights : mapping
        Factors of the three losses.
    """

    def __init__(
        self,
        generator: keras.Model,
        discriminator: keras.Model,
        features: keras.Model | None,
        *,
        weights: Mapping[str, float],
    ):
        super().__init__(generator, weights)
        self.discriminator = with_features(discriminator)
        self.features = features

    def call(self, inputs, training=False):
        lr, hr = inputs
        sr = self.trained(lr, training=training)
        *hr_features, real = self.discriminator(hr, training=training)
        *sr_features, fake = self.discriminator(sr, training=training)
        if self.features is not None:
            hr_features, sr_features = [self.features(hr)], [self.features(sr)]
        return {
            "pixel": losses.absolute_error(sr, hr),
            "perceptual": losses.feature_distance(sr_features, hr_features),
            "adversarial": losses.adversarial_loss(real, fake),
        }


class DiscriminatorStep(_Step):
    """Maps a batch ``(LR, HR)`` to the loss "discriminator", "d_real" and "d_fake", and trains D."""

    def __init__(self, generator: keras.Model, discriminator: keras.Model):
        super().__init__(discriminator, {"discriminator": 1.0})
        self.generator = generator

    def call(self, inputs, training=False):
        lr, hr = inputs
        # Without this, PyTorch would compute and accumulate the generator's gradients.
        sr = ops.stop_gradient(self.generator(lr, training=training))
        real, fake = self.trained(hr, training=training), self.trained(sr, training=training)
        d_real, d_fake = losses.probabilities(real, fake)
        return {"discriminator": losses.discriminator_loss(real, fake), "d_real": d_real, "d_fake": d_fake}


class Adversaries:
    """A generator and a discriminator with their optimizers and steps; `features` as in `GeneratorStep`."""

    def __init__(self, generator: keras.Model, recipe: GanRecipe, features: keras.Model | None):
        self.generator = generator
        self.discriminator = discriminator(
            size=recipe.size, channels=recipe.discriminator_channels, dtype=recipe.precision
        )
        weights = {
            "pixel": recipe.pixel_weight,
            "perceptual": recipe.perceptual_weight,
            "adversarial": recipe.adversarial_weight,
        }
        self.steps = (
            GeneratorStep(generator, self.discriminator, features, weights=weights),
            DiscriminatorStep(generator, self.discriminator),
        )
        self.optimizers = (_adam(recipe, ema=recipe.ema), _adam(recipe, ema=0.0))
        for step, optimizer in zip(self.steps, self.optimizers, strict=True):
            # Built within the first step, it would make TensorFlow trace everything a second time.
            optimizer.build(step.trainable_variables)
            step.compile(optimizer=optimizer, jit_compile=jit_compile())

    @property
    def parts(self) -> Parts:
        """All variables a resume needs."""
        return {
            "generator": self.generator.variables,
            "discriminator": self.discriminator.variables,
            "generator_optimizer": self.optimizers[0].variables,
            "discriminator_optimizer": self.optimizers[1].variables,
        }

    @property
    def finite(self) -> bool:
        """Whether all weights are finite numbers."""
        networks = (self.generator, self.discriminator)
        return all(np.isfinite(array).all() for network in networks for array in network.get_weights())

    def set_rate(self, rate: float) -> None:
        """Set the learning rate of both."""
        for optimizer in self.optimizers:
            optimizer.learning_rate = rate

    def train(self, batch: tuple[np.ndarray, np.ndarray]) -> dict[str, float]:
        """Train the generator and the discriminator for one step each on a batch ``(LR, HR)``.

        Returns
        -------
        dict
            ``g_loss``, its terms ``pixel``, ``perceptual`` and ``adversarial`` without their factors,
            ``d_loss``, ``d_real`` and ``d_fake``.
        """
        generator_step, discriminator_step = self.steps
        g = generator_step.train_on_batch(batch, return_dict=True)
        d = discriminator_step.train_on_batch(batch, return_dict=True)
        values = {
            "d_loss": d["loss"],
            "g_loss": g["loss"],
            **{name: g[name] for name in ("pixel", "perceptual", "adversarial")},
            **{name: d[name] for name in ("d_real", "d_fake")},
        }
        return {name: float(value) for name, value in values.items()}


def _adam(recipe: GanRecipe, *, ema: float) -> keras.optimizers.Optimizer:
    return keras.optimizers.Adam(
        recipe.rate,
        beta_2=recipe.beta_2,
        use_ema=ema > 0,
        ema_momentum=ema or 0.99,
        ema_overwrite_frequency=None,
    )
