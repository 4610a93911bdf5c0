"""Progress of long computations, logged with the time that is left.

The worker processes of simulations import this module, so it does not import TensorFlow.
"""

from __future__ import annotations

import logging
import time

log = logging.getLogger(__name__)


class Progress:
    """Logs how many of `total` steps are done, and estimates the time for the others."""

    def __init__(self, task: str, total: int) -> None:
        self.task, self.total = task, total
        self._started = time.monotonic()

    def report(self, done: int, detail: str = "") -> None:
        """Log that `done` steps are done."""
        detail = f", {detail}" if detail else ""
        seconds = (time.monotonic() - self._started) / max(1, done) * (self.total - done)
        left = f", {duration(seconds)} left" if done < self.total else ""
        log.info("%s %d of %d%s%s", self.task, done, self.total, detail, left)


def duration(seconds: float) -> str:
    """Seconds below two minutes, else minutes."""
    return f"{seconds:.0f} s" if seconds < 120 else f"{seconds / 60:.0f} min"
