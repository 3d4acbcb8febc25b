"""Engines run the same network the same way, whatever else runs in the process."""

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from sr_core import engines, networks, weights
from sr_core.engines import openvino, tensorflow
from sr_core.errors import EngineError, OptionError
from sr_core.weights import WeightsCard

MODULES: dict[Any, ModuleType] = {"tensorflow": tensorflow, "openvino": openvino}

# Hyper-parameters that make a network small, and those that change how EDSR is computed.
SMALL: list[tuple[str, dict[str, Any]]] = [
    ("srcnn", {"channels": (8, 6)}),
    ("vdsr", {"depth": 4, "channels": 8}),
    ("esrgan", {"blocks": 1, "channels": 8, "growth": 4}),
    ("autoencoder", {"depth": 2, "channels": 8}),
    ("edsr", {"blocks": 2, "channels": 8}),
    ("edsr", {"blocks": 1, "channels": 6, "residual_scaling": 0.3}),
]


def noise(*shape: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).random(shape, np.float32)


@pytest.fixture(params=list(MODULES))
def kind(request: pytest.FixtureRequest) -> Any:
    return request.param


@pytest.fixture
def exact(tiny_x2, kind) -> Any:
    return engines.create(tiny_x2, kind=kind, precision="float32", gpu=-1)


@pytest.fixture
def rounded(tiny_x2, kind) -> Any:
    return engines.create(tiny_x2, kind=kind, precision="bfloat16", gpu=-1)


def kept(engine: Any) -> list[Any]:
    """The shapes of tiles for which an engine has a function or a graph."""
    return list(engine._functions if isinstance(engine, tensorflow.TensorFlowEngine) else engine._compiled)


def saved(name: str, scale: int, settings: dict[str, Any], like: WeightsCard, folder: Any) -> WeightsCard:
    """Save a network with random weights and biases, and return its card."""
    network = networks.build(name, scale=scale, **settings)
    random = np.random.default_rng(scale)
    for variable in network.weights:
        fan_in = np.prod(variable.shape[:-1]) if len(variable.shape) > 1 else 400
        variable.assign(random.normal(0, 0.8 / np.sqrt(fan_in), variable.shape))
    about = {"name": name, "architecture": name, "scale": scale, "hyperparameters": settings}
    return weights.save_network(network, replace(like, **about, folder=folder))


# --- the same picture --------------------------------------------------------------------------------------


def test_an_engine_returns_what_the_network_does(exact, tiny_x2):
    tiles = noise(2, 11, 7, 3)
    sr = exact.run(tiles)
    assert sr.shape == (2, 22, 14, 3)
    assert sr.dtype == np.float32
    np.testing.assert_allclose(sr, weights.load_network(tiny_x2)(tiles), atol=1e-5)


@pytest.mark.parametrize("scale", networks.SCALES)
@pytest.mark.parametrize(("name", "settings"), SMALL)
def test_openvino_computes_every_network_as_keras_does(name, settings, scale, tiny_x2, tmp_path):
    card = saved(name, scale, settings, tiny_x2, tmp_path)
    network = weights.load_network(card)
    engine = openvino.OpenVinoEngine(card, precision="float32")
    for shape in ((1, 1, 1, 3), (1, 1, 7, 3), (1, 2, 5, 3), (2, 3, 3, 3), (1, 17, 12, 3)):
        tiles = noise(*shape)
        np.testing.assert_allclose(engine.run(tiles), network(tiles), rtol=0, atol=1e-5)


@pytest.mark.parametrize("name", ["edsr_x4", "vdsr_x4", "srcnn_x4", "autoencoder_x4", "esrgan_x4"])
def test_bfloat16_of_both_engines_is_equally_near_to_float32(name):
    card, tiles = weights.find(name), noise(1, 24, 20, 3) * 0.3 + 0.4
    exact = openvino.OpenVinoEngine(card, precision="float32").run(tiles)
    other = tensorflow.TensorFlowEngine(card, precision="float32", gpu=-1).run(tiles)
    np.testing.assert_allclose(exact, other, rtol=0, atol=1e-4)
    for module in MODULES:
        half = engines.create(card, kind=module, precision="bfloat16", gpu=-1).run(tiles)
        assert np.sqrt(np.mean((half - exact) ** 2)) < 1.5 / 255


