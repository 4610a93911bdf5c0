"""The way notebooks have it: MFCC of the whole window by librosa, at each hop. MODEL

What the network says of them is nonsense, for it learnt from other spectra; what it costs is not,
or is too little: of a network that goes in steps it is but one, in place of a whole window's.
"""

from __future__ import annotations

import sys
import time
import warnings
from pathlib import Path

import librosa
import numpy as np
from ai_edge_litert.interpreter import Interpreter
from telling import Teller, pieces

HOP = 320  # samples: 20 ms


def main() -> None:
    warnings.simplefilter("ignore")
    path = sys.argv[1]
    interpreter = Interpreter(model_path=path, num_threads=1)
    interpreter.allocate_tensors()
    given, result = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    _, frames, bins = given["shape"]
    scale, zero = given["quantization"]
    teller = Teller()

    def decide(second: np.ndarray) -> None:
        spectrum = librosa.feature.mfcc(y=second, sr=16000, n_mfcc=bins, hop_length=HOP)
        tensor = np.zeros((frames, bins), np.float32)
        found = spectrum.T[:frames]
        tensor[: len(found)] = found
        levels = np.clip(np.round(tensor / scale) + zero, -128, 127).astype(np.int8)
        interpreter.set_tensor(given["index"], levels[None])
        interpreter.invoke()
        interpreter.get_tensor(result["index"])
        teller.decided()

    held = np.zeros(16000, np.float32)
    decide(held)  # which loads and compiles the rest of librosa
    sound = (np.frombuffer(b"".join(pieces()), "<i2") / 32768).astype(np.float32)
    began = time.process_time()
    for start in range(0, len(sound) - HOP + 1, HOP):
        held = np.concatenate([held[HOP:], sound[start : start + HOP]])
        decide(held)
    cpu = time.process_time() - began
    teller.tell(cpu_s=cpu, sound_s=len(sound) / 16000, bytes=Path(path).stat().st_size)


main()
