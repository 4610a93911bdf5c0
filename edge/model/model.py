"""A loaded model: it computes the probability of each label for the tensor of a window."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import DECISIONS, Decision, DecisionSettings
from edge.decision.word_prior import ClipScorer
from edge.errors import ModelError
from edge.events import SequenceOutput
from edge.features import FEATURES, Features, Window
from edge.model.checks import check_input, check_task, decision_settings
from edge.model.manifest import Manifest
from edge.model.model_file import read_model
from edge.model.network import RUNTIME_ERRORS, cannot_run, check_shape, load_network
from edge.model.shipped import find_model
from edge.samples import Chunk


class Model:
    """Create it with `Model.load`."""

    def __init__(
        self,
        path: Path,
        manifest: Manifest,
        settings: DecisionSettings,
        content: bytes,
        runtime: str | None,
    ) -> None:
        self.path = path
        self.manifest = manifest
        self.labels = manifest.labels
        self.settings = settings
        """The decision settings in the manifest: thresholds and times."""
        self.runtime, self.network = load_network(
            content, path, len(self.labels), runtime, settings.output_shapes(len(self.labels))
        )
        self.input_shape: tuple[int, ...] = self._features_class().tensor_shape(manifest.input)
        """The shape of the tensors that `scores` takes."""
        check_shape(self.network, path, self.input_shape)
        self.input_scale, self.input_zero = self.network.input_quantisation
        self.output_scale, self.output_zero = self.network.output_quantisation
        # Reused for every inference: an inference takes only microseconds, and to allocate arrays
        # would take as long.
        self._scaled = np.empty(self.input_shape, np.float32)
        self._quantisation = [
            np.array(value, np.float32) for value in (self.input_scale, self.input_zero, -128, 127)
        ]
        levels = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
        zero, scale = np.float32(self.output_zero), np.float32(self.output_scale)
        # The score of each int8 output level; a negative level indexes from the end.
        self._score_of_level = (levels - zero) * scale
        self.clip_scorer = ClipScorer(self.labels, settings)
        self._scores_of_window = self._decision_class().window_scores

    @classmethod
    def load(
        cls, name_or_path: str | Path, runtime: str | None = None, task: str | None = None
    ) -> Model:
        """Load a shipped model by its name, or a model file; ModelError if it cannot run here.

        `task`: the task that the model must be for (default: any).
        """
        path = find_model(name_or_path)
        content, manifest = read_model(path)
        check_task(manifest, path, task)
        check_input(manifest, path)
        return cls(path, manifest, decision_settings(manifest, path), content, runtime)

    @property
    def words(self) -> list[str]:
        """The labels that can be detected."""
        return [label for label in self.labels if label not in self.settings.background_labels]

    def features(self) -> Features:
        """New features that turn chunks into this model's windows."""
        features: Features = self._features_class()(self.manifest.input)
        return features

    def decision(self, settings: DecisionSettings | None = None) -> Decision:
        """A new decision that turns this model's scores into events.

        `settings` replace those in the manifest.
        """
        decision: Decision = self._decision_class()(
            self.labels, self.settings if settings is None else settings
        )
        return decision

    def windows_of_recording(self, chunk: Chunk) -> list[Window]:
        """The windows that may hold the one stroke or word of a whole recording, in order.

        EdgeError if the recording holds none.
        """
        return list(self._features_class().windows_of_recording(self.manifest.input, chunk))

    def score_recording(self, chunk: Chunk) -> NDArray[np.float32]:
        """The probability of each label for a whole recording of one stroke or word.

        EdgeError if the recording holds none.
        """
        windows = self.windows_of_recording(chunk)
        scores = [self.window_scores(window) for window in windows]
        if self._features_class().averages_recordings:
            mean: NDArray[np.float32] = np.mean(scores, axis=0)
            return mean
        return self._decision_class().score_recording(self.labels, self.settings, windows, scores)

    def sequence_of_recording(self, chunk: Chunk) -> SequenceOutput:
        """The waveforms of a whole recording, for a model that computes waveforms.

        EdgeError if the recording is too short.
        """
        from edge.decision.sequence import SequenceSettings, joined, sequence_output

        if not isinstance(self.settings, SequenceSettings):
            raise ModelError(f"{self.path} gives scores of labels, no waveform")
        windows = self.windows_of_recording(chunk)
        return joined(
            [
                sequence_output(self.labels, self.settings, window, self.window_scores(window))
                for window in windows
            ]
        )

    def window_scores(self, window: Window) -> NDArray[np.float32]:
        """What a decision takes: the probability of each label, (labels,); of a stroke under both
        signs of its lateral axis, (2, labels). Of a model with enrolled words: an embedding."""
        return self._scores_of_window(self.settings, self.scores, window)

    def scores(
        self, tensor: NDArray[np.float32], new_rows: int | None = None
    ) -> NDArray[np.float32]:
        """What the network gives: the probability of each label, as it ends in a softmax, or the
        embedding of the newest step.

        `new_rows`: the number of rows at the end of the tensor that are new; the rows before them
        are the end of the previous tensor. A streaming network then computes the same scores
        faster, because it skips the rows that it has processed already.
        """
        if tensor.shape != self.input_shape:
            raise ModelError(
                f"{self.path} takes a tensor of shape {self.input_shape}, "
                f"and was given {tensor.shape}"
            )
        rows = self.network.rows_to_run(tensor, new_rows)
        return self._score_of_level.take(self.run(self.quantised(rows)))

    def quantised(self, tensor: NDArray[np.float32]) -> NDArray[np.int8]:
        """A tensor, or some of its rows, as int8 levels of the model's input."""
        scaled, (scale, zero, lowest, highest) = self._scaled[: len(tensor)], self._quantisation
        np.divide(tensor, scale, out=scaled)
        np.rint(scaled, out=scaled)
        np.add(scaled, zero, out=scaled)
        # Clip before the cast, because the cast wraps: a large value would become a small one.
        scaled.clip(lowest, highest, out=scaled)
        return scaled.astype(np.int8)

    def run(self, levels: NDArray[np.int8]) -> NDArray[np.int8]:
        """Run the network on the int8 levels of its input; return the levels of its output."""
        try:
            return self.network.run(levels)
        except RUNTIME_ERRORS as error:
            raise ModelError(cannot_run(self.runtime, self.path, error)) from None

    def _decision_class(self) -> Any:
        return DECISIONS.load(self.manifest.decision["kind"])

    def _features_class(self) -> Any:
        return FEATURES.load(self.manifest.input["kind"])
