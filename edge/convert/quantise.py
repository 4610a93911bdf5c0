"""Int8 and float TFLite networks of a float network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter
from numpy.typing import NDArray
from tensorflow.lite.python.optimize.calibrator import Calibrator
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from edge.convert.network import FloatNetwork
from edge.convert.silence import silence
from edge.errors import ModelError
from edge.text import one_line

MAX_CALIBRATION = 1000  # windows that set the int8 ranges
LOOPS = {"While", "StatelessWhile", "LoopCond"}  # operations of TensorFlow

Windows = NDArray[np.float32]


def float_network(network: FloatNetwork, finish: Callable[[Any], Any] | None = None) -> bytes:
    """The network as a .tflite file with float values; `finish` is applied to its output."""
    if network.tflite is not None:
        return network.tflite
    return _converted(_converter(network, finish))


def int8_network(
    network: FloatNetwork, windows: Windows, finish: Callable[[Any], Any] | None = None
) -> bytes:
    """The same network as full int8, with int8 input and output and builtin operators only.

    `windows` (n, *shape) set the int8 ranges.
    """
    step = max(1, len(windows) // MAX_CALIBRATION)

    def examples() -> Iterator[list[Windows]]:
        return ([window[None]] for window in windows[::step])

    if network.tflite is not None:
        return _calibrated(network.tflite, examples)
    converter = _converter(network, finish)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = examples
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return _converted(converter)


def is_int8(tflite: bytes) -> bool:
    """Whether the network takes and gives int8 values already."""
    with silence():
        interpreter = Interpreter(model_content=tflite)
    details = [*interpreter.get_input_details(), *interpreter.get_output_details()]
    return all(tensor["dtype"] is np.int8 for tensor in details)


def _converter(network: FloatNetwork, finish: Callable[[Any], Any] | None) -> Any:
    assert network.compute is not None
    compute = network.compute

    @tf.function(input_signature=[tf.TensorSpec([1, *network.shape], tf.float32)])
    def function(x: Any) -> Any:
        output = compute(x)
        return output if finish is None else finish(output)

    with silence():
        # The weights become constants: TFLite would have variables for them.
        frozen = convert_variables_to_constants_v2(function.get_concrete_function())
        if LOOPS & {operation.type for operation in frozen.graph.get_operations()}:
            raise ModelError(
                "the network has a loop, as an LSTM or GRU has one, and TensorFlow cannot quantise "
                "it: give the .keras file, whose recurrent layers are unrolled, or build them with "
                "unroll=True"
            )
        return tf.lite.TFLiteConverter.from_concrete_functions([frozen])


def _converted(converter: Any) -> bytes:
    try:
        with silence():
            content: bytes = converter.convert()
        return content
    except Exception as error:  # of the converter: they name the operator
        raise ModelError(f"the network cannot be converted: {_reason(error)}") from None


def _calibrated(tflite: bytes, examples: Callable[[], Iterator[list[Windows]]]) -> bytes:
    """A .tflite file with float values is quantised without the program that made it."""
    try:
        with silence():
            content = Calibrator(tflite).calibrate_and_quantize(examples, tf.int8, tf.int8, False)
        return bytes(content)
    except Exception as error:
        raise ModelError(
            f"the .tflite file cannot be quantised ({_reason(error)}): convert the Keras, "
            "SavedModel or ONNX file that it was made of"
        ) from None


def _reason(error: Exception) -> str:
    """The lines of a message of the converter that name operators, or its first line."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    named = [line for line in lines if " op" in line.lower() or "flex" in line.lower()]
    return one_line((named or lines or [type(error).__name__])[0])[:300]
