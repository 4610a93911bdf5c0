"""Sound as a sliding window of spectra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.features import Features, Window
from edge.features.sound import level_gate
from edge.features.sound.front_end import FrontEnd, Stream
from edge.features.sound.level_gate import LevelGate
from edge.samples import AUDIO, Chunk

if TYPE_CHECKING:  # no model of ours but one needs it
    from edge.features.quantum.quanvolution import Quanvolution

FRAMES = 82  # in a window: 1.6 s, a long word with what is before it
STEP = 2  # frames from one window to the next: 40 ms
AFTER = 0.4  # s of silence that follow the end of a recording, so that its last word is heard
ROWS = 8  # windows, without overlap, that rows are kept for before they are moved
SPLICED = 0.1  # s of lost sound that are passed over; after more, a new sound begins


class SoundFeatures(Features):
    """A window every `step` frames, while there is anything to hear."""

    @classmethod
    def specification(cls, wanted: Mapping[str, Any] | None = None) -> dict[str, Any]:
        wanted = wanted or {}
        try:
            front_end = FrontEnd(**wanted.get("front_end", {}))
            frames, step = int(wanted.get("shape", [FRAMES])[0]), int(wanted.get("step", STEP))
            if not 0 < step <= frames:
                raise ValueError(f"{step} frames from window to window of {frames}")
        except (IndexError, TypeError, ValueError) as error:
            raise ModelError(f"its front end cannot be ({error}): train it again") from None
        described = {
            "kind": "sound",
            "version": 1,
            "front_end": front_end.specification(),
            "shape": [frames, front_end.bins],
            "step": step,
            "gate": {name: value for name, value in vars(level_gate).items() if name.isupper()},
            "sensor": {"channels": list(AUDIO), "rate_hz": front_end.rate_hz},
        }
        if "quanvolution" in wanted:
            from edge.features.quantum.quanvolution import Quanvolution

            described["quanvolution"] = Quanvolution.specification(
                wanted["quanvolution"], front_end.bins
            )
            if frames % _stage(described).rows_in or step % _stage(described).rows_in:
                raise ModelError(
                    f"its {frames} frames, {step} from window to window, cannot be cut in the "
                    f"patches of its quanvolution: train it again"
                )
        return described

    def __init__(self, specification: Mapping[str, Any], channels: tuple[str, ...]) -> None:
        self.front_end = FrontEnd(**specification["front_end"])
        self.frames, self.step = specification["shape"][0], specification["step"]
        self._stream = Stream(self.front_end, self.step)
        seconds = self._stream.advance / self.front_end.rate_hz
        self._gate = LevelGate(seconds, self.front_end.nothing)
        self._stage = _stage(specification)
        self._last_t: float | None = None
        self._rows: NDArray[np.float32]
        self._filled: int  # of its rows
        self._fresh: int  # rows since the last window; at first all
        self._begin()

    def process(self, chunk: Chunk) -> Iterator[Window]:
        if not len(chunk):
            return
        t, samples = chunk.t, chunk.values[:, 0]
        before = float(t[0]) if self._last_t is None else self._last_t
        self._last_t = float(t[-1])
        if t[0] - before <= SPLICED and (t[1:] - t[:-1]).max(initial=0) <= SPLICED:
            yield from self._hear(t, samples)
            return
        cuts = np.flatnonzero(np.diff(t, prepend=before) > SPLICED)
        pieces = zip(np.split(t, cuts), np.split(samples, cuts), strict=True)
        for number, (t, samples) in enumerate(pieces):
            if number:
                gap = float(t[0]) - before
                yield from self._run_out(before, gap)
                self._begin()
                if gap >= AFTER:
                    self._gate.begin()
            yield from self._hear(t, samples)
            before = float(t[-1]) if len(t) else before

    def finish(self) -> Iterator[Window]:
        if self._last_t is not None:
            yield from self._run_out(self._last_t, AFTER)

    def _run_out(self, end: float, seconds: float) -> Iterator[Window]:
        """The silence that follows, as far as it is needed to hear the last word."""
        rate = self.front_end.rate_hz
        silence = np.zeros(round(min(seconds, AFTER) * rate), np.float32)
        t = end + np.arange(1, len(silence) + 1) / rate
        yield from self._hear(t, silence, gate=lambda _: self._gate.rest())

    def _hear(
        self,
        t: NDArray[np.float64],
        samples: NDArray[np.float32],
        gate: Callable[[float], bool] | None = None,
    ) -> Iterator[Window]:
        """Sound without a gap worth mentioning; the gate tells which of it is worth a window."""
        gate = gate or self._gate.open
        newest = self._stream.span - 1 - self._stream.waiting  # of the first block, among these
        for block in self._stream.push(samples):
            rows = self._stage.apply(block)
            self._append(rows)
            self._fresh += len(rows)
            if gate(self.front_end.loudness(block)):
                now, last = float(t[newest]), self._filled
                rows = self._rows[last - self._height : last]
                yield Window(now, now, rows, self._fresh, active=self._gate.active)
                self._fresh = 0
            newest += self._stream.advance

    def _append(self, rows: NDArray[np.float32]) -> None:
        """After the rows of before: windows are cut from them as they stand, and never altered."""
        if self._filled + len(rows) > len(self._rows):
            kept = self._rows[self._filled - self._height : self._filled]
            self._rows = np.empty((ROWS * self._height, *rows.shape[1:]), np.float32)
            self._rows[: self._height] = kept
            self._filled = self._height
        self._rows[self._filled : self._filled + len(rows)] = rows
        self._filled += len(rows)

    def _begin(self) -> None:
        """Before the first sound there was silence."""
        self._stream.reset()
        self._rows = self._stage.apply(np.tile(self.front_end.silence, (self.frames, 1)))
        self._filled = self._height = len(self._rows)
        self._fresh = self._height

    @classmethod
    def windows_of_recording(
        cls, specification: Mapping[str, Any], chunk: Chunk, channels: tuple[str, ...]
    ) -> Iterator[Window]:
        """The whole of a short recording, with silence around it; or every place in a long one,
        from where its first sound has just come in to where its last is well past, as live."""
        front_end = FrontEnd(**specification["front_end"])
        size, step = specification["shape"][0], specification["step"]
        span, rate = window_samples(specification), front_end.rate_hz
        samples, after = chunk.values[:, 0], 0
        if len(samples) - span < step * front_end.hop:
            samples = in_the_middle(samples, span)
        else:
            after = round(AFTER * rate)
            samples = np.pad(samples, ((size // step - 1) * step * front_end.hop, after))
        frames, stage = front_end.frames(samples), _stage(specification)
        rows, down = stage.apply(frames), stage.rows_in
        for at in range(0, len(frames) - size + 1, step):
            left = len(samples) - after - at * front_end.hop - span  # of the recording, to come
            t = chunk.t[-1] - left / rate
            new_rows = step // down if at else None
            yield Window(float(t), float(t), rows[at // down : (at + size) // down], new_rows)


class Plain:
    """No stage behind the front end: a window holds its frames as they are."""

    rows_in = 1

    def apply(self, frames: NDArray[np.float32]) -> NDArray[np.float32]:
        return frames


def _stage(specification: Mapping[str, Any]) -> Plain | Quanvolution:
    if "quanvolution" not in specification:
        return Plain()
    from edge.features.quantum.quanvolution import Quanvolution

    return Quanvolution(specification["quanvolution"], specification["shape"][1])


def window_samples(specification: Mapping[str, Any]) -> int:
    """How many samples a window looks at."""
    front_end = FrontEnd(**specification["front_end"])
    return (specification["shape"][0] - 1) * front_end.hop + front_end.window


def in_the_middle(samples: NDArray[np.float32], length: int) -> NDArray[np.float32]:
    """That many samples: cropped on both sides, or with silence on both sides."""
    before = (length - len(samples)) // 2
    if before < 0:
        return samples[-before : -before + length]
    return np.pad(samples, (before, length - len(samples) - before))
