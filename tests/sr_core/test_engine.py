"""Engines run the same network the same way, whatever else runs in the process."""

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import tensorflow as tf

from sr_core import engines
from sr_core.engines import tensorflow
from sr_core.errors import EngineError, OptionError
from sr_core.weights import load_network


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.fixture
def exact(tiny_x2):
    return tensorflow.TensorFlowEngine(tiny_x2, precision="float32", gpu=-1)


@pytest.fixture
def rounded(tiny_x2):
    return tensorflow.TensorFlowEngine(tiny_x2, precision="bfloat16", gpu=-1)


def test_an_engine_returns_what_the_network_does(exact, tiny_x2):
    tiles = noise(2, 11, 7, 3)
    sr = exact.run(tiles)
    assert sr.shape == (2, 22, 14, 3)
    assert sr.dtype == np.float32
    np.testing.assert_allclose(sr, load_network(tiny_x2)(tiles), atol=1e-5)


def test_a_tile_is_enlarged_alike_alone_and_among_others(exact):
    tiles = noise(3, 9, 9, 3)
    together = exact.run(tiles)
    for tile, sr in zip(tiles, together, strict=True):
        np.testing.assert_allclose(exact.run(tile[np.newaxis])[0], sr, atol=1e-5)


def test_create_makes_an_engine_of_the_precision_asked_for(tiny_x2):
    for precision in ("float32", "bfloat16"):
        engine = engines.create(tiny_x2, precision=precision, gpu=-1)
        assert (engine.precision, engine.device) == (precision, "CPU")


@pytest.mark.parametrize(
    ("has_it", "speedup", "expected"),
    [(True, 2.0, "bfloat16"), (True, 0.7, "float32"), (False, 2.0, "float32")],
)
def test_auto_takes_bfloat16_only_where_it_is_faster(tiny_x2, monkeypatch, has_it, speedup, expected):
    monkeypatch.setattr(tensorflow, "cpu_has_bfloat16", lambda: has_it)
    monkeypatch.setattr(tensorflow, "_convolution_speedup", lambda: speedup)
    tensorflow.cpu_prefers_bfloat16.cache_clear()
    try:
        assert engines.create(tiny_x2, gpu=-1).precision == expected
    finally:
        tensorflow.cpu_prefers_bfloat16.cache_clear()


def test_the_speed_of_bfloat16_is_measured():
    assert 0.01 < tensorflow._convolution_speedup() < 100


def test_one_function_is_traced_once_for_each_shape(exact):
    shapes = [(1, 5, 6, 3), (1, 6, 5, 3), (2, 5, 6, 3)]
    functions = []
    for seed in range(3):
        for shape in shapes:
            exact.run(noise(*shape, seed=seed))
        functions.append(dict(exact._functions))
    assert list(functions[0]) == shapes
    assert functions[0] == functions[1] == functions[2]


def test_only_the_shapes_used_last_are_kept(exact, monkeypatch):
    monkeypatch.setattr(tensorflow, "MAX_SHAPES", 2)
    for width in (4, 5, 4, 6):
        exact.run(noise(1, 4, width, 3))
    assert [shape[2] for shape in exact._functions] == [4, 6]


def test_float32_is_the_same_to_the_bit_before_and_after_bfloat16(exact, rounded):
    tiles = noise(1, 16, 16, 3)
    before = exact.run(tiles)
    half = rounded.run(tiles)
    np.testing.assert_array_equal(exact.run(tiles), before)
    np.testing.assert_allclose(half, before, atol=0.03)
    if tensorflow.cpu_has_bfloat16():
        assert not np.array_equal(half, before)


def test_float32_is_the_same_to_the_bit_while_bfloat16_runs(exact, rounded):
    tiles = noise(1, 24, 24, 3)
    before = exact.run(tiles)
    done = threading.Event()

    def disturb() -> None:
        while not done.is_set():
            rounded.run(tiles)

    with ThreadPoolExecutor() as pool:
        disturbing = pool.submit(disturb)
        different = sum(not np.array_equal(exact.run(tiles), before) for _ in range(300))
        done.set()
        disturbing.result()
    assert different == 0


def test_a_setting_of_the_process_is_left_as_it_was(rounded):
    name = "auto_mixed_precision_onednn_bfloat16"
    rounded.run(noise(1, 4, 4, 3))
    assert not tf.config.optimizer.get_experimental_options().get(name, False)


def test_every_thread_gets_its_own_result(exact):
    work = [noise(1, 8 + seed % 3, 10, 3, seed=seed) for seed in range(40)]
    expected = [exact.run(tiles) for tiles in work]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(exact.run, work))
    for result, right in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, right)


def test_a_cpu_takes_one_tile_at_a_time_and_memory_that_grows_with_it(exact):
    assert [exact.batch(side, side) for side in (1, 144, 5000)] == [1, 1, 1]
    assert 0 < exact.memory(144, 144) < exact.memory(144, 240) < exact.memory(240, 240)


def test_a_network_that_enlarges_more_takes_more_memory(tiny_x2, tiny_x4):
    small, large = (engines.create(card, gpu=-1).memory(100, 100) for card in (tiny_x2, tiny_x4))
    assert small < large


@pytest.mark.parametrize("gpu", [99, -2])
def test_a_gpu_that_is_not_there_is_told(tiny_x2, gpu):
    with pytest.raises(OptionError, match=rf"no such GPU; \d+ can be used here.*received {gpu}\.$"):
        engines.create(tiny_x2, gpu=gpu)


def test_an_unknown_precision_is_told(tiny_x2):
    with pytest.raises(OptionError, match=r"auto, float32 and bfloat16; received 'float16'\.$"):
        engines.create(tiny_x2, precision="float16")  # type: ignore[arg-type]


def test_running_out_of_memory_is_told_with_a_way_out(exact, monkeypatch):
    def exhausted(_tiles):
        raise tf.errors.ResourceExhaustedError(None, None, "OOM when allocating tensor")

    monkeypatch.setattr(exact, "_function", lambda _shape: exhausted)
    with pytest.raises(
        EngineError, match=r"memory of the CPU is too small.*20 x 30 px; choose a smaller tile"
    ):
        exact.run(noise(1, 20, 30, 3))
    monkeypatch.undo()
    assert exact.run(noise(1, 20, 30, 3)).shape == (1, 40, 60, 3)
