"""Plots of what a model confuses and misses, as PNG files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from training.common.confusion import Counts

NO_FALSE_ACCEPT = 0.05  # an hour: where 0 is drawn, because a logarithmic axis has no zero


@dataclass(frozen=True)
class ConfusionPlot:
    """One confusion matrix and its title."""

    counts: Counts
    title: str


def plot_confusion(
    plots: Sequence[ConfusionPlot], labels: Sequence[str], true_axis: str, path: Path
) -> None:
    """Confusion matrices side by side; `true_axis` is the title of the rows, such as "drawn"."""
    side = max(4.0, 0.45 * len(labels) + 1.5)
    with figure_file(path, (side * len(plots), side), columns=len(plots)) as axes:
        for axis, plot in zip(axes, plots, strict=True):
            share = plot.counts / np.maximum(plot.counts.sum(axis=1, keepdims=True), 1)
            axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
            for row, column in np.argwhere(plot.counts > 0):
                colour = "white" if share[row, column] > 0.5 else "black"
                count = plot.counts[row, column]
                axis.text(column, row, count, ha="center", va="center", color=colour, fontsize=8)
            axis.set_xticks(range(len(labels)), labels, rotation=60)
            axis.set_yticks(range(len(labels)), labels)
            axis.set_xlabel("recognised as")
            axis.set_ylabel(true_axis)
            axis.set_title(plot.title, fontsize=9)


def plot_det(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    operating_points: Mapping[str, tuple[float, float]],
    title: str,
    path: Path,
) -> None:
    """Detection error trade-off: share of missed words against false accepts an hour.

    One curve for each noise level, and on it the operating point of the model's own thresholds.
    """
    with figure_file(path, (6, 4.5)) as (axis,):
        for name, curve in curves.items():
            x = [max(false_accepts, NO_FALSE_ACCEPT) for false_accepts, _ in curve]
            (line,) = axis.plot(x, [100 * missed for _, missed in curve], label=name)
            false_accepts, missed = operating_points[name]
            point = max(false_accepts, NO_FALSE_ACCEPT), 100 * missed
            axis.plot(*point, "o", color=line.get_color())
        axis.set_xscale("log")
        axis.set_ylim(0, 100)
        axis.set_xlabel(f"false accepts an hour (none is drawn at {NO_FALSE_ACCEPT})")
        axis.set_ylabel("missed words, %")
        axis.set_title(title, fontsize=9)
        axis.grid(alpha=0.3, which="both")
        axis.legend()


@contextmanager
def figure_file(
    path: Path, size: tuple[float, float], columns: int = 1, dpi: int = 90
) -> Iterator[list[Any]]:
    """Yield the axes of a new figure, a row of them; write it to the file at the end.

    `size` is in inches. Works without a display.
    """
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, columns, figsize=size, squeeze=False, layout="compressed")
    try:
        yield list(axes[0])
        figure.savefig(path, dpi=dpi)
    finally:
        pyplot.close(figure)
