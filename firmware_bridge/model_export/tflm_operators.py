"""The operators of a network: TFLite Micro must register each of them."""

from __future__ import annotations

from edge.errors import ModelError
from edge.tflite.network import read_network

# The operators of TFLite Micro; newer releases add a few, which no model here needs.
_SUPPORTED = """
ABS ADD ADD_N ARG_MAX ARG_MIN AVERAGE_POOL_2D BATCH_TO_SPACE_ND CAST CEIL CONCATENATION CONV_2D COS
CUMSUM DEPTHWISE_CONV_2D DEPTH_TO_SPACE DEQUANTIZE DIV ELU EQUAL EXP EXPAND_DIMS FILL FLOOR
FLOOR_DIV FLOOR_MOD FULLY_CONNECTED GATHER GATHER_ND GREATER GREATER_EQUAL HARD_SWISH
L2_NORMALIZATION L2_POOL_2D LEAKY_RELU LESS LESS_EQUAL LOG LOGICAL_AND LOGICAL_NOT LOGICAL_OR
LOGISTIC LOG_SOFTMAX MAXIMUM MAX_POOL_2D MEAN MINIMUM MIRROR_PAD MUL NEG NOT_EQUAL PACK PAD PADV2
PRELU QUANTIZE REDUCE_MAX RELU RELU6 RESHAPE RESIZE_BILINEAR RESIZE_NEAREST_NEIGHBOR ROUND RSQRT
SELECT_V2 SHAPE SIN SLICE SOFTMAX SPACE_TO_BATCH_ND SPACE_TO_DEPTH SPLIT SPLIT_V SQRT SQUARE
SQUARED_DIFFERENCE SQUEEZE STRIDED_SLICE SUB SUM SVDF TANH TRANSPOSE TRANSPOSE_CONV
UNIDIRECTIONAL_SEQUENCE_LSTM UNPACK ZEROS_LIKE
"""
SUPPORTED = frozenset(_SUPPORTED.split())
_IRREGULAR_METHODS = {
    "CUMSUM": "AddCumSum",
    "PADV2": "AddPadV2",
    "UNIDIRECTIONAL_SEQUENCE_LSTM": "AddUnidirectionalSequenceLSTM",
}


def operators(network: bytes) -> list[str]:
    """Return the sorted names of a network's operators, each once."""
    return sorted(read_network(network).counts)


def resolver_methods(network: bytes, name: str) -> list[str]:
    """Return the methods of MicroMutableOpResolver that register the network's operators.

    ModelError if TFLite Micro lacks one; `name` is the model's name in the message.
    """
    used = operators(network)
    missing = [operator for operator in used if operator not in SUPPORTED]
    if missing:
        raise ModelError(
            f"{name} uses {', '.join(missing)}, which TFLite Micro lacks: "
            "train it with layers that use only operators of TFLite Micro"
        )
    return [_IRREGULAR_METHODS.get(op, "Add" + op.title().replace("_", "")) for op in used]
