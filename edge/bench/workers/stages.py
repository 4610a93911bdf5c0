"""The stages of the chain, each with a clock on it."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import Any

STAGES = ("source", "features", "model", "decision", "sink")


class Clock:
    """Processor time by stage."""

    def __init__(self) -> None:
        self.spent_ns: dict[str, int] = defaultdict(int)

    def on(self, stage: str, part: Any) -> Any:
        """The part of the chain, with this clock on whatever is asked of it."""
        return _Clocked(self, stage, part)

    def call(self, stage: str, function: Callable[..., Any], *args: Any) -> Any:
        before = time.thread_time_ns()
        try:
            return function(*args)
        finally:
            self.spent_ns[stage] += time.thread_time_ns() - before

    def iterate(self, stage: str, items: Iterator[Any]) -> Iterator[Any]:
        """The items; making them counts, what is then done with them does not."""
        end = object()
        while (item := self.call(stage, next, items, end)) is not end:
            yield item


class _Clocked:
    """Does what the part does; results that are iterators are clocked as they are made."""

    def __init__(self, clock: Clock, stage: str, part: Any) -> None:
        self._clock, self._stage, self._part = clock, stage, part

    def __iter__(self) -> Iterator[Any]:
        return self._clock.iterate(self._stage, iter(self._part))

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._part, name)
        if not callable(found):
            return found

        def asked(*args: Any) -> Any:
            answer = self._clock.call(self._stage, found, *args)
            if isinstance(answer, Iterator):
                return self._clock.iterate(self._stage, answer)
            return answer

        return asked
