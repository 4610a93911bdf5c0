"""The common way in notebooks: librosa computes the MFCC of the whole window at each hop. MODEL

The network was trained on other spectra, so its labels mean nothing here. Its CPU time is right, or
too low: a streaming network processes only one step, not the whole window.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import librosa
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from counting import RATE, DecisionCounter, blocks, float_samples

HOP = 320  # samples: 20 ms


def main() -> None:
    warnings.simplefilter("ignore")
    path = sys.argv[1]
    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    input_detail = interpreter.get_input_details()[0]
    output_index = interpreter.get_output_details()[0]["index"]
    _, frames, bins = input_detail["shape"]
    scale, zero = input_detail["quantization"]
    counter = DecisionCounter()

    def decide(second: np.ndarray) -> None:
        mfcc = librosa.feature.mfcc(y=second, sr=RATE, n_mfcc=bins, hop_length=HOP).T[:frames]
        tensor = np.zeros((frames, bins), np.float32)
        tensor[: len(mfcc)] = mfcc
        levels = np.clip(np.round(tensor / scale) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(input_detail["index"], levels[None])
        interpreter.invoke()
        interpreter.get_tensor(output_index)
        counter.count()

    window = np.zeros(RATE, np.float32)
    decide(window)  # loads and compiles the rest of librosa
    sound = float_samples(b"".join(blocks()))
    started = time.process_time()
    for start in range(0, len(sound) - HOP + 1, HOP):
        window = np.concatenate([window[HOP:], sound[start : start + HOP]])
        decide(window)
    cpu_s = time.process_time() - started
    size = Path(path).stat().st_size
    counter.write_report(cpu_s=cpu_s, sound_s=len(sound) / RATE, bytes=size)


main()
