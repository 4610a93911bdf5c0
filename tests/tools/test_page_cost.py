"""The rate of frames in tools.page_cost."""

from __future__ import annotations

import pytest

from tools.page_cost.frames import frame_rate


def test_the_rate_of_frames_is_that_of_whole_seconds():
    steady = [20.0 * n for n in range(201)]
    assert frame_rate(steady).per_second == 50 and frame_rate(steady).longest_ms == 20
    stuck = [*steady, 4000.0 + 700.0]
    found = frame_rate(stuck)
    assert found.per_second == 50 and found.longest_ms == pytest.approx(700)
