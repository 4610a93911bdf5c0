"""The scores that a model gives to labelled clips, and its accuracy on them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.model import Model
from edge.samples import Chunk
from training.common.confusion import Counts, confusion_matrix
from training.sound.data.clip_files import LabelledClip
from training.sound.data.recordings import load_samples
from training.sound.evaluate.clip_accuracy.float_network import FloatNetwork, load_onnx

Scores = NDArray[np.float32]


@dataclass(frozen=True)
class ClipScores:
    """The scores of one model for many clips. All scores are (clips, labels)."""

    labels: list[str]
    truth: NDArray[np.intp]
    """The number of each clip's true label."""
    int8: Scores
    """Of the int8 model with the word prior, as `edge-classify` prints them."""
    float32: Scores | None
    """Of the float network with the word prior, if there is a float network."""
    without_prior: Scores
    """Of the int8 model as in a moment of a stream. For a clip that is longer than a window, the
    mean over more of the clip."""
    speakers: int

    def correct(self, scores: Scores, label: int | None = None) -> tuple[int, int]:
        """Return the number of correct clips, and of all clips; of one label or of all labels."""
        chosen = np.ones(len(self.truth), bool) if label is None else self.truth == label
        correct = scores[chosen].argmax(axis=1) == self.truth[chosen]
        return int(correct.sum()), int(chosen.sum())

    def accuracy(self, scores: Scores) -> float:
        correct, clips = self.correct(scores)
        return correct / clips

    def confusion(self) -> Counts:
        """Return the confusion matrix of the int8 model."""
        return confusion_matrix(self.truth, self.int8.argmax(axis=1), len(self.labels))

    def summary(self) -> str:
        """Return the accuracies as one line of a log."""
        accuracies = f"int8 {self.accuracy(self.int8):.4f}"
        if self.float32 is not None:
            accuracies += f", float {self.accuracy(self.float32):.4f}"
        return f"{len(self.truth)} clips, {accuracies}"


def score_clips(
    model: Model, clips: Sequence[LabelledClip], float_network: FloatNetwork | None = None
) -> ClipScores:
    """Score each clip with the model, and with its float network.

    The float network is by default the ONNX file beside the model, if there is one.
    """
    rate = model.manifest.rate_hz
    network = float_network or load_onnx(model.path.with_suffix(".onnx"), len(model.labels))
    int8, without_prior, float32 = [], [], []
    for clip in clips:
        samples = load_samples(clip.path, rate)
        chunk = Chunk(np.arange(len(samples)) / rate, samples[:, np.newaxis])
        windows = model.windows_of_recording(chunk)
        scores = np.stack([model.scores(w.tensor, w.new_rows) for w in windows])
        int8.append(model.clip_scorer.score_recording(scores))
        without_prior.append(model.clip_scorer.best_stretch(scores))
        if network:
            float_scores = network(np.stack([w.tensor for w in windows]))
            float32.append(model.clip_scorer.score_recording(float_scores))
    return ClipScores(
        labels=list(model.labels),
        truth=np.array([model.labels.index(clip.word) for clip in clips]),
        int8=np.stack(int8),
        float32=np.stack(float32) if network else None,
        without_prior=np.stack(without_prior),
        speakers=len({clip.speaker for clip in clips} - {""}),
    )
