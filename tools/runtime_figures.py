"""Print how the runtime `numpy` compares with LiteRT: levels, times, start and memory.

    python -m tools.runtime_figures
    python -m tools.runtime_figures --inputs 10000 models/kws.tflite mlperf_tiny_kws_int8.tflite

Levels: the outputs of both runtimes for the same inputs, which are windows of simulated signals (or
smooth noise, for a file without manifest). "Reference" are TFLite's reference kernels. Times are
processor time, with one thread. A stroke of `airdigit` is one inference; the sound models make one
for each 40 ms of sound.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as the commands

import numpy as np
from numpy.typing import NDArray

from edge.bench.inputs.simulated_signal import simulate
from edge.child_process import child_python
from edge.errors import ModelError
from edge.features import FEATURES, Window
from edge.model import Model
from edge.model.model_file import read_model
from edge.model.runtime import quiet
from edge.model.shipped import find_model, shipped_models
from edge.tflite.interpreter.arithmetic import LITERT, REFERENCE
from edge.tflite.interpreter.interpreter import Interpreter
from edge.tflite.verify import verify

Array = NDArray[Any]
START = """
import sys, time
import numpy as np
from edge.model import Model
model = Model.load(sys.argv[1], sys.argv[2])
model.scores(np.zeros(model.input_shape, np.float32))
seconds = time.process_time()
memory = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(seconds, memory.split()[1])
"""
STARTS = 5
SIGNAL_S = 60.0  # of one simulated signal


def input_levels(path: Path, count: int) -> Iterator[Array]:
    """Levels of the first input of a network, as consecutive steps."""
    try:
        _, manifest = read_model(path)
        kind = manifest.input["kind"]
        model = Model.load(path, "numpy")
    except ModelError:
        yield from _noise(path, count)
        return
    step = model.network.input_shape[0]
    made = 0
    for seed in range(count):
        features = FEATURES.load(kind)(manifest.input)
        for chunk in simulate(manifest.input, SIGNAL_S, "active", seed).chunks:
            for window in features.process(chunk):
                if isinstance(window, Window):
                    yield model.quantised(window.tensor[-step:])[np.newaxis]
                    made += 1
                    if made == count:
                        return


def _noise(path: Path, count: int) -> Iterator[Array]:
    network = verify(path.read_bytes(), path.name)
    tensor = network.tensors[network.inputs[0]]
    rng = np.random.default_rng(1)
    value = np.zeros(tensor.shape)
    for _ in range(count):
        value = 0.9 * value + rng.normal(size=tensor.shape) * 20
        yield np.clip(np.rint(value), -128, 127).astype(np.int8)


class Steps:
    """An interpreter that carries the states of a streaming network on."""

    def __init__(self, interpreter: Any) -> None:
        self.interpreter = interpreter
        interpreter.allocate_tensors()
        self._inputs = [detail["index"] for detail in interpreter.get_input_details()]
        self._outputs = [detail["index"] for detail in interpreter.get_output_details()]
        for detail in interpreter.get_input_details():
            interpreter.set_tensor(detail["index"], np.zeros(detail["shape"], np.int8))
        self.seconds: list[float] = []

    def __call__(self, levels: Array) -> Array:
        started = time.thread_time()
        interpreter = self.interpreter
        interpreter.set_tensor(self._inputs[0], levels)
        interpreter.invoke()
        for before, after in zip(self._inputs[1:], self._outputs[1:], strict=True):
            interpreter.set_tensor(before, interpreter.get_tensor(after))
        output: Array = interpreter.get_tensor(self._outputs[0])
        self.seconds.append(time.thread_time() - started)
        return output


def compare(path: Path, count: int) -> dict[str, Any]:
    from ai_edge_litert.interpreter import Interpreter as LiteRT
    from ai_edge_litert.interpreter import OpResolverType

    content = path.read_bytes()
    with quiet():
        reference = OpResolverType.BUILTIN_REF
        runs = {
            "LiteRT": Steps(LiteRT(model_content=content, num_threads=1)),
            "numpy": Steps(Interpreter(model_content=content, arithmetic=LITERT)),
            "LiteRT reference": Steps(
                LiteRT(model_content=content, experimental_op_resolver_type=reference)
            ),
            "numpy reference": Steps(Interpreter(model_content=content, arithmetic=REFERENCE)),
        }
    found: dict[str, list[Array]] = {name: [] for name in runs}
    for levels in input_levels(path, count):
        for name, run in runs.items():
            found[name].append(run(levels)[0].astype(np.int16))
    outputs = {name: np.stack(values) for name, values in found.items()}
    return {
        "inputs": len(outputs["numpy"]),
        "numpy and LiteRT": apart(outputs["numpy"], outputs["LiteRT"]),
        "numpy and LiteRT, both reference": apart(
            outputs["numpy reference"], outputs["LiteRT reference"]
        ),
        "LiteRT and its reference kernels": apart(outputs["LiteRT"], outputs["LiteRT reference"]),
        "ms": {name: 1e3 * float(np.median(run.seconds)) for name, run in runs.items()},
    }


def apart(ours: Array, theirs: Array) -> str:
    levels = np.abs(ours - theirs).max(1)
    labels = (ours.argmax(1) != theirs.argmax(1)).sum()
    return (
        f"{(levels == 0).mean():.2%} of the outputs are equal, "
        f"the largest difference is {levels.max()}, {labels} other labels"
    )


def start_of(path: Path, runtime: str) -> tuple[float, int]:
    """Processor time of a process until the first scores in s, and its largest memory in MB."""
    results = []
    for _ in range(STARTS):
        command = child_python("-c", START, str(path), runtime)
        output = subprocess.run(**command, capture_output=True, text=True, check=True).stdout
        results.append([float(value) for value in output.split()])
    seconds, kilobytes = np.median(results, axis=0)
    return float(seconds), int(kilobytes) >> 10


def main(argv: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        "python -m tools.runtime_figures",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("models", nargs="*", type=Path, help="default: the shipped models")
    parser.add_argument("--inputs", type=int, default=1000, help="inputs for each model (1000)")
    parser.add_argument("--json", action="store_true", help="print one JSON object for each model")
    options = parser.parse_args(argv)
    for path in options.models or [find_model(name) for name in shipped_models()]:
        path = path.absolute()
        result = compare(path, options.inputs)
        try:
            read_model(path)
            for runtime in ("ai_edge_litert", "numpy"):
                seconds, megabytes = start_of(path, runtime)
                result[f"start with {runtime}"] = (
                    f"{seconds:.2f} s of processor time, {megabytes} MB"
                )
        except ModelError:
            pass  # a model of others has no manifest, so the commands cannot start with it
        if options.json:
            print(json.dumps({"model": path.name} | result))
            continue
        times = result.pop("ms")
        print(f"{path.name}:")
        print("  " + ", ".join(f"{name} {ms:.3f} ms" for name, ms in times.items()))
        for name, value in result.items():
            print(f"  {name}: {value}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
