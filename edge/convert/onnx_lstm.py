"""LSTM of ONNX, step by step: TFLite's own LSTM is made of Keras layers only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from edge.convert.onnx_graph import Value
from edge.errors import ModelError

MAX_STEPS = 256  # each is a dozen operators in the file
FLAGS = ("layout", "input_forget", "clip", "activations", "activation_alpha", "activation_beta")
DEFAULTS = ([b"Sigmoid", b"Tanh", b"Tanh"], [b"Sigmoid", b"Tanh", b"Tanh"] * 2)


def lstm(values: Sequence[Value], attributes: Mapping[str, Any]) -> list[Value]:
    """X, W, R, B, lengths, first h, first c give all h, the last h and the last c."""
    x, w, r = (value.plain() for value in values[:3])
    others = [flag for flag in FLAGS if attributes.get(flag) and attributes[flag] not in DEFAULTS]
    if others or (len(values) > 7 and values[7].tensor.size):
        raise ModelError(f"an LSTM has {', '.join(others) or 'peepholes'}: export it without")
    steps, batch, _ = (int(size) for size in x.shape)
    if len(values) > 4 and not _all_equal(values[4], steps):
        raise ModelError("an LSTM has sequences of several lengths: export it without lengths")
    if steps > MAX_STEPS:
        raise ModelError(f"an LSTM has {steps} steps, more than {MAX_STEPS}: convert it from Keras")
    size = attributes["hidden_size"]
    directions = attributes.get("direction", b"forward").decode()
    results = []
    for number in range(len(w)):
        backward = directions == "reverse" or number == 1
        order = range(steps)[::-1] if backward else range(steps)
        bias = np.zeros(8 * size, np.float32)
        if len(values) > 3 and values[3].tensor.size:
            bias = values[3].tensor[number]
        h, c = (
            values[k].plain()[number]
            if len(values) > k and values[k].rank == 3
            else np.zeros((batch, size), np.float32)
            for k in (5, 6)
        )
        kernel = np.concatenate([w[number], r[number]], axis=1).T
        found: list[Any] = [None] * steps
        for step in order:
            h, c = _step(x[step], h, c, kernel, bias[: 4 * size] + bias[4 * size :])
            found[step] = h
        results.append((tf.stack(found), h, c))
    all_h, last_h, last_c = zip(*results, strict=True)
    return [Value(tf.stack(all_h, 1)), Value(tf.stack(last_h)), Value(tf.stack(last_c))]


def _all_equal(lengths: Value, steps: int) -> bool:
    """Whether no sequence is shorter; an empty input stands for no lengths."""
    return lengths.is_constant and bool(np.all(lengths.tensor == steps))


def _step(x: Any, h: Any, c: Any, kernel: Any, bias: Any) -> tuple[Any, Any]:
    """The next h and c."""
    gates = tf.matmul(tf.concat([x, h], 1), kernel) + bias
    i, o, f, g = tf.split(gates, 4, 1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c
