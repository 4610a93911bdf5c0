"""Accuracy of live recognition: recorded takes, played to the live chain."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from edge.features.motion.gate import LIVE_HANG
from edge.model.model import Model
from edge.samples import Chunk
from training.motion import dataset
from training.motion.playback import play


def live_accuracy(folder: str, model: Model) -> str:
    """A line of Markdown: how many takes of a folder give one detection, of the right digit."""
    results: Counter[str] = Counter()
    for take in dataset.read_takes(folder):
        labels = [a.label for a in play(model, Chunk(take.t, take.values), model.decision())]
        correct = labels == [take.label]
        results["correct" if correct else f"{min(len(labels), 2)} detections"] += 1
    total = results.total()
    return (
        f"- {Path(folder).name}: {results['correct'] / total:.3f} of {total} right; "
        f"no answer {results['0 detections']}, a wrong one {results['1 detections']}, "
        f"several {results['2 detections']} (a rest of {LIVE_HANG} s ends a stroke; detections "
        "that were retracted do not count)"
    )