def test_a_tile_is_enlarged_alike_alone_and_among_others(exact):
    tiles = noise(3, 9, 9, 3)
    together = exact.run(tiles)
    for tile, sr in zip(tiles, together, strict=True):
        np.testing.assert_allclose(exact.run(tile[np.newaxis])[0], sr, atol=1e-5)


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


def test_every_thread_gets_its_own_result(exact):
    work = [noise(1, 8 + seed % 3, 10, 3, seed=seed) for seed in range(40)]
    expected = [exact.run(tiles) for tiles in work]
    with ThreadPoolExecutor(4) as pool:
        results = list(pool.map(exact.run, work))
    for result, right in zip(results, expected, strict=True):
        np.testing.assert_array_equal(result, right)


# --- what is chosen and kept -------------------------------------------------------------------------------


def test_create_makes_an_engine_of_the_kind_and_precision_asked_for(tiny_x2, kind):
    for precision in ("float32", "bfloat16"):
        engine = engines.create(tiny_x2, kind=kind, precision=precision, gpu=-1)
        assert (engine.precision, engine.device) == (precision, "CPU")
        assert type(engine).__module__ == MODULES[kind].__name__


def test_auto_is_what_the_environment_says_and_else_openvino_without_a_gpu(monkeypatch):
    monkeypatch.delenv("SUPERRES_ENGINE", raising=False)
    for gpus, gpu, chosen in [
        (0, None, "openvino"),
        (1, None, "tensorflow"),
        (1, -1, "openvino"),
        (0, 0, "tensorflow"),
    ]:
        monkeypatch.setattr(engines, "_cuda_gpus", lambda gpus=gpus: gpus)
        assert engines.choose(gpu=gpu) == chosen
    monkeypatch.setenv("SUPERRES_ENGINE", "tensorflow")
    assert engines.choose(gpu=-1) == "tensorflow"
    assert engines.choose("openvino") == "openvino"


def test_without_openvino_auto_is_tensorflow_and_asking_for_it_tells_how_to_install_it(monkeypatch):
    monkeypatch.delenv("SUPERRES_ENGINE", raising=False)
    monkeypatch.setattr(engines, "find_spec", lambda _name: None)
    assert engines.choose(gpu=-1) == "tensorflow"
    monkeypatch.setenv("SUPERRES_ENGINE", "openvino")
    with pytest.raises(OptionError, match=r"not installed; run `pip install -r requirements-openvino\.txt`"):
        engines.choose()


def test_an_unknown_engine_is_told(monkeypatch):
    monkeypatch.setenv("SUPERRES_ENGINE", "onnx")
    with pytest.raises(OptionError, match=r"one of auto, tensorflow, openvino; received 'onnx'\.$"):
        engines.choose()


