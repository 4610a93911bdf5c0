"""Features of strokes: from the samples of an IMU to one window for each stroke."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.events import Rejection
from edge.features import Features, Window
from edge.features.motion import gate
from edge.features.motion.binning import binned
from edge.features.motion.facts import StrokeFacts
from edge.features.motion.faults import fault_of
from edge.features.motion.gate import LIVE_HANG, Gate
from edge.features.motion.gyro_check import DEAD_GYRO, GyroCheck
from edge.features.motion.inputs import POINTS, drawn_path, stroke_inputs
from edge.features.motion.pose import CHANNELS, flipped
from edge.features.motion.recording import candidate_spans, rows_of
from edge.features.motion.span import Span
from edge.features.motion.specification import constants
from edge.samples import MOTION, Chunk


class StrokeFeatures(Features):
    """A window for each stroke that the motion gate finds, and for each join of strokes that may be
    one digit. Of the windows that are decided at the same time, the longest comes first."""

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {
            "kind": "stroke",
            "version": 2,
            "shape": [POINTS, CHANNELS],
            "constants": constants(),
            "sensor": {"channels": list(MOTION), "rate_hz": 100, "accel_g": 4, "gyro_dps": 500},
        }

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.gate = Gate(LIVE_HANG)
        self._gyro_check = GyroCheck()

    def next_window_t(self) -> float:
        """See `Features`: a stroke ends after the hang time without movement."""
        if not self.gate.rows:
            return -np.inf
        moved_t = self.gate.rows[-1][0] if self.gate.started is None else self.gate.active_t
        return moved_t + self.gate.hang_s

    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        for row in rows_of(chunk):
            if self._gyro_check.is_open and self._gyro_check.finds_dead_gyro(row):
                yield Rejection(DEAD_GYRO, row[0], {})
            yield from _windows(self.gate.push(row))

    def finish(self) -> Iterator[Window | Rejection]:
        yield from _windows(self.gate.finish())

    def preview(self) -> NDArray[np.float32] | None:
        rows = self.gate.unfinished()
        if len(rows) < gate.FEWEST:
            return None
        return window_of(Span(rows, rows[-1][0], rows[-1][0])).trajectory

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        yield from map(window_of, candidate_spans(chunk))


def _windows(spans: list[Span]) -> Iterator[Window | Rejection]:
    for span in reversed(spans):
        fault = fault_of(span)
        if fault is None:
            yield window_of(span)
        elif span.joined == 1:
            yield Rejection(fault, span.end, {})


def window_of(span: Span) -> Window:
    """The window of a stroke, with its tensors under both signs of the lateral axis."""
    motion, duration, clipped = binned(span)
    made = stroke_inputs(motion[None], np.array([duration]), np.array([clipped]))
    tensor = made.tensors[0]
    facts = StrokeFacts(
        start=span.start,
        joined=span.joined,
        agreement=float(made.agreement[0]),
        lateral=made.lateral[0],
        angle_trust=float(made.trust[0, 0]),
        position_trust=float(made.trust[0, 1]),
        clipped_gyro=clipped[1],
    )
    return Window(
        span.end,
        span.decided,
        tensor,
        trajectory=drawn_path(tensor),
        other_sign=flipped(tensor),
        stroke=facts,
    )
