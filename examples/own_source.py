"""A source of one's own: samples of a motion sensor from a CSV stream on standard input.

python examples/own_source.py < examples/recordings/3.csv

The columns are t_ms,ax,ay,az,gx,gy,gz in ms, m/s^2 and rad/s. A package can offer such a source to
the commands as well: see examples/plugin.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import numpy as np

import edge
from edge.samples import MOTION
from edge.source import Source


class StdinSource(Source):
    channels = MOTION
    rate = 100.0

    def __enter__(self) -> Source:
        self.health = edge.Health()
        return self

    def __exit__(self, *exc: object) -> None:
        pass

    def __iter__(self) -> Iterator[edge.Chunk]:
        next(sys.stdin)  # the header
        for line in sys.stdin:
            t_ms, *values = (float(field) for field in line.split(","))
            chunk = edge.Chunk(np.array([t_ms / 1000]), np.array([values]))
            self.health.count(chunk)
            yield chunk


for event in edge.listen("airdigit", source=StdinSource()):
    print(f"{event.label}, {event.score:.2f}")
