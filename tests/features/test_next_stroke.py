"""The time until which a source of motion may sleep."""

from __future__ import annotations

import numpy as np

from edge.features import Window
from edge.features.motion.stroke import StrokeFeatures
from edge.samples import Chunk
from edge.source.simulated.hand import SimulatedHand

REQUIREMENTS = {"rate_hz": 100, "accel_g": 4, "gyro_dps": 500}


def test_no_stroke_ends_before_the_time_that_a_source_waits_for() -> None:
    """A source sleeps until that time, so a stroke that ended before it would be late."""
    features = StrokeFeatures(StrokeFeatures.specification())
    assert features.next_window_t() == -np.inf
    strokes, waits = 0, []
    with SimulatedHand(REQUIREMENTS, "0123", 1, speed=np.inf) as source:
        for chunk in source:
            for k in range(len(chunk)):
                expected = features.next_window_t()
                sample = Chunk(chunk.t[k : k + 1], chunk.values[k : k + 1])
                for window in features.process(sample):
                    strokes += isinstance(window, Window)
                    assert sample.t[-1] >= expected - 1e-6
                waits.append(features.next_window_t() - float(sample.t[-1]))
    assert strokes >= 4
    assert max(waits) <= 0.25 + 1e-6
    assert np.mean(np.array(waits) > 0.2) > 0.5
