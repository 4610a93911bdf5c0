"""The reference network of MLPerf Tiny with its own front end, on our runtime. MODEL [CLIPS]

Its front end scales each window by the largest sample in it. So no frame can be used for the next
window, and the whole window is computed every 40 ms.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from counting import RATE, WORDS, DecisionCounter, blocks, clips, float_samples

from edge.features.sound import mel
from edge.model.runtime import interpreter_class, quiet

WINDOW, HOP, FFT, FRAMES = 480, 320, 512, 49
MELS, LOW_HZ, HIGH_HZ, COEFFICIENTS, FLOOR = 40, 20.0, 4000.0, 10, 1e-6
STEP = 640  # samples: 40 ms
LABELS = (*WORDS, "silence", "unknown")

HANN = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(WINDOW) / WINDOW)).astype(np.float32)
MEL_FILTERS = mel.filters(RATE, FFT, MELS, LOW_HZ, HIGH_HZ, "htk", None).astype(np.float32)
_ANGLES = np.pi * (np.arange(MELS)[:, None] + 0.5) * np.arange(COEFFICIENTS) / MELS
DCT = (2 * np.cos(_ANGLES) / np.sqrt(2 * MELS)).astype(np.float32)


class Network:
    def __init__(self, path: str) -> None:
        with quiet():
            self._interpreter = interpreter_class()[1](model_path=path, num_threads=1)
            self._interpreter.allocate_tensors()
        (input_detail,) = self._interpreter.get_input_details()
        (output_detail,) = self._interpreter.get_output_details()
        self._input, self._output = input_detail["index"], output_detail["index"]
        self._scale, self._zero = input_detail["quantization"]

    def label(self, second: np.ndarray) -> str:
        levels = np.rint(mfcc(second) / self._scale + self._zero).clip(-128, 127)
        self._interpreter.set_tensor(self._input, levels.astype(np.int8)[None, :, :, None])
        self._interpreter.invoke()
        return LABELS[int(self._interpreter.get_tensor(self._output)[0].argmax())]


def mfcc(second: np.ndarray) -> np.ndarray:
    """(FRAMES, COEFFICIENTS)"""
    scaled = second / max(float(second.max()), 1e-9)
    frames = np.lib.stride_tricks.sliding_window_view(scaled, WINDOW)[::HOP][:FRAMES]
    magnitudes = np.abs(np.fft.rfft(frames * HANN, FFT)).astype(np.float32)
    return np.log(magnitudes @ MEL_FILTERS + np.float32(FLOOR)) @ DCT


def windows() -> Iterator[np.ndarray]:
    """The last second of the sound on stdin, every 40 ms."""
    window = np.zeros(RATE, np.float32)
    new = np.empty(0, np.float32)
    for block in blocks():
        new = np.concatenate([new, float_samples(block)])
        while len(new) >= STEP:
            window = np.concatenate([window[STEP:], new[:STEP]])
            new = new[STEP:]
            yield window


def main() -> None:
    path, *clip_files = sys.argv[1:]
    network, counter = Network(path), DecisionCounter()
    if clip_files:
        labels = [network.label(float_samples(clip)) for clip in clips(clip_files[0])]
        counter.write_report(labels=labels)
        return
    started = time.process_time()
    for window in windows():
        network.label(window)
        counter.count()
    cpu_s = time.process_time() - started
    sound_s = counter.decisions * STEP / RATE
    counter.write_report(cpu_s=cpu_s, sound_s=sound_s, bytes=Path(path).stat().st_size)


main()
