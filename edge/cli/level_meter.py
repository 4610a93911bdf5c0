"""A level meter in the last line of a terminal."""

from __future__ import annotations

import sys
from time import monotonic

import numpy as np

from edge.cli.status_line import StatusLine
from edge.console import supports_unicode
from edge.samples import Chunk
from edge.sink.status import meter

INTERVAL = 0.1  # s between two updates


class LevelMeter:
    """Shows the peak of the newest sound on stderr, if that is a terminal."""

    def __init__(self) -> None:
        self._line = StatusLine()
        self._unicode = supports_unicode(sys.stderr)
        self._peak, self._next_update = 0.0, 0.0

    def show(self, chunk: Chunk) -> None:
        if not len(chunk):
            return
        self._peak = max(self._peak, float(np.abs(chunk.values).max()))
        if monotonic() >= self._next_update:
            self._line.show(meter(self._peak, self._unicode))
            self._peak, self._next_update = 0.0, monotonic() + INTERVAL
