"""A sink of one's own beside the terminal's: counts what was recognised.

python examples/own_sink.py
"""

from __future__ import annotations

from collections import Counter

from edge.chain import Chain, run
from edge.events import Detection, RunEvent
from edge.model import Model
from edge.sink import Sink, StreamInfo
from edge.sink.terminal import TerminalSink
from edge.source.simulated.hand import SimulatedHand


class CountingSink(Sink):
    def __init__(self, info: StreamInfo) -> None:
        super().__init__(info)
        self.counts: Counter[str] = Counter()

    def show(self, event: RunEvent) -> None:
        if isinstance(event, Detection):
            self.counts[event.label] += 1


model = Model.load("airdigit")
requirements = model.manifest.input["sensor"]
with SimulatedHand(requirements, digits="2235", seed=1, speed=float("inf")) as source:
    info = StreamInfo(source.rate, source.channels)
    counting = CountingSink(info)
    run(source, Chain(model), [TerminalSink(info), counting])
print(dict(counting.counts))
