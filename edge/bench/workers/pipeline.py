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
from edge.bench.inputs.signals import Recorded
from edge.bench.machine.memory import peak_mb
from edge.bench.results.statistics import summary
from edge.bench.workers.engines import runtime_version
from edge.bench.workers.stages import STAGES, Clock
from edge.events import Detection
from edge.model import Model
from edge.samples import Chunk, Health
from edge.simulation.motion.stream import Mark
from edge.sink import Sink
from edge.sink.json_lines import JsonLinesSink
from edge.source import Source

PASSES = 5  # of the same signal, at least
PATIENCE = 1.0  # s after its end in which a word or stroke may still be recognised


def measure_pipeline(request: dict[str, Any]) -> dict[str, Any]:
    model = Model.load(request["model"], request["runtime"])
    ready_ms = (time.monotonic_ns() - request["spawned_ns"]) / 1e6
    folder = Path(request["signal"])
    with open(os.devnull, "w") as nowhere:
        _Pass(folder, nowhere).through(model, None)  # the first is not like the others
        until = time.monotonic() + request["seconds"]
        passes: list[_Pass] = []
        while len(passes) < PASSES or time.monotonic() < until:
            passes.append(_Pass(folder, nowhere))
            passes[-1].through(model, None)
        memory = peak_mb()
        clock = Clock()
        _Pass(folder, nowhere).through(model, clock)
    last = passes[-1]
    seconds = last.source.health.samples / last.source.rate
    spent = {stage: clock.spent_ns[stage] / 1e6 / seconds for stage in STAGES}
    silent = model.manifest.decision.get("silent", ())
    words = {label for label in model.labels if label not in silent}
    return {
        "runtime_version": runtime_version(model.runtime),
        "signal_s": seconds,
        "ready_ms": ready_ms,
        "blocks_ms": [done.cpu * 1e3 / seconds for done in passes],
        "real_time_factor": float(np.median([done.wall for done in passes])) / seconds,
        "cpu_share": min(1.0, sum(p.cpu for p in passes) / sum(p.wall for p in passes)),
        "stages_ms": spent,
        "peak_mb": memory,
        **judged(last.source.marks, last.heard, words),
    }


class _Pass:
    """The signal once through a fresh chain."""

    def __init__(self, folder: Path, nowhere: Any) -> None:
        self.source = Recorded(folder)
        self.sink = JsonLinesSink(self.source.rate, "", nowhere)
        self.cpu = self.wall = 0.0
        self.heard: list[tuple[Detection, float]] = []
        self._chunk_t = self._since = 0.0

    def through(self, model: Model, clock: Clock | None) -> None:
        features, decision = model.features(self.source.channels), model.decision()
        if clock is None:
            cpu, wall = time.process_time(), time.perf_counter()
            # The chain asks no more of a source and a sink than this is.
            chain.run(cast(Source, self), features, model, decision, cast(Sink, self))
            self.cpu, self.wall = time.process_time() - cpu, time.perf_counter() - wall
        else:
            chain.run(
                clock.on("source", self.source),
                clock.on("features", features),
                clock.on("model", model),
                clock.on("decision", decision),
                clock.on("sink", self.sink),
            )

    # As a source, it notes when a chunk comes.

    @property
    def health(self) -> Health:
        return self.source.health

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self.source:
            if len(chunk):
                self._chunk_t = float(chunk.t[-1])
            self._since = time.perf_counter()
            yield chunk

    # As a sink, it notes when a detection is known: all of its chunk has come, and was computed.

    def show(self, event: Any) -> None:
        if isinstance(event, Detection):
            self.heard.append((event, self._chunk_t + time.perf_counter() - self._since))
        self.sink.show(event)

    def progress(self, health: Health, chunk: Chunk) -> None:
        self.sink.progress(health, chunk)


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
