"""The two measurements of `training.evaluate`: figures for `--json` and tables, and their plots."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from training.common.plots import ConfusionPlot, plot_confusion, plot_det
from training.sound.data.clip_files import LabelledClip
from training.sound.evaluate.clip_accuracy.figures import clip_figures
from training.sound.evaluate.clip_accuracy.scores import score_clips
from training.sound.evaluate.evaluated_model import EvaluatedModel
from training.sound.evaluate.long_audio import LongAudio
from training.sound.evaluate.spotting.det_curve import det_curve
from training.sound.evaluate.spotting.figures import long_audio_figures, spot_words


def evaluate_clips(
    model: EvaluatedModel, clips: Sequence[LabelledClip], plots: Path | None = None
) -> dict[str, Any]:
    """Measure clip accuracy; write the confusion matrix to the folder `plots`."""
    scores = score_clips(model.model, clips)
    figures = clip_figures(scores, model.settings.thresholds)
    if plots:
        title = f"{model.path.name}: {figures['int8']:.1%} of {figures['clips']} clips correct"
        path = plots / f"{model.path.stem}-confusion.png"
        plot_confusion([ConfusionPlot(scores.confusion(), title)], scores.labels, "said", path)
    return figures


def evaluate_long_audio(
    model: EvaluatedModel, audios: Sequence[LongAudio], plots: Path | None = None
) -> dict[str, Any]:
    """Measure hits and false accepts on each audio; write the DET curves to the folder `plots`."""
    levels, curves, operating_points = [], {}, {}
    for audio in audios:
        level = spot_words(model.model, audio, model.settings, model.words)
        levels.append(long_audio_figures(level))
        if plots:
            curves[audio.name] = det_curve(level.scored, model.settings, model.words)
            operating_points[audio.name] = level.result.false_per_hour, level.result.miss_rate
    if plots:
        path = plots / f"{model.path.stem}-det.png"
        plot_det(curves, operating_points, f"{model.path.name} on long audio", path)
    thresholds = {word: model.settings.thresholds[word] for word in model.words}
    return {"thresholds": thresholds, "levels": levels}
