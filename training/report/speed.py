"""Seconds per megapixel of the result, for all networks in one run: machines differ and are shared."""

import json
import math
import os
import platform
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np

from sr_core import Picture, Upscaler
from sr_core.files import write_bytes
from sr_core.weights import WeightsCard

# LR px. One tile, so that no overlap is counted.
SIDE = 144
ROUNDS = 3


def measure(cards: Iterable[WeightsCard], file: Path) -> None:
    """Time the networks by turns, best of three, and write the seconds and the machine to `file` as JSON."""
    upscalers = {card.name: Upscaler(card) for card in cards}
    picture = Picture(np.random.default_rng(0).integers(0, 256, (SIDE, SIDE, 3), np.uint8))
    best = dict.fromkeys(upscalers, math.inf)
    for upscaler in upscalers.values():
        upscaler.upscale(picture)  # traces the network
    for _ in range(ROUNDS):
        for name, upscaler in upscalers.items():
            began = time.perf_counter()
            result = upscaler.upscale(picture)
            height, width, _ = result.pixels.shape
            best[name] = min(best[name], (time.perf_counter() - began) / (height * width / 1e6))
    precisions = sorted({upscaler.engine.precision for upscaler in upscalers.values()})
    content = {
        "machine": f"{_machine()}, in {' or '.join(precisions)}",
        "seconds_per_megapixel": {name: round(seconds, 4) for name, seconds in best.items()},
    }
    file.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(file, (json.dumps(content, indent=1) + "\n").encode())


def read(file: Path) -> dict[str, Any]:
    """Return what `measure` wrote; no measurement if there is no file."""
    if not file.exists():
        return {"machine": "", "seconds_per_megapixel": {}}
    return json.loads(file.read_text(encoding="utf-8"))


def _machine() -> str:
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [
            line.split(":", 1)[1].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line
        ]
        model = names[0] if names else model
    return f"{os.cpu_count()} cores, {model}"
