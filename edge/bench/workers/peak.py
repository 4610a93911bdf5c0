"""A model that does nothing but multiply, to find how fast a runtime can on this machine.

One 1x1 convolution of int8: its operands fit into a small cache, it has no edges to pad, and it is
large enough that calling it costs nothing beside it. What it reaches is what a model could reach.
"""

from __future__ import annotations

import random

from edge.bench.model_file.flatbuffer_writer import Fields, Scalar, Vector, written

SIDE, CHANNELS = 32, 256
MACS = SIDE * SIDE * CHANNELS * CHANNELS
INT8, INT32 = 9, 2
CONV_2D = 3
CONV_OPTIONS = 1  # of the union BuiltinOptions


def peak_model() -> bytes:
    rng = random.Random(1)
    weights = [rng.randrange(-127, 128) for _ in range(CHANNELS * CHANNELS)]
    image, kernel = (1, SIDE, SIDE, CHANNELS), (CHANNELS, 1, 1, CHANNELS)
    tensors = [
        _tensor("image", image, INT8, 0, 1.0),
        _tensor("kernel", kernel, INT8, 1, 0.01),
        _tensor("bias", (CHANNELS,), INT32, 2, 0.01),
        _tensor("result", image, INT8, 0, 1.0),
    ]
    options = {1: Scalar("i", 1), 2: Scalar("i", 1), 4: Scalar("i", 1), 5: Scalar("i", 1)}
    operator = {
        0: Scalar("I", 0),
        1: Vector("i", [0, 1, 2]),
        2: Vector("i", [3]),
        3: Scalar("B", CONV_OPTIONS),
        4: options,
    }
    graph = {0: tensors, 1: Vector("i", [0]), 2: Vector("i", [3]), 3: [operator]}
    bias = bytes(4 * CHANNELS)
    buffers = [{}, {0: Vector("b", weights, 16)}, {0: Vector("B", bias, 16)}]
    code = {0: Scalar("b", CONV_2D), 2: Scalar("i", 3), 3: Scalar("i", CONV_2D)}
    return written({0: Scalar("I", 3), 1: [code], 2: [graph], 4: buffers}, b"TFL3")


def _tensor(name: str, shape: tuple[int, ...], kind: int, buffer: int, scale: float) -> Fields:
    quantization = {2: Vector("f", [scale]), 3: Vector("q", [0])}
    return {
        0: Vector("i", shape),
        1: Scalar("b", kind),
        2: Scalar("I", buffer),
        3: name,
        4: quantization,
    }
