"""The chain in a program of one's own, and what of it is the network. MODEL"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import Any

from telling import Teller

from edge import chain
from edge.events import Detection, Number, Rejection, Summary
from edge.model import Model
from edge.sink import Sink
from edge.source.files.pcm_pipe import PcmSource

LOOPS, CALLS = 10, 200
FRESH = 2  # rows of a window that are new when a decision is due


class Counting(Sink):
    """What is detected is of no interest here."""

    def show(self, event: Detection | Rejection | Number | Summary) -> None:
        pass


def main() -> None:
    model = Model.load(sys.argv[1])
    requirements = model.manifest.input["sensor"]
    teller = Teller()
    asked: list[Any] = []
    scores = model.scores

    def counted(tensor: Any, new_rows: int | None) -> Any:
        asked.append(tensor)
        return scores(tensor, new_rows)

    model.scores = counted  # type: ignore[method-assign,assignment]
    with PcmSource(requirements) as source:
        parts = model.features(source.channels), model, model.decision()
        began = time.process_time()
        chain.run(source, *parts, Counting(source.rate, ""))
        cpu = time.process_time() - began
    teller.decisions = len(asked)
    each = _each(model, scores, asked[-1]) if asked else {}
    size = model.path.stat().st_size
    teller.tell(cpu_s=cpu, sound_s=source.health.duration, bytes=size, each_us=each)


def _each(model: Model, scores: Callable[..., Any], tensor: Any) -> dict[str, float]:
    """Microseconds of one decision: all of it, and the runtime's own part."""
    runtime: Any = model.network._interpreter
    native = hasattr(runtime, "_interpreter")
    # It must not be held: the runtime counts who holds it, and refuses.
    invoke = (lambda: runtime._interpreter.Invoke()) if native else runtime.invoke
    return {"scores": _least(lambda: scores(tensor, FRESH)), "invoke": _least(invoke)}


def _least(call: Callable[[], Any]) -> float:
    found = []
    for _ in range(LOOPS):
        began = time.process_time()
        for _ in range(CALLS):
            call()
        found.append((time.process_time() - began) / CALLS * 1e6)
    return round(min(found), 2)


main()
