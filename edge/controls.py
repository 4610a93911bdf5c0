"""Changes that other threads request of a running recognition, such as a command over MQTT."""

from __future__ import annotations


class Controls:
    """Set by any thread; the chain applies the changes between two chunks.

    Each attribute is written by one side in one step, so no lock is needed.
    """

    def __init__(self, threshold: float | None = None) -> None:
        self.threshold = threshold
        """The threshold of most words that is in use; None if the decision has none."""
        self.listening = True
        """While it is false, samples are read and discarded."""
        self._requested: float | None = None

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
