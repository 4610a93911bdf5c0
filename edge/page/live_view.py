"""What a browser draws: spectrogram, scores and strokes, collected in the chain's thread.

Nothing is collected while no browser shows the live view.
"""

from __future__ import annotations

import base64
import json
import math
from time import monotonic
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.features import Window
from edge.samples import ACCEL, Chunk
from edge.sink import Preview

EVERY_S = 0.05  # between two messages: more often costs time, less often delays the drawing
PATH_EVERY_S = 0.06  # between two drawings of an unfinished stroke, which take time to compute
MAX_COLUMNS = 100  # of the spectrogram in one message; more are skipped, as with --speed max
MAX_SCORES = 50
MAX_SAMPLES = 100
SIGNAL_HZ = 60.0  # of motion and of an ECG, at most
# Levels of the spectrogram in nats, as bytes: LOWEST is 0, and a step is 1 / STEPS.
LOWEST, STEPS = -14.0, 12.0
NATS_TO_DB = 10 / math.log(10)


class LiveView:
    def __init__(self) -> None:
        self.active = False
        """Whether somebody watches; set by the thread of the server."""
        self.skipped = 0
        """Columns of the spectrogram that were left out because too many came at once."""
        self._sent_at = self._path_at = 0.0
        self._t: float | None = None
        self._columns_t = self._level = self._peak = 0.0
        self._open = False
        self._path: list[list[float]] | None = None
        self._columns: list[bytes] = []
        self._scores: list[list[float]] = []
        self._signal: list[list[float]] = []

    def add_block(self, t: float, block: NDArray[np.float32], level: float, is_open: bool) -> None:
        """Take a block of frames of the spectrogram; see `edge.features.BlockWatcher`."""
        if not self.active:
            return
        levels = (block - LOWEST) * STEPS
        self._columns.append(levels.clip(0, 255).astype(np.uint8).tobytes())
        self._columns_t = t
        self._level, self._open = level * NATS_TO_DB, is_open
        if len(self._columns) * len(block) > MAX_COLUMNS:
            self.skipped += len(block)
            del self._columns[0]

    def add_window(self, window: Window, scores: NDArray[np.float32]) -> None:
        """Take the scores of a window; of a stroke there are two rows, under both signs."""
        if self.active and scores.ndim == 1:
            row = [round(window.t, 3), *(round(score, 4) for score in scores.tolist())]
            self._scores.append(row)
            if len(self._scores) > MAX_SCORES:
                del self._scores[0]

    def add_chunk(self, chunk: Chunk, rate: float, preview: Preview | None) -> str | None:
        """Take the samples; return a message if it is time for one."""
        if not self.active:
            return None
        now = monotonic()
        if len(chunk):
            self._t = float(chunk.t[-1])
            if chunk.values.shape[1] == 1:
                self._peak = max(self._peak, float(np.abs(chunk.values).max()))
            if rate < 1000:  # motion or an ECG, which have no spectrogram
                self._add_signal(chunk, rate)
        if preview is not None and now - self._path_at >= PATH_EVERY_S:
            self._path_at = now
            path = preview()
            self._path = None if path is None else np.round(path, 3).tolist()
        if now - self._sent_at < EVERY_S:
            return None
        self._sent_at = now
        message = self._message()
        self._clear()
        return message

    def _add_signal(self, chunk: Chunk, rate: float) -> None:
        step = max(1, round(rate / SIGNAL_HZ))
        values = chunk.values[::step]
        if values.shape[1] > 1:
            accel = np.linalg.norm(values[:, : len(ACCEL)], axis=1)
            turn = np.linalg.norm(values[:, len(ACCEL) :], axis=1)
            values = np.stack([accel, turn], axis=1)
        rows = np.column_stack([chunk.t[::step], values]).round(3).tolist()
        self._signal = (self._signal + rows)[-MAX_SAMPLES:]

    def _message(self) -> str:
        live: dict[str, Any] = {"t": self._t}
        if self._columns:
            live["columns"] = base64.b64encode(b"".join(self._columns)).decode()
            live["columns_t"] = round(self._columns_t, 3)
            live["level"] = round(self._level, 1)
        live["open"] = self._open if self._path is None else True
        if self._scores:
            live["scores"] = self._scores
        if self._signal:
            live["signal"] = self._signal
        if self._path is not None:
            live["path"] = self._path
        live["peak"] = round(self._peak, 4)
        return json.dumps({"live": live}, separators=(",", ":"))

    def _clear(self) -> None:
        self._columns, self._scores, self._signal = [], [], []
        self._peak = 0.0
