"""One run on several devices, each with its share of every batch: Keras' data parallelism."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import keras

from sr_core.errors import OptionError
from training.fit.recipe import Recipe


def divided_batches(recipe: Recipe) -> AbstractContextManager[object]:
    """Return a context in which networks are copied to all devices and batches are divided among them.

    Raises
    ------
    OptionError
        The backend cannot do that, or a batch of the recipe cannot be divided.
    """
    if keras.backend.backend() != "jax":
        raise OptionError(
            "Keras divides batches among devices under JAX only; set KERAS_BACKEND=jax, or leave "
            f"--all-devices out. Received: {keras.backend.backend()}"
        )
    devices = keras.distribution.list_devices()
    batches = {recipe.batch, *(phase.batch for phase in recipe.phases)}
    if any(batch % len(devices) for batch in batches):
        raise OptionError(
            f"Every batch is divided among the {len(devices)} devices; choose multiples of that with --batch "
            f"and --phases. Received: {sorted(batches)}"
        )
    return keras.distribution.DataParallel(devices=devices).scope() if len(devices) > 1 else nullcontext()


@contextmanager
def single_device() -> Iterator[None]:
    """Return a context that computes on one device: single pictures cannot be divided."""
    known = keras.distribution.distribution()
    keras.distribution.set_distribution(None)
    try:
        yield
    finally:
        keras.distribution.set_distribution(known)
