"""The arithmetic in which a machine trains fastest, and the compilation of its steps."""

from pathlib import Path
from typing import Any, Literal

import keras

from training.fit.run_folder import RunFolder

Precision = Literal["mixed_bfloat16", "float32"]


def choose(folder: Path) -> Precision:
    """Return the precision of the run in `folder`, or for a new run the one that suits this machine.

    A processor without bfloat16 computes it twelve times as slowly as float32, and a run can only be resumed
    in the precision it began with.
    """
    files = RunFolder(folder)
    if files.description.exists():
        known = files.described()["recipe"].get("precision")
        if known in ("mixed_bfloat16", "float32"):
            return known
    return "mixed_bfloat16" if _prefers_bfloat16() else "float32"


def _prefers_bfloat16() -> bool:
    if keras.backend.backend() == "torch":
        return True  # Keras does not list PyTorch's devices; without a GPU, give --precision float32
    if any("gpu" in device for device in keras.distribution.list_devices()):
        return True
    if keras.backend.backend() == "jax":
        return False  # measured: on a CPU XLA is slower in it even if the processor has the instructions
    from sr_core.engines.tensorflow import cpu_prefers_bfloat16

    return cpu_prefers_bfloat16()


def jit_compile(*, xla: bool = False) -> Any:
    """Return the argument `jit_compile` of `keras.Model.compile` for this backend.

    `xla` enables XLA for TensorFlow on a CPU too.
    """
    # JAX has only XLA, and PyTorch is eager. For TensorFlow on a CPU it depends on the processor: oneDNN's
    # kernels are faster with AVX-512, XLA's without (docs/training.md, "Speed").
    backend = keras.backend.backend()
    if backend == "tensorflow":
        gpu = any("gpu" in device for device in keras.distribution.list_devices())
        return "auto" if gpu else xla
    return backend == "jax"
