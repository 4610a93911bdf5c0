"""How sure a figure is, and the pictures of what a model of sound gets wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import exp, sqrt
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

NORMAL_95 = 1.959964
TAIL = 0.025  # on either side of an interval of 95 %
NONE_YET = 0.05  # false accepts an hour that "none" is drawn at: a logarithm has no zero


def wilson(right: int, of: int) -> tuple[float, float]:
    """95 % interval (Wilson) of a share of which `right` out of `of` were seen."""
    if not of:
        return 0.0, 1.0
    share, z2 = right / of, NORMAL_95**2
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = NORMAL_95 / (1 + z2 / of) * sqrt(share * (1 - share) / of + z2 / (4 * of**2))
    return max(0.0, middle - half), min(1.0, middle + half)


def poisson(count: int) -> tuple[float, float]:
    """Exact 95 % interval of the number expected where `count` were seen."""
    lower = _mean_for(count - 1, 1 - TAIL) if count else 0.0
    return lower, _mean_for(count, TAIL)


def _mean_for(count: int, chance: float) -> float:
    """The Poisson mean with which `count` or fewer have that chance."""
    low, high = 0.0, 2.0 * count + 20.0
    for _ in range(60):
        mean = (low + high) / 2
        low, high = (mean, high) if _up_to(count, mean) > chance else (low, mean)
    return (low + high) / 2


def _up_to(count: int, mean: float) -> float:
    """The chance of `count` or fewer, summed in logarithms so that a large mean is no zero."""
    if mean <= 0:
        return 1.0
    k = np.arange(count + 1)
    log_factorial = np.cumsum(np.log(np.maximum(k, 1)))
    terms = k * np.log(mean) - mean - log_factorial
    top = float(terms.max())
    return exp(top) * float(np.exp(terms - top).sum())


def confusion_picture(
    counts: NDArray[np.intp], labels: Sequence[str], title: str, path: Path
) -> None:
    """Rows: what was said; columns: what the model says."""
    pyplot = _pyplot()
    side = max(4.0, 0.45 * len(labels) + 1.5)
    figure, axis = pyplot.subplots(figsize=(side, side), layout="constrained")
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    axis.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for row, column in np.argwhere(counts > 0):
        colour = "white" if share[row, column] > 0.5 else "black"
        text = counts[row, column]
        axis.text(column, row, text, ha="center", va="center", color=colour, fontsize=8)
    axis.set_xticks(range(len(labels)), labels, rotation=60)
    axis.set_yticks(range(len(labels)), labels)
    axis.set_xlabel("recognised as")
    axis.set_ylabel("said")
    axis.set_title(title, fontsize=9)
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def det_picture(
    curves: Mapping[str, Sequence[tuple[float, float]]],
    chosen: Mapping[str, tuple[float, float]],
    title: str,
    path: Path,
) -> None:
    """Misses (share) against false accepts an hour: a curve for each noise level, and the point
    on it that the model's own thresholds choose."""
    pyplot = _pyplot()
    figure, axis = pyplot.subplots(figsize=(6, 4.5), layout="constrained")
    for name, curve in curves.items():
        x = [max(false, NONE_YET) for false, _ in curve]
        (line,) = axis.plot(x, [100 * missed for _, missed in curve], label=name)
        false, missed = chosen[name]
        axis.plot(max(false, NONE_YET), 100 * missed, "o", color=line.get_color())
    axis.set_xscale("log")
    axis.set_ylim(0, 100)
    axis.set_xlabel(f"false accepts an hour (none is drawn at {NONE_YET})")
    axis.set_ylabel("missed words, %")
    axis.set_title(title, fontsize=9)
    axis.grid(alpha=0.3, which="both")
    axis.legend()
    figure.savefig(path, dpi=90)
    pyplot.close(figure)


def _pyplot():  # type: ignore[no-untyped-def]
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    return pyplot
