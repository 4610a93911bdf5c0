"""The chain of edge-sense in a program, and the share of the network in its CPU time. MODEL"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from counting import DecisionCounter

from edge.chain import Chain, run
from edge.events import RunEvent
from edge.model import Model
from edge.sink import Sink, StreamInfo
from edge.source.files.pcm_pipe import PcmSource

LOOPS, CALLS = 10, 200
NEW_ROWS = 2  # of a window, when a decision is due


class NullSink(Sink):
    """A sink that ignores all events."""

    def show(self, event: RunEvent) -> None:
        pass


def main() -> None:
    model = Model.load(sys.argv[1])
    requirements = model.manifest.input["sensor"]
    counter = DecisionCounter()
    scores = model.scores
    last_tensor: Any = None

    def count_and_keep(tensor: Any, new_rows: int | None) -> Any:
        nonlocal last_tensor
        last_tensor = tensor
        counter.decisions += 1  # without the time of the first: this worker leaves out the start
        return scores(tensor, new_rows)

    model.scores = count_and_keep  # type: ignore[method-assign,assignment]
    with PcmSource(requirements) as source:
        chain = Chain(model)
        started = time.process_time()
        run(source, chain, [NullSink(StreamInfo(source.rate, source.channels))])
        cpu_s = time.process_time() - started
    each_us = {} if last_tensor is None else _decision_us(model, scores, last_tensor)
    size = model.path.stat().st_size
    counter.write_report(cpu_s=cpu_s, sound_s=source.health.duration, bytes=size, each_us=each_us)


def _decision_us(model: Model, scores: Callable[..., Any], tensor: Any) -> dict[str, float]:
    """CPU time of one decision: all of it, and the part of the runtime."""
    runtime: Any = model.network._interpreter
    native = hasattr(runtime, "_interpreter")
    # The bound method must not be kept: the runtime refuses to run while others refer to it.
    invoke = (lambda: runtime._interpreter.Invoke()) if native else runtime.invoke
    return {"scores": _fastest_us(lambda: scores(tensor, NEW_ROWS)), "invoke": _fastest_us(invoke)}


def _fastest_us(call: Callable[[], Any]) -> float:
    """The mean CPU time of a call in the fastest loop."""
    means = []
    for _ in range(LOOPS):
        started = time.process_time()
        for _ in range(CALLS):
            call()
        means.append((time.process_time() - started) / CALLS * 1e6)
    return round(min(means), 2)


main()
