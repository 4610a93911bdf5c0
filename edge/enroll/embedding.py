"""Run the embedding network over a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edge.enroll.embedding_file import EmbeddingFile
from edge.features.sound.front_end import FrontEnd
from edge.model.network import StreamingNetwork, load_network

Samples = NDArray[np.float32]
Levels = NDArray[np.int8]


class Embedding:
    """The network computes the same as it does live."""

    def __init__(self, file: EmbeddingFile, runtime: str | None = None) -> None:
        self.file = file
        self.front_end = FrontEnd(**file.input["front_end"])
        self.step: int = file.input["step"]
        """Rows of the spectrogram in a step."""
        self.step_s = self.step * self.front_end.hop / self.front_end.rate_hz
        self.rate = self.front_end.rate_hz
        self._window_rows: int = file.input["shape"][0]
        self.runtime, network = load_network(
            file.network, Path("the embedding"), file.dimensions, runtime
        )
        assert isinstance(network, StreamingNetwork)
        self._network = network

    def of_recording(self, samples: Samples) -> NDArray[np.float32]:
        """Return the embeddings of a recording, a row for each step; `steps` selects a part.

        Before and after the recording, its first and last row are repeated, as silence would give
        other embeddings than the room.
        """
        rows = self.front_end.frames(samples)
        delay = round(self.file.delay_s / self.step_s)
        before = -(-self._window_rows // self.step) * self.step
        rows = np.pad(rows, ((before, (delay + 1) * self.step), (0, 0)), mode="edge")
        return self.of_rows(rows)[before // self.step + delay :]

    def steps(self, start_s: float, end_s: float) -> slice:
        """Return the steps of a recording from `start_s` to `end_s`, at least one."""
        start, end = round(start_s / self.step_s), round(end_s / self.step_s)
        return slice(start, max(end, start + 1))

    def of_rows(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the embedding of each step of rows of the spectrogram."""
        scale, zero = self._network.input_quantisation
        levels = np.clip(np.rint(rows / np.float32(scale)) + zero, -128, 127).astype(np.int8)
        out_scale, out_zero = self._network.output_quantisation
        steps = range(0, len(levels) - self.step + 1, self.step)
        found = [self._network.run(levels[at : at + self.step]) for at in steps]
        embeddings = np.array(found, np.float32).reshape(len(found), self.file.dimensions)
        return (embeddings - np.float32(out_zero)) * np.float32(out_scale)
