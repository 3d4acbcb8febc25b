"""Measures seconds and peak RSS against the size of the result, as a table and a chart."""

import io
import sys
import tempfile
from pathlib import Path

import numpy as np

from benchmarks import processes
from benchmarks.memory import clouds
from sr_core import Picture, engines, weights, write
from sr_core.files.storage import write_bytes

MEGAPIXELS = (1, 2, 4, 8, 16, 32, 64)


def report(name: str, chart: Path) -> str:
    """Enlarge pictures of many sizes, each in a fresh process; return a Markdown table and draw the chart."""
    card = weights.find(name)
    lines = [
        f"\n`python -m sr_core -n {name}`, results of 1 to {max(MEGAPIXELS)} megapixels, each in a fresh "
        "process. Seconds per megapixel are those of each megapixel after the first.\n",
        "| engine | megapixels | seconds | seconds per megapixel | peak RSS MB |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    curves: dict[str, list[tuple[float, float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind in engines.installed():
            points = curves.setdefault(kind, [])
            for megapixels in MEGAPIXELS:
                side = round((megapixels * 1e6) ** 0.5 / card.scale)
                picture = Path(folder) / "picture.png"
                write(picture, Picture(clouds(side)))
                command = [sys.executable, "-m", "sr_core", str(picture), "-o", f"{folder}/big.png"]
                usage = processes.measure([*command, "-n", name, "--engine", kind])
                size = (side * card.scale) ** 2 / 1e6
                points.append((size, usage.seconds, usage.peak / 1e6))
                slope = "" if len(points) == 1 else f"{_slope(points[0], points[-1]):.2f}"
                cells = [kind, f"{size:.1f}", f"{usage.seconds:.1f}", slope, f"{usage.peak / 1e6:,.0f}"]
                lines.append(f"| {' | '.join(cells)} |")
    write_bytes(chart, _drawn(curves))
    lines.append(f"\n![Seconds and memory against the size of the result]({chart.name})")
    return "\n".join(lines)


def _slope(first: tuple[float, float, float], last: tuple[float, float, float]) -> float:
    return (last[1] - first[1]) / (last[0] - first[0])


def _drawn(curves: dict[str, list[tuple[float, float, float]]]) -> bytes:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    for kind, points in curves.items():
        size, seconds, peak = np.transpose(points)
        for axis, values in zip(axes, (seconds, peak), strict=True):
            axis.plot(size, values, "o-", label={"tensorflow": "TensorFlow", "openvino": "OpenVINO"}[kind])
    for axis, label in zip(axes, ("seconds", "peak RSS in MB"), strict=True):
        axis.set(xlabel="result in megapixels", ylabel=label, xlim=(0, None), ylim=(0, None))
        axis.grid(alpha=0.3)
    axes[0].legend(frameon=False)
    data = io.BytesIO()
    figure.savefig(data, format="png", dpi=120)
    plt.close(figure)
    return data.getvalue()
