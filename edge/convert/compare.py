"""The float and the int8 network on the same windows: as a whole, and layer by layer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from numpy.typing import NDArray

from edge.bench.inputs.tensors import quantised
from edge.convert.silence import silence

LAYER_WINDOWS = 30  # on which the layers are compared
ADDED_SHARE = 0.001  # a layer that adds a smaller share of noise is not named


@dataclass(frozen=True)
class LayerLoss:
    name: str
    operator: str
    noise: float
    """RMS of the difference to the float network, as a share of the RMS of its values."""
    added: float
    """By how much that is more than in the layers that it reads."""


@dataclass(frozen=True)
class Comparison:
    windows: int
    largest_difference: float
    """Of two outputs, in the unit of the output."""
    mean_difference: float
    same_label: int | None
    """Windows with the same best label; None for a waveform."""
    float_right: int | None = None
    """Windows whose best label is that of their folder; None if that is unknown."""
    int8_right: int | None = None
    layers: list[LayerLoss] = field(default_factory=list)
    """Those that add most noise, the worst first."""


def compare(
    float_tflite: bytes,
    int8_tflite: bytes,
    windows: NDArray[np.float32],
    labels: Sequence[str] = (),
    truth: Sequence[str] = (),
) -> Comparison:
    """`labels` of the scores, empty for a waveform; `truth`: the label of each window, if known."""
    exact, rounded = outputs(float_tflite, windows), outputs(int8_tflite, windows)
    difference = np.abs(exact - rounded)
    same = float_right = int8_right = None
    if labels:
        best, other = exact.argmax(axis=1), rounded.argmax(axis=1)
        same = int((best == other).sum())
        if truth:
            wanted = np.array([list(labels).index(label) for label in truth])
            float_right, int8_right = int((best == wanted).sum()), int((other == wanted).sum())
    return Comparison(
        len(windows),
        float(difference.max()),
        float(difference.mean()),
        same,
        float_right,
        int8_right,
        layer_losses(float_tflite, int8_tflite, windows[:LAYER_WINDOWS]),
    )


def outputs(tflite: bytes, windows: NDArray[np.float32]) -> NDArray[np.float32]:
    """(n, values) the output of each window, as real numbers."""
    with silence():
        interpreter = Interpreter(model_content=tflite)
        interpreter.allocate_tensors()
        found = []
        for window in windows:
            _run(interpreter, window)
            (output,) = interpreter.get_output_details()
            found.append(_real(interpreter.get_tensor(output["index"]), output).reshape(-1))
        del interpreter
    return np.stack(found)


def layer_losses(
    float_tflite: bytes, int8_tflite: bytes, windows: NDArray[np.float32]
) -> list[LayerLoss]:
    """The layers of both networks are matched by the names of their outputs."""
    with silence():
        exact, rounded = (_all_tensors(tflite) for tflite in (float_tflite, int8_tflite))
        by_name = {d["name"]: d for d in exact.get_tensor_details()}
        operators = [op for op in rounded._get_ops_details() if op["op_name"] != "DELEGATE"]
        details = {d["index"]: d for d in rounded.get_tensor_details()}
        matched = [
            (op, details[op["outputs"][0]])
            for op in operators
            if details[op["outputs"][0]]["name"] in by_name
        ]
        squares = {detail["index"]: np.zeros(2) for _, detail in matched}
        for window in windows:
            _run(exact, window)
            _run(rounded, window)
            for _, detail in matched:
                real = exact.get_tensor(by_name[detail["name"]]["index"])
                found = _real(rounded.get_tensor(detail["index"]), detail)
                if real.shape == found.shape:
                    squares[detail["index"]] += ((real - found) ** 2).sum(), (real**2).sum()
        del exact, rounded
    noise = {index: float(np.sqrt(d / (s + 1e-12))) for index, (d, s) in squares.items()}
    losses = []
    before = 0.0
    for op, detail in matched:
        given = [noise[index] for index in op["inputs"] if index in noise]
        own = noise[detail["index"]]
        added = own - max(given, default=before)
        losses.append(LayerLoss(_short(detail["name"]), op["op_name"], own, added))
        before = own
    worst = sorted(losses, key=lambda loss: -loss.added)
    return [loss for loss in worst if loss.added > ADDED_SHARE]


def _all_tensors(tflite: bytes) -> Any:
    """An interpreter without delegate, so that the values between the layers can be read."""
    interpreter = Interpreter(
        model_content=tflite,
        experimental_preserve_all_tensors=True,
        experimental_op_resolver_type=OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
    )
    interpreter.allocate_tensors()
    return interpreter


def _run(interpreter: Any, window: NDArray[np.float32]) -> None:
    (given,) = interpreter.get_input_details()
    values = window.reshape(given["shape"])
    if given["dtype"] is np.int8:
        scale, zero = given["quantization"]
        values = quantised(values, scale, zero)
    interpreter.set_tensor(given["index"], values)
    interpreter.invoke()


def _real(values: NDArray[Any], details: dict[str, Any]) -> NDArray[np.float32]:
    scale, zero = details["quantization"]
    if values.dtype == np.int8 and scale:
        return ((values.astype(np.float32) - zero) * scale).astype(np.float32)
    return values.astype(np.float32)


def _short(name: str) -> str:
    """The part of the name of a fused layer that a reader recognises."""
    first = name.split(";")[0]
    return "/".join(first.split("/")[-3:])
