"""Recognise digits in sound that this program reads itself, here from a WAV file of any rate.

python examples/push_blocks.py examples/recordings/four_two.wav
"""

from __future__ import annotations

import sys
import wave

import numpy as np

import edge

with wave.open(sys.argv[1]) as file:
    recogniser = edge.Recognizer("sounddigit", rate=file.getframerate(), numbers=True)
    while data := file.readframes(1024):
        block = np.frombuffer(data, np.int16).reshape(-1, file.getnchannels())
        for event in recogniser.feed(block):
            print(f"{event.t:.2f} s: {event.label}")
for event in recogniser.finish():
    print(f"{event.t:.2f} s: {event.label}")
