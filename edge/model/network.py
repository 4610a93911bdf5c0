"""A network in the runtime: from the int8 levels of its input to those of its output.

There are two kinds. One is given a whole window each time. The other is given the newest rows of a
window alone, for it remembers what it needs of those before: its inputs after the first are what it
remembered, and its outputs after the first, in the same order, what it will.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.model.runtime import interpreter_class, quiet

Levels = NDArray[np.int8]


class Network:
    """One that is given whole windows."""

    input_shape: tuple[int, ...]
    """Of what it is given at a time."""

    def __init__(self, interpreter: Any, inputs: list[Any], outputs: list[Any]) -> None:
        self._interpreter = interpreter
        given, result = inputs[0], outputs[0]
        self._input, self._output = given["index"], result["index"]
        self.input_shape = tuple(int(n) for n in given["shape"][1:])
        self.input_quantisation = given["quantization"]
        """Scale, and the level of zero."""
        self.output_quantisation = result["quantization"]

    def new_part(self, tensor: NDArray[np.float32], new_rows: int | None) -> NDArray[np.float32]:
        """What of a window it must be given, if only so many rows of it are new."""
        return tensor

    def run(self, levels: Levels) -> Levels:
        self._interpreter.set_tensor(self._input, levels[np.newaxis])
        self._interpreter.invoke()
        output: Levels = self._interpreter.get_tensor(self._output)[0]
        return output


class StreamingNetwork(Network):
    """One that remembers. Nothing of a window's length ago: after a whole window, what it says
    depends on that window alone."""

    def __init__(self, interpreter: Any, inputs: list[Any], outputs: list[Any]) -> None:
        super().__init__(interpreter, inputs, outputs)
        self.step = self.input_shape[0]
        """Rows."""
        self._memory = [
            (before["index"], after["index"])
            for before, after in zip(inputs[1:], outputs[1:], strict=True)
        ]

    def memory(self) -> list[Levels]:
        """What it remembers now, as its inputs after the first have it."""
        return [self._interpreter.get_tensor(before) for before, _ in self._memory]

    def new_part(self, tensor: NDArray[np.float32], new_rows: int | None) -> NDArray[np.float32]:
        return (
            tensor
            if new_rows is None or new_rows >= len(tensor)
            else tensor[len(tensor) - new_rows :]
        )

    def run(self, levels: Levels) -> Levels:
        runtime, memory = self._interpreter, self._memory
        put, get = runtime.set_tensor, runtime.get_tensor
        for start in range(0, len(levels), self.step):
            put(self._input, levels[np.newaxis, start : start + self.step])
            runtime.invoke()
            for before, after in memory:
                put(before, get(after))
        output: Levels = get(self._output)[0]
        return output


def load(content: bytes, path: Path, labels: int, runtime: str | None) -> tuple[str, Network]:
    """The network of a model file, and the runtime that has it; ModelError if it cannot be run."""
    name, interpreter_of = interpreter_class(runtime)
    try:
        with quiet():
            interpreter = interpreter_of(model_content=content, num_threads=1)
            interpreter.allocate_tensors()
    except (ValueError, RuntimeError) as error:
        reason = " ".join(str(error).split())
        raise ModelError(f"{name} cannot run {path}: {reason}") from None
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    fault = _fault(inputs, outputs, labels)
    if fault:
        raise ModelError(f"{path} cannot be run here: it has {fault}")
    kind = StreamingNetwork if len(inputs) > 1 else Network
    return name, kind(interpreter, inputs, outputs)


def _fault(inputs: list[Any], outputs: list[Any], labels: int) -> str | None:
    if len(inputs) != len(outputs):
        return f"{len(inputs)} inputs and {len(outputs)} outputs, not one of each"
    tensors = inputs + outputs
    if any(tensor["dtype"] is not np.int8 for tensor in tensors):
        kinds = " and ".join(tensor["dtype"].__name__ for tensor in tensors)
        return f"an input and output of {kinds}, not int8: quantise it"
    if outputs[0]["shape"].tolist() != [1, labels]:
        return f"an output of {outputs[0]['shape'].tolist()} for {labels} labels"
    for before, after in zip(inputs[1:], outputs[1:], strict=True):
        form = [(one["shape"].tolist(), one["quantization"]) for one in (before, after)]
        if form[0] != form[1]:
            return f"a state that is {form[0]} before a step and {form[1]} after it"
    return None
