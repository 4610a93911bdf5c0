"""Sound as a sliding window of spectra."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.features import Features, Window, level_gate
from edge.features.level_gate import LevelGate
from edge.features.spectrum import FrontEnd, Stream
from edge.samples import AUDIO, Chunk

FRAMES = 49  # in a window: one second
STEP = 2  # frames from one window to the next: 40 ms
AFTER = 0.4  # s of silence that follow the end of a recording, so that its last word is heard
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
        except (TypeError, ValueError) as error:
            raise ModelError(f"its front end cannot be ({error}): train it again") from None
        return {
            "kind": "sound",
            "version": 1,
            "front_end": front_end.specification(),
            "shape": [frames, front_end.bins],
            "step": step,
            "gate": {name: value for name, value in vars(level_gate).items() if name.isupper()},
            "sensor": {"channels": list(AUDIO), "rate_hz": front_end.rate_hz},
        }

    def __init__(self, specification: Mapping[str, Any], channels: tuple[str, ...]) -> None:
        self.front_end = FrontEnd(**specification["front_end"])
        self.frames, self.step = specification["shape"][0], specification["step"]
        self._stream = Stream(self.front_end, self.step)
        self._block_s = self.step * self.front_end.hop / self.front_end.rate_hz
        self._gate = LevelGate(self._block_s)
        self._next_t: float | None
        self._begin()

    def process(self, chunk: Chunk) -> Iterator[Window]:
        if not len(chunk):
            return
        if self._next_t is not None and chunk.t[0] - self._next_t > SPLICED:
            self._stream.reset()
            self._begin()
        samples, rate = chunk.values[:, 0], self.front_end.rate_hz
        # Counted back from the chunk's end, as a splice may lie before it.
        self._next_t = float(chunk.t[-1]) + 1 / rate
        left = self._stream.waiting + len(samples)
        for block in self._stream.push(samples):
            left -= self.step * self.front_end.hop
            # The window's last sample lies that far from the end of the chunk.
            overlap = self.front_end.window - self.front_end.hop
            yield from self._window(block, self._next_t - (left - overlap) / rate)

    def finish(self) -> Iterator[Window]:
        if self._next_t is None:
            return
        rate = self.front_end.rate_hz
        silence = np.zeros((round(AFTER * rate), 1), np.float32)
        yield from self.process(Chunk(self._next_t + np.arange(len(silence)) / rate, silence))

    def _window(self, block: NDArray[np.float32], t: float) -> Iterator[Window]:
        self._rows = np.concatenate([self._rows[self.step :], block])
        if self._gate.open(self.front_end.loudness(block)):
            yield Window(t, t, self._rows)

    def _begin(self) -> None:
        """Before the first sound there was silence."""
        self._rows = np.tile(self.front_end.silence, (self.frames, 1))
        self._next_t = None

    @classmethod
    def candidates(
        cls, specification: Mapping[str, Any], chunk: Chunk, channels: tuple[str, ...]
    ) -> Iterator[Window]:
        """The whole of a short recording, with silence around it, or every place in a long one."""
        front_end = FrontEnd(**specification["front_end"])
        size, step = specification["shape"][0], specification["step"]
        samples = chunk.values[:, 0]
        spare = len(samples) - window_samples(specification)
        if spare < step * front_end.hop:
            samples, spare = in_the_middle(samples, window_samples(specification)), 0
        frames = front_end.frames(samples)
        for at in range(0, len(frames) - size + 1, step):
            t = chunk.t[-1] - (spare - at * front_end.hop) / front_end.rate_hz
            yield Window(float(t), float(t), frames[at : at + size])


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
