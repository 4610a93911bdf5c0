"""The plot of the measured networks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from tools.cnn_zoo.measure import Row

# Where a name can stand beside its point, in points of the page: its position and its alignment.
PLACES = (
    ((7, 3), "left", "bottom"),
    ((7, -3), "left", "top"),
    ((-7, 3), "right", "bottom"),
    ((-7, -3), "right", "top"),
    ((0, 11), "center", "bottom"),
    ((0, -11), "center", "top"),
    ((14, 14), "left", "bottom"),
    ((14, -14), "left", "top"),
)


def plot(rows: Sequence[Row], path: Path) -> None:
    """Latency against size, both logarithmic; the area of a point grows with the memory."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    measured = [row for row in rows if "cpu_ms" in row]
    points = [(row["bytes"] / 1e6, row["cpu_ms"]) for row in measured]
    figure, axes = pyplot.subplots(figsize=(9, 6))
    for row, at in zip(measured, points, strict=True):
        axes.scatter(*at, s=row["peak_mb"], color="tab:blue", alpha=0.4, linewidths=0)
    axes.set(
        xscale="log",
        yscale="log",
        xlabel="int8 model in MB (area of a point: memory of the process)",
        ylabel="latency on one core of this computer in ms",
    )
    axes.margins(x=0.15, y=0.08)
    axes.grid(True, which="both", alpha=0.3)
    figure.tight_layout()
    _write_names(axes, [row["network"] for row in measured], points)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def _write_names(axes: Any, names: Sequence[str], points: Sequence[tuple[float, float]]) -> None:
    """Write each name beside its point, at the first place where it covers no other name."""
    renderer = axes.figure.canvas.get_renderer()
    centres = axes.transData.transform(points)
    boxes: list[Any] = []
    for name, at in zip(names, points, strict=True):
        tried: list[tuple[int, int, Any, Any]] = []
        for offset, across, along in PLACES:
            text = axes.annotate(
                name,
                at,
                offset,
                textcoords="offset points",
                fontsize=8,
                ha=across,
                va=along,
            )
            box = text.get_window_extent(renderer)
            faults = sum(box.overlaps(other) for other in boxes) * 10
            faults += sum(box.contains(*centre) for centre in centres)
            tried.append((faults, len(tried), text, box))
        best = min(tried, key=lambda one: one[:2])
        for one in tried:
            if one is not best:
                one[2].remove()
        boxes.append(best[3])
