"""Pictures of the worst takes of each test set: both trajectories under both signs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.errors import StrokeError
from edge.features.motion.pose import ANGLE, POSITION
from edge.features.motion.recording import main_span
from edge.features.motion.stroke import window_of
from training.motion.playback import Answer
from training.motion.strangers.results import Result
from training.motion.strokes import DIGITS, LABELS, NONE
from training.motion.takes import Take

WORST = 10
PICTURES = ("angle", "position", "angle, other sign", "position, other sign")


def plot_worst(result: Result, folder: Path) -> Path:
    """A PNG file with the WORST takes of a set, one in each column."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    worst = sorted(result.pairs(), key=lambda pair: _quality(*pair))[:WORST]
    figure, axes = pyplot.subplots(
        len(PICTURES), max(len(worst), 1), figsize=(1.6 * max(len(worst), 1), 7), squeeze=False
    )
    for column, (take, one) in enumerate(worst):
        for row, (name, path) in enumerate(zip(PICTURES, _paths(take), strict=True)):
            axis = axes[row, column]
            axis.axis("off")
            axis.set_aspect("equal", "datalim")
            axis.plot(path[:, 0], path[:, 1], lw=0.8, color="0.5")
            axis.scatter(path[:, 0], path[:, 1], c=np.arange(len(path)), s=5)
            axis.plot(*path[:1].T, "r^", ms=5)
            title = f"{take.figure}: {one.label} {one.scores.max():.2f}\n{take.group[-14:]}"
            axis.set_title(title if row == 0 else name, fontsize=7)
    figure.suptitle(f"{result.test_set.name}: the worst takes; a triangle marks the start")
    folder.mkdir(parents=True, exist_ok=True)
    safe = "".join(c if c.isalnum() else "-" for c in result.test_set.name)
    file = folder / f"{safe}.png"
    figure.savefig(file, dpi=80)
    pyplot.close(figure)
    return file


def _quality(take: Take, one: Answer) -> float:
    """The probability of the right answer."""
    if take.label == NONE:
        return float(1 - one.scores[: len(DIGITS)].max())
    return float(one.scores[LABELS.index(take.label)])


def _paths(take: Take) -> list[NDArray[np.float32]]:
    try:
        window = window_of(main_span(take.chunk))
    except StrokeError:
        return [np.zeros((1, 2), np.float32)] * len(PICTURES)
    assert window.other_sign is not None
    return [
        tensor[:, channels]
        for tensor in (window.tensor, window.other_sign)
        for channels in (ANGLE, POSITION)
    ]
