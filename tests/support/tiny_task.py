"""A tiny task with a source, features and a model, for tests of code that all tasks share.

A stroke of this task is a run of samples whose ax is not 0.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edge.errors import SourceError, StrokeError
from edge.features import Features, Window
from edge.model import Manifest, attach
from edge.registry import Registry
from edge.samples import ACCEL, MOTION, Chunk, Health
from edge.source import Source

RATE = 100.0
HINT = "Do something."
SOURCES = Registry("tests.sources", {"list": "tiny_task:ListSource"})
FEATURES = "tiny_task:TinyFeatures"


class TinyFeatures(Features):
    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {"kind": "tiny", "sensor": {"channels": list(MOTION), "rate_hz": 100}}

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.run: list[np.ndarray] = []
        self.t = 0.0

    def process(self, chunk: Chunk) -> Iterator[Window]:
        for t, row in zip(chunk.t, chunk.values, strict=True):
            if row[0]:
                self.run.append(row[:4])
                self.t = t
            elif self.run:
                yield self._window(t)

    def finish(self) -> Iterator[Window]:
        if self.run:
            yield self._window(self.t)

    def _window(self, decided_t: float) -> Window:
        run = np.array(self.run)
        self.run = []
        return Window(self.t, decided_t, run[:2], trajectory=run[:, :2])

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        features = cls(specification)
        windows = [*features.process(chunk), *features.finish()]
        if len(windows) != 1:
            raise StrokeError(f"{len(windows)} strokes in it: give one")
        yield windows[0]


class ListSource(Source):
    """Plays an array of samples.

    `end` says what follows: "end", "break" (an error), or "wait" (no more samples).
    """

    def __init__(self, samples: np.ndarray, end: str = "end") -> None:
        self.samples, self.end = samples, end
        self.channels = MOTION if samples.shape[1] == 6 else ACCEL
        self.rate, self.health, self.step = RATE, Health(), 3

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        parser.add_argument("--list", metavar="END", help="two strokes, then end, break or wait")
        parser.add_argument("--columns", type=int, default=6)

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return cls(strokes(2)[:, : args.columns], args.list) if args.list else None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Chunk]:
        t = np.arange(len(self.samples)) / RATE
        for at in range(0, len(t), self.step):
            chunk = Chunk(t[at : at + self.step], self.samples[at : at + self.step])
            self.health.count(chunk)
            yield chunk
        if self.end == "break":
            raise SourceError("the list was torn: glue it")
        while self.end == "wait":
            time.sleep(0.01)
            yield Chunk(np.empty(0), np.empty((0, len(self.channels)), np.float32))


def strokes(count: int) -> np.ndarray:
    """Return (n, 6) samples: 10 for each stroke, of which 2 are the stroke itself."""
    one = np.zeros((10, 6), np.float32)
    one[4:6, :4] = [[0.9, -0.5, 0.8, 0.2], [0.6, 0.7, -0.9, -0.3]]
    return np.tile(one, (count, 1))


def write_model(path: Path, tflite: bytes, labels: list[str], threshold: float = 0.2) -> Path:
    decision = {"kind": "single", "threshold": threshold, "none_label": "none"}
    manifest = Manifest("tiny", labels, TinyFeatures.specification(), decision)
    path.write_bytes(attach(tflite, manifest))
    return path
