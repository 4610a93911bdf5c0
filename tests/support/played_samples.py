"""A source that plays samples from memory as fast as they are read."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np

from edge.errors import SourceError
from edge.samples import Chunk, Health
from edge.source import Source


class PlayedSamples(Source):
    """Plays (n, channels) samples in chunks of `step` samples.

    `end` is what it does after the last sample: "end" ends the stream, "break" raises an error,
    and "wait" yields empty chunks until the reader stops.
    """

    def __init__(
        self,
        samples: np.ndarray,
        channels: tuple[str, ...],
        rate: float,
        step: int,
        end: str = "end",
    ) -> None:
        self.samples, self.channels, self.rate = samples, channels, rate
        self.step, self.end, self.health = step, end, Health()

    def __enter__(self) -> Source:
        return self

    def __exit__(self, *exc: object) -> None: ...

    def __iter__(self) -> Iterator[Chunk]:
        t = np.arange(len(self.samples)) / self.rate
        for start in range(0, len(t), self.step):
            stop = start + self.step
            chunk = Chunk(t[start:stop], self.samples[start:stop])
            self.health.count(chunk)
            yield chunk
        if self.end == "break":
            raise SourceError("the device was unplugged: plug it in again")
        while self.end == "wait":
            time.sleep(0.01)
            yield Chunk.empty(len(self.channels))
