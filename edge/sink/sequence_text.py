"""Lines that show the waveforms of a window."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from edge.events import SequenceOutput
from edge.sink.braille import draw

MAX_COLUMNS, ROWS = 60, 6  # characters of a drawing


def sequence_text(event: SequenceOutput) -> str:
    """The range and the mean of each waveform, in one line."""
    parts = []
    for name, values in zip(event.names, event.values.T, strict=True):
        known = values[np.isfinite(values)]
        if len(known):
            low, mean, high = known.min(), known.mean(), known.max()
            text = f"{name}  {low:.4g} to {high:.4g}, mean {mean:.4g} {event.unit}"
            parts.append(text.rstrip())
    return f"{event.t:9.2f} s  {'; '.join(parts)}"


def drawings(event: SequenceOutput, width: int, unicode: bool) -> Iterator[str]:
    """The name and the curve of each input and of each waveform."""
    columns = max(1, min(width - 2, MAX_COLUMNS))
    curves = [*event.inputs.items(), *zip(event.names, event.values.T, strict=True)]
    for name, values in curves:
        if len(curves) > 1:
            yield f" {name}"
        yield from (f" {line}" for line in draw(_curve(values, columns), columns, ROWS, unicode))


def _curve(values: NDArray[np.float32], columns: int) -> NDArray[np.float32]:
    """The points of a curve that fills a drawing: two dots across and four down a character."""
    k = np.flatnonzero(np.isfinite(values))
    x = k / max(1, len(values) - 1) * columns * 2
    low, span = (values[k].min(), np.ptp(values[k])) if len(k) else (0, 0)
    y = (values[k] - low) / (span or 1) * ROWS * 4
    return np.stack([x, y], axis=1).astype(np.float32)
