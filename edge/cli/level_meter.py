"""A level meter in the last line of a terminal."""

from __future__ import annotations

import sys
from time import monotonic

import numpy as np

from edge.console import supports_escape_codes, supports_unicode
from edge.samples import Chunk
from edge.sink.terminal import ERASE, meter

INTERVAL = 0.1  # s between two updates


class LevelMeter:
    """Shows the peak of the newest sound on stderr, if that is a terminal."""

    def __init__(self) -> None:
        self._visible = supports_escape_codes(sys.stderr)
        self._unicode = supports_unicode(sys.stderr)
        self._peak, self._next_update = 0.0, 0.0

    def show(self, chunk: Chunk) -> None:
        if not self._visible or not len(chunk):
            return
        self._peak = max(self._peak, float(np.abs(chunk.values).max()))
        if monotonic() >= self._next_update:
            text = meter(self._peak, self._unicode)
            # The cursor returns to the start of the line: the next message overwrites the meter.
            print(f"\r{text}{ERASE}\r", end="", file=sys.stderr, flush=True)
            self._peak, self._next_update = 0.0, monotonic() + INTERVAL
