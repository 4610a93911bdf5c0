"""Changes that other threads request of a running recognition, such as a command over MQTT."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from math import inf
from typing import Any

MAX_CHANGES = 100  # that wait for the next chunk


class Controls:
    """Set by any thread; the chain applies the changes between two chunks.

    Each attribute is written by one side in one step, so no lock is needed.
    """

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        """The threshold of most words that is in use; None if the decision has none."""
        self.listening = True
        """While it is false, samples are read and discarded."""
        self.settings: Any = None
        """The decision settings that are in use; None if nobody needs them."""
        self.longest_wait_s = inf
        """Samples are delivered at least this often, even if no event can follow from them."""
        self._requested: float | None = None
        self._changes: deque[Callable[[Any], None]] = deque(maxlen=MAX_CHANGES)

    def request_threshold(self, threshold: float) -> None:
        """Use this threshold for all words from the next chunk on."""
        self._requested = threshold

    def take_request(self) -> float | None:
        """Return the threshold that was requested since the last call, and note it as in use."""
        requested = self._requested
        if requested is not None:
            self._requested = None
            self.threshold = requested
        return requested

    def request_change(self, change: Callable[[Any], None]) -> None:
        """Have `change` called with the chain before the next chunk, in the chain's thread."""
        self._changes.append(change)

    def take_changes(self) -> Iterator[Callable[[Any], None]]:
        """Return the changes that were requested since the last call, oldest first."""
        while self._changes:
            yield self._changes.popleft()
