"""The accuracies of a study as a picture."""

from __future__ import annotations

from pathlib import Path

from training.common.plots import figure_file
from training.quantum.study.arms import ARMS
from training.quantum.study.paired import mean_of
from training.quantum.study.results import Runs, by_seed


def plot_study(runs: Runs, path: Path) -> None:
    """Draw a line for each seed over the arms, and the mean of each arm with its interval."""
    with figure_file(path, (7.5, 4.5), dpi=100) as (axis,):
        for seed in sorted({run["seed"] for run in runs}):
            values = [100 * by_seed(runs, arm, "int8", "test")[seed] for arm in ARMS]
            axis.plot(range(len(ARMS)), values, "o-", lw=0.8, ms=4, alpha=0.6, label=f"seed {seed}")
        for place, arm in enumerate(ARMS):
            accuracy = [100 * value for value in by_seed(runs, arm, "int8", "test").values()]
            found = mean_of(accuracy)
            options = {"fmt": "s", "color": "black", "capsize": 4, "zorder": 3}
            axis.errorbar(place + 0.12, found.mean, found.half_width, **options)
        axis.set_xticks(range(len(ARMS)), ARMS)
        axis.set_ylabel("int8 accuracy on the ten words, test split, %")
        axis.set_title(
            "Same network, windows and order; black: mean and 95 % confidence interval", fontsize=9
        )
        axis.grid(alpha=0.3, axis="y")
        axis.legend(fontsize=8)
