"""Windows of samples: the input of a model of your own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import inf
from typing import Any

import numpy as np

from edge.errors import RecordingError, SampleError
from edge.events import Rejection
from edge.features import Features, Window
from edge.features.window.filters import filtered, taps_of
from edge.features.window.scaling import scaled
from edge.features.window.segment import MAX_GAP, MAX_GAP_SAMPLES, Cut, Segment, check_rate
from edge.features.window.specification import window_specification
from edge.samples import MOTION, Chunk


class WindowFeatures(Features):
    """A window every `hop` samples, without a condition. A gap in the samples begins anew."""

    averages_recordings = True

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return window_specification(wanted or {})

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self._length, self._hop = specification["length"], specification["hop"]
        self._shape, self._scaling = tuple(specification["shape"]), specification["scaling"]
        self._channels_first = specification["channels_first"]
        channels = specification["sensor"]["channels"]
        self._rate = specification["sensor"]["rate_hz"]
        wanted = specification["filter"]
        self._taps = None if wanted is None else taps_of(**wanted, rate=self._rate)
        self._margin = 0 if self._taps is None else len(self._taps) // 2
        # A motion sensor may have more channels than the model.
        in_motion = set(channels) <= set(MOTION)
        self._columns = [MOTION.index(name) for name in channels] if in_motion else None
        self._count = len(channels)
        self._max_gap = max(MAX_GAP, MAX_GAP_SAMPLES / self._rate)
        self._segment: Segment | None = None
        self._newest = -inf
        self._start_t: list[float] = []

    def process(self, chunk: Chunk) -> Iterator[Window | Rejection]:
        if not len(chunk):
            return
        values = self._selected(chunk)
        check_rate(self._start_t, chunk.t, self._rate)
        cuts = np.flatnonzero(np.diff(chunk.t, prepend=self._newest) > self._max_gap)
        for part in np.split(np.arange(len(chunk)), cuts):
            if not len(part):
                continue
            first = float(chunk.t[part[0]])
            if first - self._newest > self._max_gap:
                yield from self.finish()
            if self._segment is None:
                self._segment = Segment(
                    first, self._rate, self._count, self._length, self._hop, self._margin
                )
            self._newest = float(chunk.t[part[-1]])
            for cut in self._segment.process(chunk.t[part], values[part]):
                yield self._window(cut)

    def finish(self) -> Iterator[Window | Rejection]:
        segment, self._segment = self._segment, None
        if segment is not None:
            for cut in segment.finish():
                yield self._window(cut)

    def next_window_t(self) -> float:
        return -inf if self._segment is None else self._segment.next_window_t

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        features, found = cls(specification), False
        for windows in (features.process(chunk), features.finish()):
            for window in windows:
                assert isinstance(window, Window)
                found = True
                yield window
        if not found:
            rate = specification["sensor"]["rate_hz"]
            seconds = specification["length"] / rate
            given = float(chunk.t[-1] - chunk.t[0]) + 1 / rate if len(chunk) else 0.0
            raise RecordingError(
                f"has {given:.3g} s, and a window of the model has {seconds:.3g} s: record longer"
            )

    def _window(self, cut: Cut) -> Window:
        t, decided_t, samples = cut
        if self._taps is not None:
            samples = filtered(samples, self._taps)
        values = scaled(samples, self._scaling)
        if self._channels_first:
            values = values.T
        tensor = np.ascontiguousarray(values, np.float32).reshape(self._shape)
        return Window(t, max(t, decided_t), tensor)

    def _selected(self, chunk: Chunk) -> np.ndarray:
        """The columns of the model's channels."""
        given = chunk.values.shape[1]
        if self._columns is not None and given > max(self._columns):
            return chunk.values[:, self._columns]
        if given != self._count:
            raise SampleError(
                f"the samples have {given} columns, and the model takes {self._count}: give its "
                "channels"
            )
        return chunk.values
