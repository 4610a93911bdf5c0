"""NumPy and the runtime with our network: what no program on them can spare. MODEL

The network is asked once for every 40 ms of sound, and is always given the same.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from ai_edge_litert.interpreter import Interpreter
from telling import Teller

STEP = 640 * 2  # bytes: 40 ms

path = sys.argv[1]
interpreter = Interpreter(model_path=path, num_threads=1)
interpreter.allocate_tensors()
given = interpreter.get_input_details()[0]
interpreter.set_tensor(given["index"], np.zeros(given["shape"], given["dtype"]))
teller = Teller()
while sys.stdin.buffer.read(STEP):
    interpreter.invoke()
    teller.decided()
teller.tell(bytes=Path(path).stat().st_size)
