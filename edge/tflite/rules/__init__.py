"""The rule of each operator: it checks the inputs and options, and returns the shapes of outputs.

A rule raises UnsupportedError for what a runtime could not compute, or would compute by reading
outside its memory.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from edge.tflite.node import Node
from edge.tflite.rules import elementwise, layout, windows
from edge.tflite.rules.base import Shape

MANY = range(1, 65)

RULES: Mapping[str, tuple[Callable[[Node], list[Shape]], range | tuple[int, ...]]] = {
    "CONV_2D": (windows.convolution, (2, 3)),
    "DEPTHWISE_CONV_2D": (windows.depthwise, (2, 3)),
    "TRANSPOSE_CONV": (windows.transpose_convolution, (3, 4)),
    "FULLY_CONNECTED": (windows.fully_connected, (2, 3)),
    "MAX_POOL_2D": (windows.pool, (1,)),
    "AVERAGE_POOL_2D": (windows.pool, (1,)),
    "ADD": (elementwise.addition, (2,)),
    "SUB": (elementwise.addition, (2,)),
    "MUL": (elementwise.product, (2,)),
    "DIV": (elementwise.float_binary, (2,)),
    "SQUARED_DIFFERENCE": (elementwise.float_binary, (2,)),
    "MAXIMUM": (elementwise.selection, (2,)),
    "MINIMUM": (elementwise.selection, (2,)),
    **dict.fromkeys(
        ("RELU", "RELU6", "RELU_N1_TO_1", "LOGISTIC", "TANH", "HARD_SWISH", "GELU"),
        (elementwise.unary, (1,)),
    ),
    **dict.fromkeys(
        ("ABS", "NEG", "EXP", "LOG", "SQRT", "RSQRT", "SQUARE", "SIN", "COS", "ELU"),
        (elementwise.float_unary, (1,)),
    ),
    "LEAKY_RELU": (elementwise.leaky_relu, (1,)),
    "PRELU": (elementwise.prelu, (2,)),
    "SOFTMAX": (elementwise.softmax, (1,)),
    "MEAN": (elementwise.reduction, (2,)),
    "SUM": (elementwise.reduction, (2,)),
    "REDUCE_MAX": (elementwise.reduction, (2,)),
    "REDUCE_MIN": (elementwise.reduction, (2,)),
    "QUANTIZE": (elementwise.quantize, (1,)),
    "DEQUANTIZE": (elementwise.dequantize, (1,)),
    "CAST": (elementwise.cast, (1,)),
    "RESHAPE": (layout.reshape, (1, 2)),
    "SQUEEZE": (layout.squeeze, (1,)),
    "EXPAND_DIMS": (layout.expand_dims, (2,)),
    "TRANSPOSE": (layout.transpose, (2,)),
    "CONCATENATION": (layout.concatenation, MANY),
    "PACK": (layout.pack, MANY),
    "UNPACK": (layout.unpack, (1,)),
    "SPLIT": (layout.split, (2,)),
    "SLICE": (layout.slice_, (3,)),
    "STRIDED_SLICE": (layout.strided_slice, (4,)),
    "PAD": (layout.pad, (2,)),
    "PADV2": (layout.pad, (3,)),
    "RESIZE_NEAREST_NEIGHBOR": (layout.resize, (2,)),
    "RESIZE_BILINEAR": (layout.resize, (2,)),
    "TILE": (layout.tile, (2,)),
    "GATHER": (layout.gather, (2,)),
    "SHAPE": (layout.shape_of, (1,)),
    "SPACE_TO_BATCH_ND": (layout.space_to_batch, (3,)),
    "BATCH_TO_SPACE_ND": (layout.batch_to_space, (3,)),
}
"""By name: the rule, and how many inputs the operator may have."""
OPTIONS_OF = {
    "CONV_2D": 1,
    "DEPTHWISE_CONV_2D": 2,
    "MAX_POOL_2D": 5,
    "AVERAGE_POOL_2D": 5,
    "FULLY_CONNECTED": 8,
    "SOFTMAX": 9,
    "CONCATENATION": 10,
    "ADD": 11,
    "RESHAPE": 17,
    "MUL": 21,
    "GATHER": 23,
    "MEAN": 27,
    "SUM": 27,
    "REDUCE_MAX": 27,
    "REDUCE_MIN": 27,
    "SUB": 28,
    "DIV": 29,
    "SQUEEZE": 30,
    "STRIDED_SLICE": 32,
    "SPLIT": 35,
    "TRANSPOSE_CONV": 49,
    "SHAPE": 55,
    "PACK": 59,
    "UNPACK": 64,
    "RESIZE_NEAREST_NEIGHBOR": 74,
    "RESIZE_BILINEAR": 15,
    "LEAKY_RELU": 75,
    "GELU": 116,
}
"""The table of BuiltinOptions that an operator reads; the others need none."""
OPTIONAL = {
    "RESHAPE",
    "SQUEEZE",
    "MUL",
    "ADD",
    "SUB",
    "DIV",
    "SHAPE",
    "MEAN",
    "SUM",
    "GATHER",
    "GELU",
}
"""Operators whose options may be absent."""
