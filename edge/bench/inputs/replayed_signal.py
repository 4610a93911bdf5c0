"""A source that replays a saved signal."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from edge.samples import Chunk, Health
from edge.simulation.ground_truth import Mark
from edge.source import Source


class ReplayedSignal(Source):
    """Yields the chunks of a saved `Signal` as fast as the chain takes them."""

    def __init__(self, folder: Path) -> None:
        header = json.loads((folder / "header.json").read_text(encoding="utf-8"))
        self.folder, self.sizes = folder, header["sizes"]
        self.channels, self.rate = tuple(header["channels"]), float(header["rate"])
        self.marks = [Mark(**mark) for mark in header["marks"]]
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        """No options, because no command offers this source."""

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing to close: files are open only during an iteration."""

    def __iter__(self) -> Iterator[Chunk]:
        width = len(self.channels)
        with (self.folder / "t").open("rb") as t, (self.folder / "values").open("rb") as values:
            for size in self.sizes:
                times = np.frombuffer(t.read(8 * size), np.float64)
                rows = np.frombuffer(values.read(4 * size * width), np.float32)
                chunk = Chunk(times, rows.reshape(size, width))
                self.health.count(chunk)
                yield chunk
