"""Features of heartbeats: from the samples of an ECG to one small tensor for each beat.

A beat is described by its rhythm and by its shape, both compared with the beats before it of the
same patient, because hearts differ more than the beats of one heart. The constants of these
modules, with their names, are part of every model's input specification.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import RecordingError
from edge.events import Rejection
from edge.features import Features, Window
from edge.features.beats import detector, grid, p_wave, rhythm, shape, sinus
from edge.features.beats.detector import Beat, BeatDetector
from edge.features.beats.filters import Samples, StreamingFilter, without_baseline
from edge.features.beats.grid import BLOCK, MAX_GAP, RATE, Grid
from edge.features.beats.rhythm import FIRST_INTERVAL, LONGEST, Rhythm
from edge.features.beats.shape import AFTER, BEFORE, Shapes
from edge.samples import ECG, Chunk

NAMES = (*rhythm.NAMES, *shape.NAMES)
SLOW, FAST = 181, 121  # samples of the moving averages that give the baseline
SHIFT = 8  # samples by which a beat is moved at most to match the usual beat
R_PEAK = 11  # samples on each side of the middle of a beat in which its R peak is
CLIP = 4.0  # the largest value of the tensor
KEPT = round(detector.LEARNING * RATE) + BLOCK  # samples in which an overdue beat can be found
ADVANCE = round(LONGEST * RATE)  # samples after which a beat is described without the next beat


def _constants() -> dict[str, dict[str, float]]:
    """Every constant that the tensor of a beat depends on, by module."""
    modules = {
        "grid": vars(grid),
        "detector": vars(detector),
        "rhythm": vars(rhythm),
        "sinus": vars(sinus),
        "shape": vars(shape),
        "p_wave": vars(p_wave),
        "windows": globals(),
    }
    return {
        module: {
            name: value
            for name, value in names.items()
            if name.isupper() and isinstance(value, (int, float))
        }
        for module, names in modules.items()
    }


class BeatFeatures(Features):
    """One window for each beat, when the beat after it is known."""

    averages_recordings = True

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return {
            "kind": "beats",
            "version": 2,
            "shape": [len(NAMES)],
            "values": list(NAMES),
            "constants": _constants(),
            "sensor": {"channels": list(ECG), "rate_hz": round(RATE)},
        }

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self._rhythm, self._shapes = Rhythm(), Shapes()
        self._segment: _Segment | None = None
        self._newest = 0.0

    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        gaps = np.diff(chunk.t, prepend=self._newest) > MAX_GAP
        for part in np.split(np.arange(len(chunk)), np.flatnonzero(gaps)):
            if not len(part):
                continue
            first = float(chunk.t[part[0]])
            if self._segment is not None and first - self._newest > MAX_GAP:
                yield from self.finish()
            if self._segment is None:
                self._segment = _Segment(first, self._rhythm, self._shapes)
            yield from self._segment.process(chunk.t[part], chunk.values[part, 0])
            self._newest = float(chunk.t[part[-1]])

    def finish(self) -> Iterator[Window | Rejection]:
        if self._segment is not None:
            yield from self._segment.finish()
        self._segment = None

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        features = cls(specification)
        windows = [*features.process(chunk), *features.finish()]
        if not windows:
            raise RecordingError("holds no heartbeat: it is flat, noise, or too short")
        yield from (window for window in windows if isinstance(window, Window))


class _Segment:
    """The beats of samples without a gap."""

    def __init__(self, start: float, beats_rhythm: Rhythm, shapes: Shapes) -> None:
        self._rhythm, self._shapes = beats_rhythm, shapes
        self._grid = Grid(start)
        self._detector = BeatDetector()
        self._filter = StreamingFilter(without_baseline(SLOW, FAST))
        self._samples = np.zeros(BEFORE + SHIFT)
        # Number of the first sample in `_samples`.
        self._first = -len(self._samples) - self._filter.delay
        self._waiting: deque[Beat] = deque()
        self._previous: int | None = None  # sample of the beat before the first one that waits
        self._middle: int | None = None  # sample in the middle of its window
        self._newest_block: Samples = np.zeros(BLOCK)
        self._given = 0  # samples

    def process(
        self, t: NDArray[np.float64], values: NDArray[np.floating]
    ) -> Iterator[Window | Rejection]:
        for block in self._grid.process(t, values):
            self._newest_block = block
            self._given += BLOCK
            yield from self._process_block(block)

    def finish(self) -> Iterator[Window | Rejection]:
        """The beats that wait for samples: the last sample is repeated for them."""
        self._waiting.extend(self._detector.finish())
        end = self._given
        needed = ADVANCE + self._filter.delay + AFTER + SHIFT
        for _ in range(-(-needed // BLOCK)):
            for window in self._process_block(np.full(BLOCK, self._newest_block[-1])):
                if window.t <= self._grid.time_of(end):
                    yield window

    def _process_block(self, block: Samples) -> Iterator[Window]:
        self._waiting.extend(self._detector.process(block))
        self._samples = np.concatenate([self._samples, self._filter.process(block)])
        while self._waiting and self._is_complete(self._waiting[0]):
            yield self._describe(self._waiting.popleft())
        oldest = self._detector.decided - KEPT
        if self._waiting:
            oldest = min(oldest, self._waiting[0].sample)
        unused = max(0, oldest - BEFORE - SHIFT - self._first)
        self._samples, self._first = self._samples[unused:], self._first + unused

    def _is_complete(self, beat: Beat) -> bool:
        if beat.sample + AFTER + SHIFT > self._first + len(self._samples):
            return False
        return len(self._waiting) > 1 or self._detector.decided > beat.sample + ADVANCE

    def _describe(self, beat: Beat) -> Window:
        before = FIRST_INTERVAL
        if self._previous is not None:
            before = (beat.sample - self._previous) / RATE
        after = (self._waiting[0].sample - beat.sample) / RATE if self._waiting else LONGEST
        self._previous = beat.sample

        left = beat.sample - self._first - BEFORE - SHIFT
        around = self._samples[left : left + BEFORE + AFTER + 2 * SHIFT]
        shift = self._shapes.shift(around, SHIFT)
        window = around[SHIFT + shift : SHIFT + shift + BEFORE + AFTER]
        passed = None if self._middle is None else beat.sample + shift - self._middle
        self._middle = beat.sample + shift
        is_normal = not self._rhythm.is_early(before)
        values = self._rhythm.add(before, after)
        values |= self._shapes.add(window, beat.height, is_normal, passed)

        near = np.abs(window[BEFORE - R_PEAK : BEFORE + R_PEAK + 1])
        peak = beat.sample + shift + int(near.argmax()) - R_PEAK
        newest = max(beat.sample + AFTER + SHIFT + self._filter.delay, self._detector.decided)
        tensor = np.array([values[name] for name in NAMES], np.float32)
        return Window(
            t=self._grid.time_of(peak),
            decided_t=self._grid.time_of(newest),
            tensor=np.clip(tensor, -CLIP, CLIP),
            trajectory=_trajectory(window),
            heart_rate=self._rhythm.rate,
        )


def _trajectory(window: Samples) -> NDArray[np.float32]:
    """The curve of a beat: time in s from its middle to the right, mV upwards."""
    t = (np.arange(len(window)) - BEFORE) / RATE
    return np.stack([t, window], axis=1).astype(np.float32)
