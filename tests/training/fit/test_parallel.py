"""A run on several devices is that of one device, and is refused where it cannot be."""

import importlib.util
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import keras
import pytest

from sr_core import OptionError
from training.fit import parallel
from training.fit.psnr import run
from training.fit.recipe import Phase

ROOT = Path(__file__).resolve().parents[3]


def test_backend_that_cannot_divide_batches_is_told_before_anything_else(tiny, pairs, tmp_path):
    with pytest.raises(OptionError, match=r"KERAS_BACKEND=jax.*Received: tensorflow"):
        run(tiny(), pairs, pairs, folder=tmp_path / "run", all_devices=True, log=print)

    assert not (tmp_path / "run").exists()


def test_batches_that_cannot_be_divided_are_told(tiny, monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: ["gpu:0", "gpu:1"])

    with pytest.raises(OptionError, match=r"among the 2 devices.*Received: \[3, 4\]"):
        parallel.divided_batches(tiny(batch=4, phases=(Phase(0.5, 12, 3),)))


@pytest.mark.skipif(importlib.util.find_spec("jax") is None, reason="needs `pip install jax`")
def test_two_devices_give_the_run_of_one_and_resume_it(photos, tmp_path):
    script = f"""
        import dataclasses, pathlib
        import keras
        from training import recipes
        from training.data import datasets
        from training.fit import parallel, psnr
        recipe = dataclasses.replace(
            recipes.recipe("edsr", scale=4), hyperparameters={{"blocks": 1, "channels": 4}}, patch=8, batch=4,
            steps=12, steps_per_epoch=4, validate_every=1, precision="float32",
        )
        here = pathlib.Path({str(tmp_path)!r})
        pairs = datasets.pairs([here / "photos"], scale=4, cache=here / "cache")
        with parallel.divided_batches(recipe):
            assert len(keras.Variable([1.0]).value.devices()) == 2

        def stop(line):
            if line.startswith("epoch 2"):
                raise KeyboardInterrupt

        def losses(name, **options):
            result = psnr.run(recipe, pairs, pairs, folder=here / name, **options)
            return [row["loss"] for row in result.state.history]

        one = losses("one")
        try:
            losses("two", all_devices=True, log=stop)
        except KeyboardInterrupt:
            pass
        two = losses("two", all_devices=True)
        assert max(abs(a / b - 1) for a, b in zip(one, two, strict=True)) < 1e-3, (one, two)
    """
    flags = {"KERAS_BACKEND": "jax", "XLA_FLAGS": "--xla_force_host_platform_device_count=2"}
    command = [sys.executable, "-W", "ignore", "-c", textwrap.dedent(script)]
    done = subprocess.run(
        command, env={**os.environ, **flags}, cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, done.stderr[-2000:]
