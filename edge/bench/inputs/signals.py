"""Simulated signal, made beforehand: what it costs to simulate is no cost of recognising."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edge.registry import load
from edge.samples import Chunk, Health
from edge.simulation.motion.stream import Mark
from edge.source import MOTION_SOURCES, SOUND_SOURCES, Source


@dataclass(frozen=True)
class Simulated:
    """Who simulates the signal for a kind of features."""

    name: str
    sources: Mapping[str, str]
    idle: str
    """The option by which it goes on for some seconds with nothing to recognise."""
    nothing: str
    """What is then going on."""
    sample_s: float
    """In so many seconds there are enough different windows to measure a model with."""


SIMULATED = {
    "stroke": Simulated("hand", MOTION_SOURCES, "--pastime", "walks, scribbles and rest", 60.0),
    "sound": Simulated("microphone", SOUND_SOURCES, "--pause", "a quiet room", 15.0),
}


@dataclass(frozen=True)
class Signal:
    channels: tuple[str, ...]
    rate: float
    chunks: list[Chunk]
    marks: list[Mark]

    @property
    def seconds(self) -> float:
        return sum(map(len, self.chunks)) / self.rate

    def save(self, folder: Path) -> None:
        """So that whoever replays it need not hold it in memory."""
        folder.mkdir()
        marks = [asdict(mark) for mark in self.marks]
        sizes = [len(chunk) for chunk in self.chunks]
        about = {"channels": self.channels, "rate": self.rate, "marks": marks, "sizes": sizes}
        (folder / "about.json").write_text(json.dumps(about))
        with (folder / "t").open("wb") as t, (folder / "values").open("wb") as values:
            for chunk in self.chunks:
                t.write(chunk.t.tobytes())
                values.write(chunk.values.tobytes())


def simulate(specification: Mapping[str, Any], seconds: float, kind: str, seed: int) -> Signal:
    """Signal for features of this specification: "active" with words or strokes, or "idle"."""
    by = SIMULATED[specification["kind"]]
    cls = load(dict(by.sources), "mock")
    parser = argparse.ArgumentParser()
    cls.add_options(parser.add_argument_group())
    idle = [by.idle, str(seconds)] if kind == "idle" else []
    args = parser.parse_args(["--mock", "--seed", str(seed), *idle])
    args.speed = math.inf
    chunks: list[Chunk] = []
    with cls.from_options(args, specification["sensor"]) as source:
        for chunk in source:
            chunks.append(chunk)
            if len(chunk) and chunk.t[-1] >= seconds:
                break
        end = float(chunks[-1].t[-1])
        marks = [mark for mark in source.marks if mark.end < end]
        return Signal(source.channels, source.rate, chunks, marks)


class Recorded(Source):
    """A saved signal, chunk by chunk as it was simulated, as fast as it is asked for."""

    def __init__(self, folder: Path) -> None:
        about = json.loads((folder / "about.json").read_text())
        self.folder, self.sizes = folder, about["sizes"]
        self.channels, self.rate = tuple(about["channels"]), float(about["rate"])
        self.marks = [Mark(**mark) for mark in about["marks"]]
        self.health = Health()

    @classmethod
    def add_options(cls, parser: argparse._ArgumentGroup) -> None:
        """None: no command offers it."""

    @classmethod
    def from_options(
        cls, args: argparse.Namespace, requirements: Mapping[str, Any]
    ) -> Source | None:
        return None

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None:
        """Nothing is held open between iterations."""

    def __iter__(self) -> Iterator[Chunk]:
        width = len(self.channels)
        with (self.folder / "t").open("rb") as t, (self.folder / "values").open("rb") as values:
            for size in self.sizes:
                times = np.frombuffer(t.read(8 * size), np.float64)
                rows = np.frombuffer(values.read(4 * size * width), np.float32)
                chunk = Chunk(times, rows.reshape(size, width))
                self.health.count(chunk)
                yield chunk
