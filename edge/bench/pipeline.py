"""In a worker: the whole way from samples to events, as the live commands go it.

The signal was simulated and saved before, so the source costs what reading a file does. It comes
as fast as it is taken; a live stream leaves pauses in which caches cool down and clocks slow down.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np

from edge import chain
from edge.bench.engines import runtime_version
from edge.bench.memory import peak_mb
from edge.bench.signals import Recorded
from edge.bench.stages import STAGES, Clock
from edge.bench.statistics import summary
from edge.events import Detection
from edge.model import Model
from edge.samples import Chunk
from edge.simulation.stream import Mark
from edge.sink import Sink
from edge.sink.json_lines import JsonLinesSink
from edge.source import Source

BLOCK = 5.0  # s of signal
PATIENCE = 1.0  # s after its end in which a word or stroke may still be recognised


def measure_pipeline(request: dict[str, Any]) -> dict[str, Any]:
    model = Model.load(request["model"], request["runtime"])
    ready_ms = (time.monotonic_ns() - request["spawned_ns"]) / 1e6
    folder = Path(request["signal"])
    with open(os.devnull, "w") as nowhere:
        plain = _Run(folder, nowhere)
        cpu, wall = time.process_time(), time.perf_counter()
        plain.through(model, None)
        cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
        memory = peak_mb()
        clocked = _Run(folder, nowhere)
        clock = Clock()
        clocked.through(model, clock)
    seconds = plain.source.health.samples / plain.source.rate
    spent = {stage: clock.spent_ns[stage] / 1e6 / seconds for stage in STAGES}
    silent = model.manifest.decision.get("silent", ())
    words = {label for label in model.labels if label not in silent}
    return {
        "runtime_version": runtime_version(model.runtime),
        "signal_s": seconds,
        "ready_ms": ready_ms,
        "cpu_ms_per_s": cpu * 1e3 / seconds,
        "blocks_ms": plain.blocks_ms,
        "real_time_factor": wall / seconds,
        "cpu_share": min(1.0, cpu / wall),
        "stages_ms": spent,
        "peak_mb": memory,
        **judged(plain.source.marks, plain.heard, words),
    }


class _Run:
    """The signal once through a fresh chain."""

    def __init__(self, folder: Path, nowhere: Any) -> None:
        self.source = Recorded(folder)
        self.sink = JsonLinesSink(self.source.rate, "", nowhere)
        self.blocks_ms: list[float] = []
        self.heard: list[tuple[Detection, float]] = []
        self._chunk_t = self._since = 0.0

    def through(self, model: Model, clock: Clock | None) -> None:
        features, decision = model.features(self.source.channels), model.decision()
        if clock is None:
            # The chain asks no more of a source and a sink than this is.
            chain.run(cast(Source, self), features, model, decision, cast(Sink, self))
        else:
            chain.run(
                clock.on("source", self.source),
                clock.on("features", features),
                clock.on("model", model),
                clock.on("decision", decision),
                clock.on("sink", self.sink),
            )

    # As a source, it cuts the time into blocks.

    @property
    def health(self) -> Any:
        return self.source.health

    def __iter__(self) -> Iterator[Chunk]:
        began_t, began = 0.0, time.process_time()
        for chunk in self.source:
            if len(chunk):
                self._chunk_t = float(chunk.t[-1])
                if self._chunk_t - began_t >= BLOCK:
                    now = time.process_time()
                    self.blocks_ms.append((now - began) * 1e3 / (self._chunk_t - began_t))
                    began_t, began = self._chunk_t, now
            self._since = time.perf_counter()
            yield chunk

    # As a sink, it notes when each detection is known: all of its chunk had come, and was computed.

    def show(self, event: Any) -> None:
        if isinstance(event, Detection):
            self.heard.append((event, self._chunk_t + time.perf_counter() - self._since))
        self.sink.show(event)

    def pulse(self, health: Any, chunk: Chunk) -> None:
        self.sink.pulse(health, chunk)


def judged(
    marks: list[Mark], heard: list[tuple[Detection, float]], words: set[str]
) -> dict[str, Any]:
    """How long after its end each word or stroke was known, and how many were not."""
    delays_ms, wrong = [], 0
    left = list(heard)
    true = [mark for mark in marks if mark.label in words]
    for mark in true:
        mine = [pair for pair in left if mark.start < pair[0].t < mark.end + PATIENCE]
        left = [pair for pair in left if pair not in mine]
        right = [known for event, known in mine if event.label == mark.label]
        if right:
            delays_ms.append((right[0] - mark.end) * 1e3)
        elif mine:
            wrong += 1
    return {
        "delay_ms": summary(np.array(delays_ms)) if delays_ms else None,
        "marks": len(true),
        "right": len(delays_ms),
        "wrong": wrong,
        "extra": len(left),
    }
