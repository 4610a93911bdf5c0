"""A chain whose model can be exchanged while it runs, with another model in its shadow.

The model in the shadow gets the same chunks; its events are only counted. Before the switch it is
the new model, after it the old one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from edge.chain import Chain
from edge.controls import Controls
from edge.decision import Event
from edge.events import Detection, Retraction
from edge.fleet.offer import Plan
from edge.samples import Chunk
from edge.text import one_line

SLACK = 3  # detections by which the counts may differ by chance
POLL_INTERVAL = 0.25  # s


@dataclass
class Comparison:
    """The detections of two models in the same samples."""

    plan: Plan
    old: int = 0
    new: int = 0
    seconds: float = 0.0

    def fault(self) -> str:
        """Why the new model must not be used, as far as it is known already; "" for no reason."""
        if self.new > self.old * self.plan.high + SLACK:
            return f"it has {self.new} detections, and the old model {self.old}: too many"
        if self.is_complete() and self.new < self.old * self.plan.low - SLACK:
            return f"it has {self.new} detections, and the old model {self.old}: too few"
        return ""

    def is_complete(self) -> bool:
        return self.seconds >= self.plan.minutes * 60 or self.old >= self.plan.events


class ExchangeableChain(Chain):
    """`process` is called by the thread of the recognition, the other methods by one other thread.

    Requests are applied between two chunks, so the stream never stops.
    """

    def __init__(
        self, chain: Chain, controls: Controls, on_switch: Callable[[Chain], None]
    ) -> None:
        """`on_switch` gets the chain that is used from now on."""
        self.model, self.features, self.decision = chain.model, chain.features, chain.decision
        self.settings = chain.settings
        self.watch_window = chain.watch_window
        self._controls, self._on_switch = controls, on_switch
        self._current = chain
        self._other: Chain | None = None
        self._comparison: Comparison | None = None
        self._new_is_current = False
        self._fault: str | None = None
        self._requests: list[Callable[[], None]] = []
        self._lock = threading.Lock()

    # For the other thread

    def compare(self, other: Chain, plan: Plan, is_new: bool) -> Comparison:
        """Begin to run another chain in the shadow; `is_new`: whether it has the new model."""
        comparison = Comparison(plan)

        def begin() -> None:
            self._other, self._comparison, self._fault = other, comparison, None
            self._new_is_current = not is_new

        self._request(begin)
        return comparison

    def verdict(self, comparison: Comparison, wait: Callable[[float], object]) -> str:
        """Wait until it is clear whether the new model is good; return its fault, or "".

        After a fault of the model that is in use, the other one is in use already. `wait` waits
        for some seconds, and raises an exception to stop.
        """
        while True:
            if self._comparison is comparison:
                if self._fault is not None:
                    return self._fault
                if comparison.is_complete():
                    return ""
            wait(POLL_INTERVAL)

    def exchange(self, plan: Plan) -> Comparison:
        """Use the new model from the next chunk on, and go on to compare it with the old one."""
        comparison = Comparison(plan)

        def begin() -> None:
            if self._other is not None:
                self._exchange()
            self._comparison = comparison

        self._request(begin)
        return comparison

    def end_comparison(self) -> None:
        self._request(self._forget)

    def use(self, chain: Chain) -> None:
        """Use another chain from the next chunk on."""

        def replace() -> None:
            self._other = chain
            self._exchange()
            self._forget()

        self._request(replace)

    def _request(self, change: Callable[[], None]) -> None:
        with self._lock:
            self._requests.append(change)

    # In the thread of the recognition

    def apply(self, controls: Controls) -> None:
        super().apply(controls)
        self._apply_requests()  # also while the recognition is paused

    def _apply_requests(self) -> None:
        with self._lock:
            requests, self._requests = self._requests, []
        for change in requests:
            change()

    def process(self, chunk: Chunk) -> Iterator[Event]:
        self._apply_requests()
        if self._comparison is None:
            yield from super().process(chunk)
            return
        if self._new_is_current:
            yield from self._watched(chunk)
        else:
            yield from self._counted(super().process(chunk))
            self._run_shadow(chunk)
        if len(chunk) and self._comparison is not None:
            self._comparison.seconds += len(chunk) / self._rate()
        self._check()

    def _watched(self, chunk: Chunk) -> Iterator[Event]:
        """Events of the new model; after an error, those of the old one."""
        try:
            yield from self._counted(super().process(chunk))
        except Exception as error:  # whatever a model does, the recognition goes on
            self._fail(_failure(error))
            yield from super().process(chunk)
            return
        self._run_shadow(chunk)

    def _run_shadow(self, chunk: Chunk) -> None:
        if self._other is None or self._fault is not None:
            return
        try:
            self._count(self._other.process(chunk), is_new=not self._new_is_current)
        except Exception as error:
            if not self._new_is_current:
                self._fail(_failure(error))
            else:
                self._other = None  # the old model is not needed if it fails

    def _counted(self, events: Iterator[Event]) -> Iterator[Event]:
        for event in events:
            self._count([event], self._new_is_current)
            yield event

    def _count(self, events: Iterable[Event], is_new: bool) -> None:
        for event in events:
            change = isinstance(event, Detection) - isinstance(event, Retraction)
            if self._comparison is not None and is_new:
                self._comparison.new += change
            elif self._comparison is not None:
                self._comparison.old += change

    def _check(self) -> None:
        if self._comparison is not None and self._fault is None:
            fault = self._comparison.fault()
            if fault:
                self._fail(fault)

    def _fail(self, fault: str) -> None:
        if self._new_is_current and self._other is not None:
            self._exchange()
        self._other = None
        self._fault = fault

    def _exchange(self) -> None:
        if self._other is None:
            return
        self._current.settings = self.settings  # they may have been changed
        self._current, self._other = self._other, self._current
        used = self._current
        used.take_watchers(self._other)
        self.model, self.features, self.decision = used.model, used.features, used.decision
        self._new_is_current = not self._new_is_current
        self.settings = used.settings
        self.show_settings(self._controls)
        self._on_switch(used)

    def _forget(self) -> None:
        self._other = self._comparison = None
        self._fault, self._new_is_current = None, False

    def _rate(self) -> float:
        rate: float = self.model.manifest.input["sensor"]["rate_hz"]
        return rate


def _failure(error: Exception) -> str:
    return f"it fails: {one_line(str(error) or type(error).__name__)}"
