"""Networks of several formats as one float function of one input and one output."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from tensorflow import keras

from edge.convert.silence import silence
from edge.errors import ModelError
from edge.text import one_line

MAX_BYTES = 2 << 30  # of a file that is read
KERAS, ONNX, TFLITE = (".keras", ".h5", ".hdf5"), (".onnx",), (".tflite",)
FORMATS = "a Keras file (.keras, .h5), the folder of a SavedModel, an .onnx or a .tflite file"


@dataclass(frozen=True)
class FloatNetwork:
    """A network before quantisation: either a function, or a .tflite file with float values."""

    shape: tuple[int, ...]
    """The shape of its input, without the batch axis."""
    compute: Callable[[Any], Any] | None
    """Takes a tensor (1, *shape)."""
    tflite: bytes | None = None
    kept: Any = None
    """What holds the weights of the function, which TensorFlow would delete."""


def read_network(path: Path) -> FloatNetwork:
    """ModelError if there is no network of one input and one output with fixed sizes."""
    if not path.exists():
        raise ModelError(f"{path} does not exist: give {FORMATS}")
    if path.is_file() and path.stat().st_size > MAX_BYTES:
        raise ModelError(
            f"{path} has {path.stat().st_size >> 20} MB: no Pi runs so large a network"
        )
    suffix = path.suffix.lower()
    if path.is_dir():
        return _saved_model(path)
    if suffix in KERAS:
        return _keras(path)
    if suffix in ONNX:
        return _onnx(path)
    if suffix in TFLITE:
        return _tflite(path)
    raise ModelError(f"{path} has an unknown format: give {FORMATS}")


def _keras(path: Path) -> FloatNetwork:
    try:
        with silence():
            model = keras.models.load_model(path, compile=False)
    except Exception as error:  # of several packages
        raise ModelError(
            f"{path} cannot be read by Keras {keras.__version__} ({_reason(error)}): save it as a "
            "SavedModel with `model.export(folder)` where it was made"
        ) from None
    _check_counts(path, len(model.inputs), len(model.outputs))
    shape = _fixed(path, model.inputs[0].shape[1:])
    _unroll(model)
    return FloatNetwork(shape, lambda x: model(x, training=False), kept=model)


def _unroll(model: Any) -> None:
    """Recurrent layers become one group of operators for each step: a loop cannot be quantised."""
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.RNN):
            layer.unroll = True


def _saved_model(path: Path) -> FloatNetwork:
    try:
        with silence():
            loaded = tf.saved_model.load(str(path))
        signatures = loaded.signatures
        function = signatures.get("serving_default") or next(iter(signatures.values()))
    except (OSError, ValueError, StopIteration) as error:
        raise ModelError(f"{path} is no SavedModel ({_reason(error)}): give {FORMATS}") from None
    specs = function.structured_input_signature[1]
    _check_counts(path, len(specs), len(function.structured_outputs))
    ((name, spec),) = specs.items()
    if spec.shape.rank is None:
        raise ModelError(_dynamic(path, "any"))
    shape = _fixed(path, spec.shape[1:])
    return FloatNetwork(
        shape, lambda x: next(iter(function(**{name: x}).values())), kept=(loaded, function)
    )


def _onnx(path: Path) -> FloatNetwork:
    try:
        from edge.convert.onnx_graph import read_onnx
    except ImportError as error:
        raise ModelError(
            f"{path} needs the package {error.name}: pip install 'edge-sense[training]'"
        ) from None
    network = read_onnx(path)
    return FloatNetwork(network.shape, network.compute)


def _tflite(path: Path) -> FloatNetwork:
    content = path.read_bytes()
    try:
        with silence():
            interpreter = Interpreter(model_content=content)
    except (ValueError, RuntimeError) as error:
        raise ModelError(
            f"{path} is no usable TFLite file ({_reason(error)}): convert the network again"
        ) from None
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    _check_counts(path, len(inputs), len(outputs))
    shape = _fixed(path, [None if s < 0 else s for s in inputs[0]["shape_signature"][1:]])
    return FloatNetwork(shape, None, content)


def _check_counts(path: Path, inputs: int, outputs: int) -> None:
    if (inputs, outputs) != (1, 1):
        raise ModelError(
            f"{path} has {inputs} inputs and {outputs} outputs: give a network with one of each"
        )


def _fixed(path: Path, sizes: Any) -> tuple[int, ...]:
    found = tuple(None if size is None else int(size) for size in sizes)
    if not found or None in found:
        raise ModelError(_dynamic(path, " x ".join("?" if s is None else str(s) for s in found)))
    return tuple(size for size in found if size is not None)


def _dynamic(path: Path, shown: str) -> str:
    return (
        f"{path} has an input of the size {shown or '?'}, which is not fixed: save it with a fixed "
        "size (only the batch may vary)"
    )


def _reason(error: Exception) -> str:
    return one_line(" ".join(str(error).split()))[:200] or type(error).__name__
