"""A small task with strokes, for tests of what all tasks share: a source, features and a model.

A tiny stroke is a run of samples whose ax is not 0; it ends when ax is 0 again.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import StrokeError
from edge.features import Features, Window
from edge.model import Manifest, attach
from edge.registry import Registry
from edge.samples import ACCEL, MOTION, Chunk
from edge.source import Source
from played_samples import PlayedSamples

RATE = 100.0
HINT = "Do something."
LABELS = ("3", "8", "none")
SOURCES = Registry("tests.sources", {"strokes": "tiny_task:StrokeSource"})
FEATURES = "tiny_task:TinyFeatures"


class TinyFeatures(Features):
    """Cuts strokes; the window is the first two samples of a stroke."""

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        sensor = {"channels": list(MOTION), "rate_hz": 100}
        return {"kind": "tiny", "shape": [2, 4], "sensor": sensor}

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.stroke: list[np.ndarray] = []
        self.t = 0.0

    def process(self, chunk: Chunk) -> Iterator[Window]:
        for t, row in zip(chunk.t, chunk.values, strict=True):
            if row[0]:
                self.stroke.append(row[:4])
                self.t = t
            elif self.stroke:
                yield self._window(t)

    def finish(self) -> Iterator[Window]:
        if self.stroke:
            yield self._window(self.t)

    def _window(self, decided_t: float) -> Window:
        stroke = np.array(self.stroke)
        self.stroke = []
        return Window(self.t, decided_t, stroke[:2], trajectory=stroke[:, :2])

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        features = cls(specification)
        windows = [*features.process(chunk), *features.finish()]
        if len(windows) != 1:
            raise StrokeError(f"{len(windows)} strokes in it: give one")
        yield windows[0]


class StrokeSource(PlayedSamples):
    """Plays samples of motion, or of acceleration alone if they have three columns."""

    def __init__(self, samples: np.ndarray, end: str = "end", step: int = 3) -> None:
        channels = MOTION if samples.shape[1] == 6 else ACCEL
        super().__init__(samples, channels, RATE, step, end)

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--strokes", metavar="END", help="two strokes, then end, break or wait")
        parser.add_argument("--columns", type=int, default=6)

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(strokes(2)[:, : args.columns], args.strokes) if args.strokes else None


def strokes(count: int) -> np.ndarray:
    """Return (n, 6) samples: 10 for each stroke, of which the fifth and the sixth are not 0."""
    one = np.zeros((10, 6), np.float32)
    one[4:6, :4] = [[0.9, -0.5, 0.8, 0.2], [0.6, 0.7, -0.9, -0.3]]
    return np.tile(one, (count, 1))


def write_model(
    path: Path, tflite: bytes, labels: Sequence[str] = LABELS, threshold: float = 0.2
) -> Path:
    decision = {"kind": "single", "threshold": threshold, "none_label": "none"}
    manifest = Manifest("tiny", [*labels], TinyFeatures.specification(), decision)
    path.write_bytes(attach(tflite, manifest))
    return path
