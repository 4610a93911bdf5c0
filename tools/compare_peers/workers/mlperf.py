"""MLPerf Tiny's reference network with its own front end, on our runtime. MODEL [CLIPS]

Its front end scales each window by the greatest sample in it, so that nothing can be carried from
one window to the next: all is computed anew every 40 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from telling import Teller, pieces, seconds_of

from edge.features.sound import mel
from edge.model.runtime import interpreter_class, quiet

WINDOW, HOP, FFT, FRAMES = 480, 320, 512, 49
MELS, LOW, HIGH, COEFFICIENTS, FLOOR = 40, 20.0, 4000.0, 10, 1e-6
STEP = 640  # samples: 40 ms
WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
LABELS = (*WORDS, "silence", "unknown")

HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
BANDS = mel.filters(16000, FFT, MELS, LOW, HIGH, "htk", None).astype(np.float32)
_ANGLE = np.pi * (np.arange(MELS)[:, None] + 0.5) * np.arange(COEFFICIENTS) / MELS
COSINES = (2 * np.cos(_ANGLE) / np.sqrt(2 * MELS)).astype(np.float32)


class Network:
    def __init__(self, path: str) -> None:
        with quiet():
            self._interpreter = interpreter_class()[1](model_path=path, num_threads=1)
            self._interpreter.allocate_tensors()
        (given,), (result,) = (
            self._interpreter.get_input_details(),
            self._interpreter.get_output_details(),
        )
        self._input, self._output = given["index"], result["index"]
        self._scale, self._zero = given["quantization"]

    def label(self, second: np.ndarray) -> str:
        levels = np.rint(spectrum(second) / self._scale + self._zero).clip(-128, 127)
        self._interpreter.set_tensor(self._input, levels.astype(np.int8)[None, :, :, None])
        self._interpreter.invoke()
        return LABELS[int(self._interpreter.get_tensor(self._output)[0].argmax())]


def spectrum(second: np.ndarray) -> np.ndarray:
    """(49, 10)"""
    scaled = second / max(float(second.max()), 1e-9)
    cut = np.lib.stride_tricks.sliding_window_view(scaled, WINDOW)[::HOP][:FRAMES]
    magnitudes = np.abs(np.fft.rfft(cut * HANN, FFT)).astype(np.float32)
    return np.log(magnitudes @ BANDS + np.float32(FLOOR)) @ COSINES


def windows() -> Iterator[np.ndarray]:
    """The last second, every 40 ms."""
    held = np.zeros(16000, np.float32)
    new = np.empty(0, np.float32)
    for piece in pieces():
        samples = np.frombuffer(piece, "<i2") / np.float32(32768)
        new = np.concatenate([new, samples])
        while len(new) >= STEP:
            held = np.concatenate([held[STEP:], new[:STEP]])
            new = new[STEP:]
            yield held


def main() -> None:
    path, *clips = sys.argv[1:]
    network, teller = Network(path), Teller()
    if clips:
        seconds = (np.frombuffer(clip, "<i2") / np.float32(32768) for clip in seconds_of(clips[0]))
        teller.tell(heard=[network.label(second) for second in seconds])
        return
    began = time.process_time()
    for second in windows():
        network.label(second)
        teller.decided()
    cpu = time.process_time() - began
    sound = teller.decisions * STEP / 16000
    teller.tell(cpu_s=cpu, sound_s=sound, bytes=Path(path).stat().st_size)


main()
