"""Takes: recordings of one stroke or one word that a person makes on request.

`motion` and `sound` have the same four modules: `capture` finds the endpoints of a take in a stream
and cuts it out, `validation` decides whether it can be used, `summary` describes it, and `storage`
writes it to a file.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Generic, TypeVar

from edge.samples import Chunk

Take = TypeVar("Take")


class Capture(ABC, Generic[Take]):
    """Endpoint detection in a stream."""

    ready: bool
    """Whether the hand is still, or the room quiet, so that the user can be prompted."""

    @abstractmethod
    def feed(self, chunk: Chunk) -> Take | None:
        """Return the take if this chunk completes it."""

    def finish(self) -> Take | None:
        """Return the take if the end of the stream completes it."""
        return None
