"""In a worker: run the whole chain from samples to events, as the live commands run it.

The signal was simulated and saved before, so that the source costs no more than reading a file. The
chain takes the samples as fast as it can. A live stream has pauses, in which caches lose their
contents and the clock goes down, so that the same work takes longer.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TextIO, cast

import numpy as np

from edge.bench.detections import KnownDetection, delays_and_counts
from edge.bench.engines.loading import runtime_version
from edge.bench.inputs.replayed_signal import ReplayedSignal
from edge.bench.machine.memory import peak_mb
from edge.bench.workers.stage_timer import STAGES, StageTimer
from edge.chain import Chain, run
from edge.events import Detection, Retraction
from edge.model import Model
from edge.samples import Chunk, Health
from edge.sink import Preview, Sink, StreamInfo
from edge.sink.json_lines import JsonLinesSink
from edge.source import Source

MIN_PASSES = 5  # of the chain over the same signal
TOLERANCE_S = 1.0  # after the end of a word or stroke, a detection still counts for it
BEAT_TOLERANCE_S = 0.05  # after the mark of a beat, which is 0.1 s longer than its R peak


def measure_pipeline(request: dict[str, Any]) -> dict[str, Any]:
    model = Model.load(request["model"], request["runtime"])
    ready_ms = (time.monotonic_ns() - request["spawned_ns"]) / 1e6
    folder = Path(request["signal"])
    with open(os.devnull, "w", encoding="utf-8") as output:
        _Pass(folder, output).run(model)  # the first pass is slower than the others
        until = time.monotonic() + request["seconds"]
        passes: list[_Pass] = []
        while len(passes) < MIN_PASSES or time.monotonic() < until:
            passes.append(_Pass(folder, output))
            passes[-1].run(model)
        memory = peak_mb()
        timer = StageTimer()
        _run_timed(folder, output, model, timer)
    last = passes[-1]
    seconds = last.source.health.samples / last.source.rate
    words = set(model.words)
    is_ecg = model.manifest.input["kind"] == "beats"
    tolerance_s = BEAT_TOLERANCE_S if is_ecg else TOLERANCE_S
    return {
        "runtime_version": runtime_version(model.runtime),
        "signal_s": seconds,
        "ready_ms": ready_ms,
        "blocks_ms": [done.cpu_s * 1e3 / seconds for done in passes],
        "real_time_factor": float(np.median([done.wall_s for done in passes])) / seconds,
        "cpu_share": min(1.0, sum(p.cpu_s for p in passes) / sum(p.wall_s for p in passes)),
        "stages_ms": {stage: timer.spent_ns[stage] / 1e6 / seconds for stage in STAGES},
        "peak_mb": memory,
        **delays_and_counts(last.source.marks, last.detections, words, tolerance_s),
    }


class _Pass:
    """One pass of the chain over the signal.

    It is both the source and the sink of the chain: it notes when a chunk comes and when a
    detection follows, and passes both on.
    """

    def __init__(self, folder: Path, output: TextIO) -> None:
        self.source = ReplayedSignal(folder)
        self.sink = JsonLinesSink(_info(self.source), output)
        self.cpu_s = self.wall_s = 0.0
        self.detections: list[KnownDetection] = []
        self._chunk_end = self._chunk_came = 0.0

    def run(self, model: Model) -> None:
        chain = Chain(model)
        cpu, wall = time.process_time(), time.perf_counter()
        # The chain uses only these methods of a source and a sink.
        run(cast(Source, self), chain, [cast(Sink, self)])
        self.cpu_s, self.wall_s = time.process_time() - cpu, time.perf_counter() - wall

    @property
    def health(self) -> Health:
        return self.source.health

    def __iter__(self) -> Iterator[Chunk]:
        for chunk in self.source:
            if len(chunk):
                self._chunk_end = float(chunk.t[-1])
            self._chunk_came = time.perf_counter()
            yield chunk

    def show(self, event: Any) -> None:
        if isinstance(event, Detection):
            # A live chunk is complete at the time of its last sample; then it is computed.
            known = self._chunk_end + time.perf_counter() - self._chunk_came
            self.detections.append(KnownDetection(event.label, event.t, known))
        elif isinstance(event, Retraction):
            self.detections = [d for d in self.detections if d.t != event.retracted_t]
        self.sink.show(event)

    def progress(self, health: Health, chunk: Chunk, preview: Preview | None = None) -> None:
        self.sink.progress(health, chunk)

    def truth_at(self, t: float) -> None:
        """The detections are compared with the marks afterwards."""


def _run_timed(folder: Path, output: TextIO, model: Model, timer: StageTimer) -> None:
    """One pass with a timer on each stage. It is slower, so it counts for the stages only."""
    source, chain = ReplayedSignal(folder), Chain(model)
    chain.features = timer.wrap("features", chain.features)
    chain.model = timer.wrap("model", chain.model)
    chain.decision = timer.wrap("decision", chain.decision)
    sink = timer.wrap("sink", JsonLinesSink(_info(source), output))
    run(timer.wrap("source", source), chain, [sink])


def _info(source: ReplayedSignal) -> StreamInfo:
    return StreamInfo(source.rate, source.channels)
