"""Measures milliseconds and GFLOP/s of a network, and the ceiling of this machine's convolutions.

The ceiling is a chain of the network's own inner convolution (3x3, 64 to 64 channels) with nothing in
between, measured in the same run as the network and in turns with it, because machines are shared and noisy:
only the ratio is meaningful elsewhere.
"""

import statistics
import time
from collections.abc import Callable
from itertools import product

import numpy as np

from sr_core import engines, networks, weights
from sr_core.engines import Precision

SIDE = 128
LAYERS = 20
ROUNDS = 15


def report(name: str) -> str:
    """Return a table in Markdown, with a row per engine and precision."""
    card = weights.find(name)
    outline = networks.outline(card.architecture, scale=card.scale, **card.hyperparameters)
    pixels = SIDE * SIDE
    published, computed = (
        2 * float(count) * pixels / 1e9
        for count in (outline.multiply_adds, outline.multiply_adds - outline.saved)
    )
    lines = [
        f"\n{card.title}, one {SIDE} x {SIDE} LR picture: {published:.0f} GFLOP as published, "
        f"{computed:.0f} with the tail folded. The ceiling is a bare chain of convolutions.\n",
        "| engine | precision | ms | GFLOP/s | computed GFLOP/s | ceiling GFLOP/s | share of the ceiling |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    precisions: tuple[Precision, ...] = ("float32", "bfloat16")
    for kind, precision in product(engines.installed(), precisions):
        engine = engines.create(card, kind=kind, precision=precision)
        tiles = np.random.default_rng(0).random((1, SIDE, SIDE, 3), np.float32)
        ceiling, convolutions = _chain(precision)
        ours, best = _in_turns(lambda engine=engine, tiles=tiles: engine.run(tiles), ceiling)
        speed, limit = computed / ours, convolutions / best / 1e9
        cells = [kind, precision, f"{ours * 1e3:.0f}", f"{published / ours:.0f}", f"{speed:.0f}"]
        lines.append(f"| {' | '.join([*cells, f'{limit:.0f}', f'{speed / limit:.0%}'])} |")
    return "\n".join(lines)


def _chain(precision: Precision) -> tuple[Callable[[], object], float]:
    """Return a function that runs bare convolutions, and its FLOP."""
    import tensorflow as tf

    dtype = tf.bfloat16 if precision == "bfloat16" else tf.float32
    random = np.random.default_rng(0)
    picture = tf.cast(random.standard_normal((1, SIDE, SIDE, 64)), dtype)
    kernels = [tf.cast(random.standard_normal((3, 3, 64, 64)) * 0.04, dtype) for _ in range(LAYERS)]

    @tf.function
    def run(x: tf.Tensor) -> tf.Tensor:
        for kernel in kernels:
            x = tf.nn.conv2d(x, kernel, 1, "SAME")
        return x

    return lambda: run(picture).numpy(), LAYERS * 2 * 9 * 64 * 64 * SIDE * SIDE


def _in_turns(first: Callable[[], object], second: Callable[[], object]) -> tuple[float, float]:
    """Return the median seconds of both functions, measured alternately after a warm-up."""
    times: tuple[list[float], list[float]] = ([], [])
    for turn in range(ROUNDS + 3):
        for call, kept in zip((first, second), times, strict=True):
            began = time.perf_counter()
            call()
            if turn >= 3:
                kept.append(time.perf_counter() - began)
    return statistics.median(times[0]), statistics.median(times[1])
