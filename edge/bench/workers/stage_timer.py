"""Measure the processor time of each stage of the chain."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

STAGES = ("source", "features", "model", "decision", "sink")


class StageTimer:
    def __init__(self) -> None:
        self.spent_ns: dict[str, int] = defaultdict(int)
        """Processor time of each stage."""

    def wrap(self, stage: str, component: Any) -> Any:
        """The component, with each of its method calls and iterations timed."""
        return _TimedComponent(self, stage, component)

    def call(self, stage: str, function: Callable[..., Any], *args: Any) -> Any:
        before = time.thread_time_ns()
        try:
            return function(*args)
        finally:
            self.spent_ns[stage] += time.thread_time_ns() - before

    def iterate(self, stage: str, items: Iterator[Any]) -> Iterator[Any]:
        """The items. Only the time to produce them counts, not the time of their consumer."""
        end = object()
        while (item := self.call(stage, next, items, end)) is not end:
            yield item


class _TimedComponent:
    """Passes everything on to the component. Iterators that it returns are timed as they run."""

    def __init__(self, timer: StageTimer, stage: str, component: Any) -> None:
        self._timer, self._stage, self._component = timer, stage, component

    def __iter__(self) -> Iterator[Any]:
        return self._timer.iterate(self._stage, iter(self._component))

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._component, name)
        if not callable(attribute):
            return attribute

        def timed(*args: Any) -> Any:
            result = self._timer.call(self._stage, attribute, *args)
            if isinstance(result, Iterator):
                return self._timer.iterate(self._stage, result)
            return result

        return timed
