"""A loaded model: from a window's tensor to the probability of each label."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge import registry
from edge.decision import DECISIONS, Decision
from edge.decision.word_prior import ClipScorer
from edge.errors import ModelError
from edge.features import FEATURES, Features, Window
from edge.model.checks import check_decision, check_input, check_task
from edge.model.manifest import Manifest, read_model
from edge.model.network import StreamingNetwork, load
from edge.model.shipped import find_model
from edge.samples import Chunk


class Model:
    """Made by `Model.load`."""

    def __init__(self, path: Path, manifest: Manifest, content: bytes, runtime: str | None) -> None:
        self.path = path
        self.manifest = manifest
        self.labels = manifest.labels
        self.runtime, self.network = load(content, path, len(self.labels), runtime)
        self.input_shape = self._window_shape()
        self.input_scale, self.input_zero = self.network.input_quantisation
        self.output_scale, self.output_zero = self.network.output_quantisation
        # For one inference takes microseconds, and so would making these anew for each.
        self._real = np.empty(self.input_shape, np.float32)
        self._constants = [
            np.array(value, np.float32) for value in (self.input_scale, self.input_zero, -128, 127)
        ]
        levels = np.arange(256, dtype=np.uint8).view(np.int8).astype(np.float32)
        zero, scale = np.float32(self.output_zero), np.float32(self.output_scale)
        self._of_level = (levels - zero) * scale  # a negative level counts from the end
        self.clip_scorer = ClipScorer(self.labels, manifest.decision)

    @classmethod
    def load(
        cls, name_or_path: str | Path, runtime: str | None = None, task: str | None = None
    ) -> Model:
        """A shipped model by its name, or a model file; ModelError when it cannot be run here.

        `task` is what the caller is for: a model for another one is refused.
        """
        path = find_model(name_or_path)
        content, manifest = read_model(path)
        check_task(manifest, path, task)
        check_input(manifest, path)
        check_decision(manifest, path)
        return cls(path, manifest, content, runtime)

    def features(self, channels: tuple[str, ...]) -> Features:
        """What turns chunks of these channels into this model's windows."""
        stage: Features = self._features_class()(self.manifest.input, channels)
        return stage

    def windows_of_recording(self, chunk: Chunk, channels: tuple[str, ...]) -> list[Window]:
        """Where the one thing may be that a whole recording holds, in order: one place at least.

        An EdgeError says when it holds none.
        """
        return list(
            self._features_class().windows_of_recording(self.manifest.input, chunk, channels)
        )

    def score_recording(self, chunk: Chunk, channels: tuple[str, ...]) -> NDArray[np.float32]:
        """How likely each label is for a whole recording that somebody asks about.

        An EdgeError says when it holds nothing of the kind.
        """
        windows = self.windows_of_recording(chunk, channels)
        return self.clip_scorer.score_recording(
            np.stack([self.scores(w.tensor, w.new_rows) for w in windows])
        )

    def decision(self) -> Decision:
        """What turns this model's scores into events."""
        kind = registry.load(DECISIONS, self.manifest.decision["kind"])
        decision: Decision = kind(self.labels, self.manifest.decision)
        return decision

    def scores(
        self, tensor: NDArray[np.float32], new_rows: int | None = None
    ) -> NDArray[np.float32]:
        """The probability of each label; the model ends in a softmax.

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
        """A tensor, or some rows of one, in the levels of the model's input."""
        real, (scale, zero, lowest, highest) = self._real[: len(tensor)], self._constants
        np.divide(tensor, scale, out=real)
        np.rint(real, out=real)
        np.add(real, zero, out=real)
        # Clipped before the cast, which would wrap: a large value must not become a small one.
        real.clip(lowest, highest, out=real)
        return real.astype(np.int8)

    def run(self, levels: NDArray[np.int8]) -> NDArray[np.int8]:
        """The network itself: from levels of its input to levels of its output."""
        return self.network.run(levels)

    def _window_shape(self) -> tuple[int, ...]:
        """Of the tensors that scores are asked for."""
        network = self.network
        if not isinstance(network, StreamingNetwork):
            return network.input_shape
        # A stage behind the front end makes fewer rows of its frames, in steps and windows alike.
        frames, step = self.manifest.input["shape"][0], self.manifest.input["step"]
        return frames * network.step // step, *network.input_shape[1:]

    def _features_class(self) -> Any:
        return registry.load(FEATURES, self.manifest.input["kind"])
