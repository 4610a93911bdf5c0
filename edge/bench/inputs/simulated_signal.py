"""Simulate a signal before the measurement, so that the simulation costs no measured time."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edge.registry import Registry
from edge.samples import Chunk
from edge.simulation.ground_truth import Mark
from edge.source import (
    COLUMN_SOURCES,
    ECG_SOURCES,
    IMAGE_SOURCES,
    MOTION_SOURCES,
    SOUND_SOURCES,
    sources_for,
)


@dataclass(frozen=True)
class Simulator:
    """The simulated source for some channels."""

    name: str
    sources: Registry
    idle_option: str
    """The option of the source that sets the length in s of the part with nothing to recognise."""
    idle_content: str
    """What the idle signal contains."""
    sample_s: float
    """Length in s of a signal that has enough different windows to measure a model."""


SIMULATORS = (
    Simulator("heart", ECG_SOURCES, "--loose", "loose electrodes", 60.0),
    Simulator("hand", MOTION_SOURCES, "--pastime", "walks, scribbles and rest", 60.0),
    Simulator("microphone", SOUND_SOURCES, "--pause", "a quiet room", 15.0),
    Simulator("camera", IMAGE_SOURCES, "--pause", "dark images", 20.0),
)
OTHER = Simulator("sensor", COLUMN_SOURCES, "--pause", "noise", 60.0)


def simulator_of(specification: Mapping[str, Any]) -> Simulator:
    """The simulator for the channels in `input` of a manifest."""
    sources = sources_for(specification["sensor"]["channels"])
    return next((found for found in SIMULATORS if found.sources is sources), OTHER)


@dataclass(frozen=True)
class Signal:
    channels: tuple[str, ...]
    rate: float
    chunks: list[Chunk]
    marks: list[Mark]

    def save(self, folder: Path) -> None:
        """Write the signal to a folder, from which `ReplayedSignal` reads one chunk at a time."""
        folder.mkdir()
        marks = [asdict(mark) for mark in self.marks]
        sizes = [len(chunk) for chunk in self.chunks]
        header = {"channels": self.channels, "rate": self.rate, "marks": marks, "sizes": sizes}
        (folder / "header.json").write_text(json.dumps(header), encoding="utf-8")
        with (folder / "t").open("wb") as t, (folder / "values").open("wb") as values:
            for chunk in self.chunks:
                t.write(chunk.t.tobytes())
                values.write(chunk.values.tobytes())


def simulate(specification: Mapping[str, Any], seconds: float, kind: str, seed: int) -> Signal:
    """Simulate a signal for the features of a manifest.

    `kind`: "active" contains words or strokes, "idle" contains none.
    """
    simulator = simulator_of(specification)
    source_class = simulator.sources.load("mock")
    parser = argparse.ArgumentParser()
    source_class.add_options(parser.add_argument_group())
    idle = [simulator.idle_option, str(seconds)] if kind == "idle" else []
    args = parser.parse_args(["--mock", "--seed", str(seed), *idle])
    args.speed = math.inf
    chunks: list[Chunk] = []
    with source_class.from_options(args, specification["sensor"]) as source:
        for chunk in source:
            chunks.append(chunk)
            if len(chunk) and chunk.t[-1] >= seconds:
                break
        end = float(chunks[-1].t[-1])
        marks = [mark for mark in source.marks if mark.end < end]
        return Signal(source.channels, source.rate, chunks, marks)
