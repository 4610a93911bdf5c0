"""In a worker: the time that `Model.scores` needs in addition to the bare runtime."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import numpy as np

from edge.bench.engines.tflite import TFLiteEngine
from edge.bench.inputs.windows import InputWindows
from edge.errors import EdgeError
from edge.model import Model

ROUNDS = 60
CALLS = 100  # in each round


def wrapper_overhead_us(
    path: Path, runtime: str, engine: TFLiteEngine, windows: InputWindows
) -> float | None:
    """The median over rounds in which the bare runtime and `Model.scores` alternate.

    None if edge.model cannot load the file.
    """
    try:
        model = Model.load(path, runtime)
    except EdgeError:
        return None
    tensors = list(windows.tensors)
    interpreter = engine.interpreter
    inputs, outputs = engine.input_indices, engine.output_indices
    new_rows = len(tensors[0]) if len(inputs) == 1 else model.network.input_shape[0]
    quantised = [model.quantised(tensor[-new_rows:])[np.newaxis] for tensor in tensors]
    states = list(zip(inputs[1:], outputs[1:], strict=True))
    set_tensor, get_tensor = interpreter.set_tensor, interpreter.get_tensor
    invoke, scores, clock = interpreter.invoke, model.scores, time.perf_counter_ns
    overheads_ns = []
    for _ in range(ROUNDS):
        started = clock()
        for _, levels in zip(range(CALLS), itertools.cycle(quantised)):  # noqa: B905
            set_tensor(inputs[0], levels)
            invoke()
            for state_in, state_out in states:
                set_tensor(state_in, get_tensor(state_out))
            get_tensor(outputs[0])
        between = clock()
        for _, tensor in zip(range(CALLS), itertools.cycle(tensors)):  # noqa: B905
            scores(tensor, new_rows)
        overheads_ns.append((clock() - between) - (between - started))
    return float(np.median(overheads_ns)) / CALLS / 1e3
