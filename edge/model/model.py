"""A loaded model: from the tensor of a window to the probability of each label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.decision import DECISIONS, Decision, DecisionSettings
from edge.decision.word_prior import ClipScorer
from edge.errors import ModelError
from edge.features import FEATURES, Features, Window
from edge.model.checks import check_input, check_task, decision_settings
from edge.model.manifest import Manifest, read_model
from edge.model.network import StreamingNetwork, load
from edge.model.shipped import find_model
from edge.samples import Chunk


class Model:
    """Made by `Model.load`."""

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
        """The decision's settings as the model states them: thresholds and times."""
        self.runtime, self.network = load(content, path, len(self.labels), runtime)
        self.input_shape = self._window_shape()
        self.input_scale, self.input_zero = self.network.input_quantisation
        self.output_scale, self.output_zero = self.network.output_quantisation
        # Reused for every inference: an inference takes microseconds, and so would new arrays.
        self._real = np.empty(self.input_shape, np.float32)
        self._constants = [
            np.array(value, np.float32) for value in (self.input_scale, self.input_zero, -128, 127)
        ]
        levels = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
        zero, scale = np.float32(self.output_zero), np.float32(self.output_scale)
        self._of_level = (levels - zero) * scale  # a negative level indexes from the end
        self.clip_scorer = ClipScorer(self.labels, settings)

    @classmethod
    def load(
        cls, name_or_path: str | Path, runtime: str | None = None, task: str | None = None
    ) -> Model:
        """A shipped model by its name, or a model file; ModelError when it cannot be run here.

        `task`: refuse a model for another task.
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
        """The features that turn chunks into this model's windows."""
        stage: Features = self._features_class()(self.manifest.input)
        return stage

    def decision(self, settings: DecisionSettings | None = None) -> Decision:
        """The decision that turns this model's scores into events; `settings` replace its own."""
        decision: Decision = DECISIONS.load(self.manifest.decision["kind"])(
            self.labels, self.settings if settings is None else settings
        )
        return decision

    def windows_of_recording(self, chunk: Chunk) -> list[Window]:
        """The windows in which the one stroke or word of a whole recording may be, in order.

        An EdgeError says that there is none.
        """
        return list(self._features_class().windows_of_recording(self.manifest.input, chunk))

    def score_recording(self, chunk: Chunk) -> NDArray[np.float32]:
        """The probability of each label for a whole recording of one stroke or word.

        An EdgeError says that there is none.
        """
        windows = self.windows_of_recording(chunk)
        return self.clip_scorer.score_recording(
            np.stack([self.scores(w.tensor, w.new_rows) for w in windows])
        )

    def scores(
        self, tensor: NDArray[np.float32], new_rows: int | None = None
    ) -> NDArray[np.float32]:
        """The probability of each label; the network ends in a softmax.

        `new_rows`: how many rows at the end of the tensor are new; the rows before them are the end
        of the previous tensor. The scores are the same; a streaming network computes them faster.
        """
        if tensor.shape != self.input_shape:
            raise ModelError(
                f"{self.path} takes a tensor of shape {self.input_shape}, "
                f"and was given {tensor.shape}"
            )
        return self._of_level.take(
            self.run(self.quantised(self.network.new_part(tensor, new_rows)))
        )

    def quantised(self, tensor: NDArray[np.float32]) -> NDArray[np.int8]:
        """A tensor, or some of its rows, as int8 levels of the model's input."""
        real, (scale, zero, lowest, highest) = self._real[: len(tensor)], self._constants
        np.divide(tensor, scale, out=real)
        np.rint(real, out=real)
        np.add(real, zero, out=real)
        # Clipped before the cast, which wraps: a large value must not become a small one.
        real.clip(lowest, highest, out=real)
        return real.astype(np.int8)

    def run(self, levels: NDArray[np.int8]) -> NDArray[np.int8]:
        """Run the network: from levels of its input to levels of its output."""
        return self.network.run(levels)

    def _window_shape(self) -> tuple[int, ...]:
        """The shape of the tensors that `scores` takes."""
        network = self.network
        if not isinstance(network, StreamingNetwork):
            return network.input_shape
        # A stage behind the front end makes fewer rows of the frames, by the same factor in a step
        # and in a window.
        frames, step = self.manifest.input["shape"][0], self.manifest.input["step"]
        return frames * network.step // step, *network.input_shape[1:]

    def _features_class(self) -> Any:
        return FEATURES.load(self.manifest.input["kind"])
