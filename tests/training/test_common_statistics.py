"""Confidence intervals, confusion matrices and weighted sampling."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from training.common.confusion import confusion_matrix, most_confused
from training.common.intervals import poisson_interval, wilson_interval
from training.common.plots import ConfusionPlot, plot_confusion, plot_det
from training.common.sampling import WeightedSampler

PNG = b"\x89PNG"


@pytest.mark.parametrize(
    ("successes", "trials"), [(0, 10), (7, 10), (10, 10), (47, 50), (450, 482), (950, 1000)]
)
def test_wilson_interval_is_the_one_of_scipy(successes: int, trials: int) -> None:
    expected = stats.binomtest(successes, trials).proportion_ci(0.95, "wilson")
    assert wilson_interval(successes, trials) == pytest.approx(tuple(expected), abs=1e-6)


def test_wilson_interval_of_no_trial_is_everything() -> None:
    assert wilson_interval(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("count", [0, 1, 3, 5, 10, 100, 250, 3000])
def test_poisson_interval_is_the_exact_one(count: int) -> None:
    low = stats.chi2.ppf(0.025, 2 * count) / 2 if count else 0.0
    high = stats.chi2.ppf(0.975, 2 * count + 2) / 2
    assert poisson_interval(count) == pytest.approx((low, high), rel=1e-6)


def test_confusion_matrix_counts_true_classes_in_rows() -> None:
    truth, recognised = np.array([0, 0, 0, 1, 2, 0]), np.array([0, 1, 1, 1, 2, 2])
    counts = confusion_matrix(truth, recognised, 4)
    assert counts.tolist() == [[1, 2, 1, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]
    assert most_confused(counts, 0) == (1, 2)
    assert [most_confused(counts, true_class) for true_class in (1, 2, 3)] == [None] * 3
    assert counts[0, 0] == 1, "the matrix itself is left alone"


def test_plots_are_png_files(tmp_path: Path) -> None:
    counts = np.array([[3, 1], [0, 2]])
    plots = [ConfusionPlot(counts, "one"), ConfusionPlot(counts * 2, "two")]
    plot_confusion(plots, ["yes", "no"], "said", tmp_path / "confusion.png")
    curves = {"clean": [(0.0, 0.2), (1.0, 0.1)], "10 dB": [(0.5, 0.4), (2.0, 0.3)]}
    points = {"clean": (0.0, 0.2), "10 dB": (2.0, 0.3)}
    plot_det(curves, points, "title", tmp_path / "det.png")
    for name in ("confusion.png", "det.png"):
        assert (tmp_path / name).read_bytes()[:4] == PNG


def test_weighted_sampler_draws_rows_by_their_weight() -> None:
    tf.random.set_seed(1)
    rows = WeightedSampler(np.array([1.0, 0.0, 3.0, 4.0]))(8000).numpy()
    share = np.bincount(rows, minlength=4) / 8000
    assert share == pytest.approx([0.125, 0.0, 0.375, 0.5], abs=0.02)
