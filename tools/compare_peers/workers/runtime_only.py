"""NumPy and the runtime with our network: what every program on them needs at least. MODEL

The network runs once for every 40 ms of sound, always on the same input.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from counting import DecisionCounter

STEP = 640 * 2  # bytes: 40 ms

path = sys.argv[1]
interpreter = Interpreter(model_path=path, num_threads=1)
interpreter.allocate_tensors()
detail = interpreter.get_input_details()[0]
interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], detail["dtype"]))
counter = DecisionCounter()
while sys.stdin.buffer.read(STEP):
    interpreter.invoke()
    counter.count()
counter.write_report(bytes=Path(path).stat().st_size)
