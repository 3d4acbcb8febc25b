"""In which arithmetic a machine trains fastest, and how its steps are compiled."""

from pathlib import Path
from typing import Any, Literal

import keras

from training.fit.run_folder import RunFolder

Precision = Literal["mixed_bfloat16", "float32"]


def choose(folder: Path) -> Precision:
    """Return the precision of the run that is in `folder` already, or what suits this machine.

    A processor without bfloat16 computes it twelve times as slowly as float32, and a run is only resumed in
    the precision that it began with.
    """
    files = RunFolder(folder)
    if files.description.exists():
        known = files.described()["recipe"].get("precision")
        if known in ("mixed_bfloat16", "float32"):
            return known
    return "mixed_bfloat16" if _bfloat16_pays() else "float32"


def _bfloat16_pays() -> bool:
    if keras.backend.backend() == "torch":
        return True  # Keras does not tell PyTorch's devices; whoever has no GPU gives --precision float32
    if any("gpu" in device for device in keras.distribution.list_devices()):
        return True
    if keras.backend.backend() == "jax":
        return False  # measured: on a CPU XLA is slower in it, even where the processor has the instructions
    from sr_core.engines.tensorflow import cpu_prefers_bfloat16

    return cpu_prefers_bfloat16()


def jit_compile(*, xla: bool = False) -> Any:
    """Return what `keras.Model.compile` should be told under this backend.

    `xla` chooses XLA for TensorFlow on a CPU, too.
    """
    # JAX has nothing but XLA, and PyTorch is eager. For TensorFlow on a CPU it depends on the processor: with
    # AVX-512, oneDNN's kernels are faster; without, XLA's (docs/training.md, "Speed").
    backend = keras.backend.backend()
    if backend == "tensorflow":
        gpu = any("gpu" in device for device in keras.distribution.list_devices())
        return "auto" if gpu else xla
    return backend == "jax"