def test_openvino_enlarges_without_tensorflow_and_keras(tiny_x2):
    program = f"""
import sys
import numpy as np
from sr_core import Picture, Upscaler
upscaler = Upscaler.from_weights({str(tiny_x2.file)!r}, engine="openvino")
print(upscaler.upscale(Picture(np.zeros((5, 6, 3), np.uint8))).pixels.shape)
print(sorted({{"tensorflow", "keras", "torch", "jax"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == ["(10, 12, 3)", "[]"]


@pytest.mark.parametrize(
    ("has_it", "speedup", "expected"),
    [(True, 2.0, "bfloat16"), (True, 0.7, "float32"), (False, 2.0, "float32")],
)
def test_auto_takes_bfloat16_only_where_it_is_faster(tiny_x2, monkeypatch, kind, has_it, speedup, expected):
    module = MODULES[kind]
    monkeypatch.setattr(module, "cpu_has_bfloat16", lambda: has_it)
    monkeypatch.setattr(module, "_convolution_speedup", lambda: speedup)
    module.cpu_prefers_bfloat16.cache_clear()
    try:
        assert engines.create(tiny_x2, kind=kind, gpu=-1).precision == expected
    finally:
        module.cpu_prefers_bfloat16.cache_clear()


def test_the_speed_of_bfloat16_is_measured(kind):
    assert 0.01 < MODULES[kind]._convolution_speedup() < 100


def test_each_shape_is_traced_or_compiled_once(exact):
    shapes = [(1, 5, 6, 3), (2, 6, 5, 3)]
    held = []
    for seed in range(3):
        for shape in shapes:
            exact.run(noise(*shape, seed=seed))
        held.append(dict(getattr(exact, "_functions", None) or exact._compiled))
    assert list(held[0]) == shapes
    assert held[0] == held[1] == held[2]


def test_only_the_shapes_used_last_are_kept(exact, kind, monkeypatch):
    monkeypatch.setattr(MODULES[kind], "MAX_SHAPES", 2)
    for width in (4, 5, 4, 6):
        exact.run(noise(1, 4, width, 3))
    assert [shape[2] for shape in kept(exact)] == [4, 6]


def test_a_setting_of_the_process_is_left_as_it_was(rounded):
    name = "auto_mixed_precision_onednn_bfloat16"
    rounded.run(noise(1, 4, 4, 3))
    assert not tf.config.optimizer.get_experimental_options().get(name, False)


def test_a_cpu_takes_one_tile_at_a_time_and_memory_that_grows_with_it(exact):
    assert [exact.batch(side, side) for side in (1, 144, 5000)] == [1, 1, 1]
    assert 0 < exact.memory(144, 144) < exact.memory(144, 240) < exact.memory(240, 240)


@pytest.mark.skipif(sys.platform != "linux", reason="Linux tells how much memory is in use")
def test_what_only_running_takes_is_given_back_and_taken_again():
    engine = engines.create(weights.find("edsr_x4"), kind="openvino", precision="float32")
    tiles = noise(1, 200, 200, 3)
    first = engine.run(tiles)
    busy = resident()
    engine.release()
    assert busy - resident() > engine.memory(200, 200) / 4
    np.testing.assert_array_equal(engine.run(tiles), first)


def resident() -> int:
    """Bytes of memory that this process has."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_network_that_is_wide_at_the_enlarged_size_takes_more_memory_and_smaller_tiles(kind):
    slim, wide = (engines.create(weights.find(n), kind=kind, gpu=-1) for n in ("edsr_x4", "srcnn_x4"))
    assert 4 * slim.memory(100, 100) < wide.memory(100, 100)
    assert slim.memory(max(slim.tile_sizes), max(slim.tile_sizes)) <= 200e6
    assert max(wide.tile_sizes) < 240 < max(slim.tile_sizes)


# --- what goes wrong ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("gpu", [99, -2])
def test_a_gpu_that_is_not_there_is_told(tiny_x2, kind, gpu):
    with pytest.raises(OptionError, match=rf"no such GPU; .*received {gpu}\.$"):
        engines.create(tiny_x2, kind=kind, gpu=gpu)


def test_an_unknown_precision_is_told(tiny_x2, kind):
    with pytest.raises(OptionError, match=r"auto, float32 and bfloat16; received 'float16'\.$"):
        engines.create(tiny_x2, kind=kind, precision="float16")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("module", "name", "error"),
    [
        ("tensorflow", "_function", tf.errors.ResourceExhaustedError(None, None, "OOM when allocating")),
        ("openvino", "_graph", MemoryError()),
        ("openvino", "_graph", RuntimeError("Check failed\nstd::bad_alloc\n")),
    ],
)
def test_running_out_of_memory_is_told_with_a_way_out(tiny_x2, monkeypatch, module, name, error):
    engine: Any = engines.create(tiny_x2, kind=module, precision="float32", gpu=-1)

    def exhausted(*_arguments):
        raise error

    monkeypatch.setattr(engine, name, exhausted)
    with pytest.raises(
        EngineError, match=r"memory of the CPU is too small.*20 x 30 px; choose a smaller tile"
    ):
        engine.run(noise(1, 20, 30, 3))
    monkeypatch.undo()
    assert engine.run(noise(1, 20, 30, 3)).shape == (1, 40, 60, 3)
