"""A run gets the precision that suits the machine, and keeps the one that it began with."""

import json

import keras
import pytest

from sr_core.engines import tensorflow
from training.fit import precision


@pytest.mark.parametrize(
    ("backend", "devices", "faster", "chosen"),
    [
        ("tensorflow", ["cpu:0"], False, "float32"),
        ("tensorflow", ["cpu:0"], True, "mixed_bfloat16"),
        ("tensorflow", ["gpu:0", "cpu:0"], False, "mixed_bfloat16"),
        ("jax", ["cpu:0"], True, "float32"),
        ("jax", ["gpu:0"], False, "mixed_bfloat16"),
    ],
)
def test_bfloat16_is_used_only_where_it_is_fast(backend, devices, faster, chosen, monkeypatch, tmp_path):
    monkeypatch.setattr(keras.backend, "backend", lambda: backend)
    monkeypatch.setattr(keras.distribution, "list_devices", lambda: devices)
    monkeypatch.setattr(tensorflow, "cpu_prefers_bfloat16", lambda: faster)

    assert precision.choose(tmp_path / "run") == chosen


@pytest.mark.parametrize("begun", ["float32", "mixed_bfloat16"])
def test_a_run_goes_on_in_the_precision_that_it_began_with(begun, tmp_path):
    (tmp_path / "run.json").write_text(json.dumps({"recipe": {"precision": begun}}))

    assert precision.choose(tmp_path) == begun
