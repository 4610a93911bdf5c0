"""The network of a model, loaded into a TFLite runtime: from int8 input to int8 output.

There are two kinds. A plain network takes a whole window at each inference. A streaming network
takes only the newest rows of a window, because it keeps a state: each of its inputs after the first
is a state before an inference, and the output at the same position is that state after it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edge.errors import ModelError
from edge.model.runtime import interpreter_class, quiet
from edge.text import one_line
from edge.tflite.verify import verify

Levels = NDArray[np.int8]
RUNTIME_ERRORS = (ValueError, RuntimeError, TypeError, IndexError, OverflowError, SystemError)
"""The exceptions of the runtimes for a damaged network: not all of them are documented.

UnicodeDecodeError, for a name that is not text, is a ValueError.
"""
MAX_SCALE = 1e6  # scale of a quantisation; features and scores need far smaller ones
MAX_TENSOR_SIZE = 1 << 22  # values of an input or a state; a small computer can run far fewer


class Network:
    """A network that takes whole windows."""

    input_shape: tuple[int, ...]
    """The shape of one input, without batch axis."""

    def __init__(self, interpreter: Any, inputs: list[Any], outputs: list[Any]) -> None:
        """`inputs` and `outputs` are the tensor details that the interpreter reports."""
        self._interpreter = interpreter
        self._set_tensor, self._get_tensor, self._invoke = _calls(interpreter)
        self._input, self._output = inputs[0]["index"], outputs[0]["index"]
        self.input_shape = tuple(int(n) for n in inputs[0]["shape"][1:])
        self.input_quantisation = inputs[0]["quantization"]
        """Scale and zero point."""
        self.output_quantisation = outputs[0]["quantization"]

    def rows_to_run(self, tensor: NDArray[np.float32], new_rows: int | None) -> NDArray[np.float32]:
        """The rows of a window to pass to `run`, if only its last `new_rows` rows are new."""
        return tensor

    def run(self, levels: Levels) -> Levels:
        self._set_tensor(self._input, levels[np.newaxis])
        self._invoke()
        output: Levels = self._get_tensor(self._output, 0)[0]
        return output


class StreamingNetwork(Network):
    """A network that keeps a state and takes only new rows.

    The state depends on the rows of one window and on nothing older: once a whole window has been
    run, the scores depend on that window alone.
    """

    def __init__(self, interpreter: Any, inputs: list[Any], outputs: list[Any]) -> None:
        super().__init__(interpreter, inputs, outputs)
        self.step = self.input_shape[0]
        """Rows per inference."""
        self._states = [
            (state_input["index"], state_output["index"])
            for state_input, state_output in zip(inputs[1:], outputs[1:], strict=True)
        ]

    def states(self) -> list[Levels]:
        """The current states, in the order of the state inputs."""
        return [self._get_tensor(state_input, 0) for state_input, _ in self._states]

    def rows_to_run(self, tensor: NDArray[np.float32], new_rows: int | None) -> NDArray[np.float32]:
        if new_rows is None or new_rows >= len(tensor):
            return tensor
        return tensor[len(tensor) - new_rows :]

    def run(self, levels: Levels) -> Levels:
        set_tensor, get_tensor = self._set_tensor, self._get_tensor
        for start in range(0, len(levels), self.step):
            set_tensor(self._input, levels[np.newaxis, start : start + self.step])
            self._invoke()
            for state_input, state_output in self._states:
                set_tensor(state_input, get_tensor(state_output, 0))
        output: Levels = get_tensor(self._output, 0)[0]
        return output


def _calls(interpreter: Any) -> tuple[Callable[..., Any], ...]:
    """The calls that set a tensor, get a tensor (of subgraph 0), and invoke the network.

    They are those of the C++ interpreter, if the runtime has one: for a small network, the layer of
    Python around it takes as long as the calls themselves.
    """
    native: Any = getattr(interpreter, "_interpreter", None)
    if hasattr(native, "SetTensor") and hasattr(native, "GetTensor") and hasattr(native, "Invoke"):
        return native.SetTensor, native.GetTensor, native.Invoke
    get_tensor = interpreter.get_tensor
    return interpreter.set_tensor, lambda index, subgraph: get_tensor(index), interpreter.invoke


def load_network(
    content: bytes,
    path: Path,
    labels: int,
    runtime: str | None,
    output_shapes: Sequence[list[int]] | None = None,
) -> tuple[str, Network]:
    """The name of the runtime, and the network loaded into it; ModelError if it cannot run.

    `content` is the model file at `path`, which has this number of `labels`. `output_shapes`: those
    that its output may have (default: a score for each label).
    """
    verified = verify(content, str(path))
    name, interpreter_of = interpreter_class(runtime)
    # The other runtimes read the file again.
    known = {"network": verified} if name == "numpy" else {}
    try:
        with quiet():
            interpreter = interpreter_of(model_content=content, num_threads=1, **known)
            interpreter.allocate_tensors()
            inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    except RUNTIME_ERRORS as error:
        raise ModelError(cannot_run(name, path, error)) from None
    problem = _problem(inputs, outputs, labels, output_shapes or [[1, labels]])
    if problem:
        raise ModelError(f"{path} cannot be run here: {problem}")
    kind = StreamingNetwork if len(inputs) > 1 else Network
    return name, kind(interpreter, inputs, outputs)


def cannot_run(runtime: str, path: Path, error: Exception) -> str:
    """The message for a network that the runtime refuses, at loading or at an inference."""
    reason = one_line(" ".join(str(error).split()))
    return f"{runtime} cannot run {path}: {reason or type(error).__name__}"


def check_shape(network: Network, path: Path, window: tuple[int, ...]) -> None:
    """ModelError unless the network takes windows of this shape, or steps of such windows."""
    shape = network.input_shape
    if isinstance(network, StreamingNetwork):
        fits = shape[1:] == window[1:] and window[0] % shape[0] == 0
    else:
        fits = shape == window
    if not fits:
        raise ModelError(
            f"{path} cannot be run here: its network takes {shape}, and its features give "
            f"{window}: train it again"
        )


def _problem(
    inputs: list[Any], outputs: list[Any], labels: int, output_shapes: Sequence[list[int]]
) -> str | None:
    """Why a network with these tensors cannot be run, and the remedy; None if it can."""
    if not inputs or len(inputs) != len(outputs):
        return (
            f"it has {len(inputs)} inputs and {len(outputs)} outputs, not the same number: "
            "export it again"
        )
    tensors = inputs + outputs
    if any(tensor["dtype"] is not np.int8 for tensor in tensors):
        kinds = " and ".join(tensor["dtype"].__name__ for tensor in tensors)
        return f"its inputs and outputs are {kinds}, not int8: quantise it"
    shape = outputs[0]["shape"].tolist()
    if shape not in output_shapes:
        if output_shapes[0] != [1, labels]:
            return f"it has an output of {shape}, and its manifest states {output_shapes[0]}"
        return f"it has an output of {shape} for {labels} labels: give one label for each score"
    for tensor in inputs:
        batch, *axes = tensor["shape"].tolist() or [0]
        if batch != 1 or not axes or min(axes) < 1 or prod(axes) > MAX_TENSOR_SIZE:
            return f"it has an input of {tensor['shape'].tolist()}: export it again"
    for tensor in (inputs[0], outputs[0]):
        scale, zero = tensor["quantization"]
        if not (0 < scale < MAX_SCALE and -128 <= zero <= 127):
            return f"it has a quantisation of scale {scale} and zero point {zero}: export it again"
    for state_input, state_output in zip(inputs[1:], outputs[1:], strict=True):
        before, after = (
            (state["shape"].tolist(), state["quantization"])
            for state in (state_input, state_output)
        )
        if before != after:
            return (
                f"it has a state that is {before} before an inference and {after} after it: "
                "export it again"
            )
    return None
