"""Sound as a sliding window over its mel spectrogram."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from math import inf
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import SampleError
from edge.features import Features, Window
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.level_gate import LevelGate
from edge.features.sound.row_buffer import RowBuffer
from edge.features.sound.specification import sound_specification
from edge.features.sound.stage import stage_of
from edge.features.sound.streaming import StreamingFrontEnd
from edge.features.sound.window_length import pad_or_crop, window_samples
from edge.samples import Chunk

TRAILING_SILENCE_S = 0.4  # appended to the end of a recording, so that its last word is recognised
RATE_TOLERANCE = 0.1  # of the rate: clocks differ by less, wrong rates by more
SOONEST_WORD_S = 0.2  # from the block that opens the level gate to a detection; measured: 0.36
MAX_SPLICED_GAP_S = 0.1  # a shorter gap is ignored; after a longer one a new stream begins


class SoundFeatures(Features):
    """A window every `step` frames while the level gate is open."""

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        return sound_specification(wanted or {})

    @classmethod
    def tensor_shape(cls, specification: Mapping[str, Any]) -> tuple[int, ...]:
        stage = stage_of(specification)
        frames, bins = specification["shape"]
        return frames // stage.rows_in, *stage.row_shape(bins)

    def __init__(self, specification: Mapping[str, Any]) -> None:
        self.front_end = FrontEnd(**specification["front_end"])
        self.frames, self.step = specification["shape"][0], specification["step"]
        self._stream = StreamingFrontEnd(self.front_end, self.step)
        block_s = self._stream.block_hop / self.front_end.rate_hz
        self._gate = LevelGate(block_s, self.front_end.silence_level)
        self._stage = stage_of(specification)
        self._last_t: float | None = None
        self._rate_checked = False
        self._rows: RowBuffer
        self._new_rows: int  # since the last window; at first all rows of a window
        self._start_stream()

    def process(self, chunk: Chunk) -> Iterator[Window]:
        if not len(chunk):
            return
        t, samples = chunk.t, chunk.values[:, 0]
        if not self._rate_checked:
            self._rate_checked = check_rate(t, self.front_end.rate_hz)
        before = float(t[0]) if self._last_t is None else self._last_t
        self._last_t = float(t[-1])
        gaps = t[1:] - t[:-1]
        if t[0] - before <= MAX_SPLICED_GAP_S and gaps.max(initial=0) <= MAX_SPLICED_GAP_S:
            yield from self._push(t, samples)
            return
        cuts = np.flatnonzero(np.diff(t, prepend=before) > MAX_SPLICED_GAP_S)
        pieces = zip(np.split(t, cuts), np.split(samples, cuts), strict=True)
        for number, (t, samples) in enumerate(pieces):
            if number:
                gap = float(t[0]) - before
                yield from self._push_silence(before, gap)
                self._start_stream()
                if gap >= TRAILING_SILENCE_S:
                    self._gate.reset()
            yield from self._push(t, samples)
            before = float(t[-1]) if len(t) else before

    def next_window_t(self) -> float:
        if self._last_t is None:
            return -inf
        missing = self._stream.block_samples - self._stream.pending
        next_t = self._last_t + missing / self.front_end.rate_hz
        return next_t if self._gate.is_open else next_t + SOONEST_WORD_S

    def finish(self) -> Iterator[Window]:
        if self._last_t is not None:
            yield from self._push_silence(self._last_t, TRAILING_SILENCE_S)

    def _start_stream(self) -> None:
        """Begin with a window of digital silence."""
        self._stream.reset()
        silence = np.tile(self.front_end.silent_frame, (self.frames, 1))
        self._rows = RowBuffer(self._stage.apply(silence))
        self._new_rows = self._rows.height

    def _push_silence(self, end: float, seconds: float) -> Iterator[Window]:
        """Append silence to sound that ends at `end`, as much as its last word needs."""
        rate = self.front_end.rate_hz
        silence = np.zeros(round(min(seconds, TRAILING_SILENCE_S) * rate), np.float32)
        t = end + np.arange(1, len(silence) + 1) / rate
        yield from self._push(t, silence, gate=lambda _: self._gate.skip())

    def _push(
        self,
        t: NDArray[np.float64],
        samples: NDArray[np.float32],
        gate: Callable[[float], bool] | None = None,
    ) -> Iterator[Window]:
        """Yield the windows that these samples complete; there is no gap before or in them.

        `gate` is called with the level of each block and returns whether it makes a window.
        """
        gate = gate or self._gate.update
        # Index, in `samples`, of the newest sample of the first block.
        newest = self._stream.block_samples - 1 - self._stream.pending
        for block in self._stream.push(samples):
            rows = self._stage.apply(block)
            self._rows.append(rows)
            self._new_rows += len(rows)
            level, now = self.front_end.level(block), float(t[newest])
            is_open = gate(level)
            if self.watch_block is not None:
                self.watch_block(now, block, level, is_open)
            if is_open:
                tensor = self._rows.window()
                yield Window(now, now, tensor, self._new_rows, active=self._gate.active)
                self._new_rows = 0
            newest += self._stream.block_hop

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk
    ) -> Iterator[Window]:
        """Yield one window of a short recording, or a sliding window over a longer one.

        A recording that is about as long as a window is padded or cropped to it. A longer one is
        preceded by silence and followed by TRAILING_SILENCE_S, as in a live stream: the first
        window holds `step` frames of it, the last one the silence after its end.
        """
        front_end = FrontEnd(**specification["front_end"])
        frames, step = specification["shape"][0], specification["step"]
        size, rate = window_samples(specification), front_end.rate_hz
        check_rate(chunk.t, rate)
        samples, after = chunk.values[:, 0], 0
        if len(samples) - size < step * front_end.hop:
            samples = pad_or_crop(samples, size)
        else:
            before = (frames // step - 1) * step * front_end.hop
            after = round(TRAILING_SILENCE_S * rate)
            samples = np.pad(samples, (before, after))
        spectrogram, stage = front_end.frames(samples), stage_of(specification)
        rows, rows_in = stage.apply(spectrogram), stage.rows_in
        for at in range(0, len(spectrogram) - frames + 1, step):
            remaining = len(samples) - after - at * front_end.hop - size  # after this window
            t = float(chunk.t[-1] - remaining / rate)
            new_rows = step // rows_in if at else None
            yield Window(t, t, rows[at // rows_in : (at + frames) // rows_in], new_rows)


def check_rate(t: NDArray[np.float64], rate_hz: int) -> bool:
    """Return whether the times show the rate; SampleError if it is not the rate of the model.

    Only the first two times count: there may be gaps later.
    """
    if len(t) < 2:
        return False
    step = float(t[1] - t[0])
    if not 1 - RATE_TOLERANCE < step * rate_hz < 1 + RATE_TOLERANCE:
        found = f"{1 / step:.0f} Hz" if step > 0 else "not increasing"
        raise SampleError(
            f"the times of the sound are {found}, and the model needs {rate_hz} Hz: resample it, "
            "or use edge.Recognizer, which does"
        )
    return True
