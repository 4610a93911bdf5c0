"""Accuracy of live recognition: recorded takes, played to the live chain."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edge.events import Detection
from edge.features import Window
from edge.features.motion.stroke import LIVE_HANG
from edge.model.model import Model
from edge.samples import Chunk
from training.motion import dataset
from training.motion.config import TrainingConfig
from training.motion.export import int8_model
from training.motion.strokes import Strokes
from training.motion.thresholds import choose_threshold


def live_accuracy(folder: str, int8: bytes, validation: Strokes, config: TrainingConfig) -> str:
    """A line of Markdown: how many takes of a folder give one detection, of the right digit."""
    threshold = choose_threshold(int8_model(int8), validation, config)
    model = int8_model(int8, threshold)
    results: Counter[str] = Counter()
    for take in dataset.read_takes(folder):
        labels = _detected_labels(model, Chunk(take.t, take.values))
        correct = labels == [take.label]
        results["correct" if correct else f"{min(len(labels), 2)} detections"] += 1
    total = results.total()
    return (
        f"- {Path(folder).name}: {results['correct'] / total:.3f} of {total} right; "
        f"no answer {results['0 detections']}, a wrong one {results['1 detections']}, "
        f"several {results['2 detections']} (threshold {threshold:.2f}; a hand that pauses for "
        f"{LIVE_HANG} s within a digit takes it apart)"
    )


def _detected_labels(model: Model, recording: Chunk) -> list[str]:
    features, decision = model.features(), model.decision()
    windows = [*features.process(recording), *features.finish()]
    events = [
        event
        for window in windows
        if isinstance(window, Window)
        for event in decision.process(window, model.scores(window.tensor))
    ]
    return [event.label for event in events if isinstance(event, Detection)]
