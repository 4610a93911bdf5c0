"""Time a function many times."""

from __future__ import annotations

import time
from collections.abc import Callable


def durations_s(
    function: Callable[[], object], count: int, clock: Callable[[], float] = time.perf_counter
) -> list[float]:
    """The duration of each of `count` calls in s, by the given clock."""
    durations = []
    for _ in range(count):
        started = clock()
        function()
        durations.append(clock() - started)
    return durations
