"""The quanvolution as a layer whose angles are learnt together with the network behind it.

The layout of the gates is fixed, so is the set of cosine and sine products that can be there; only
their shares depend on the angles, and those are pushed back through the gates anew in each step.
That costs little next to the network: 256 numbers an output for four qubits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.quantum.circuit import FULL_TURN, Circuit, paulis
from edge.features.quantum.closed_form import ENCODED, NOTHING, pushed_back, seen
from edge.features.quantum.gates import AXES, CNOT_PUSHED, PARTS
from edge.features.quantum.quanvolution import Quanvolution


class TrainableQuanvolution(keras.layers.Layer):
    """(batch, k * rows_in, bins) to (batch, k, *shape), starting with the described angles."""

    def __init__(self, description: Mapping[str, Any], bins: int, **more: Any) -> None:
        super().__init__(**more)
        self.stage = Quanvolution(description, bins)
        self._terms = possible_terms(self.stage.circuit)

    def build(self, shape: tuple[int | None, ...]) -> None:
        angles = [gate.angle for gate in self.stage.circuit.gates if gate.name in AXES]
        self.angles = self.add_weight(
            name="angles",
            shape=(len(angles),),
            initializer=lambda shape, dtype=None: tf.constant(angles, dtype),
        )

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        x = self._patches(frames)
        products = _products(self._terms, tf.cos(np.pi * x), tf.sin(np.pi * x))
        shares = _pushed_back(self.stage.circuit, self.angles, self.compute_dtype)
        place = [np.array(ENCODED)[list(term)] for term in self._terms]
        where = np.ravel_multi_index(np.transpose(place), [4] * self.stage.circuit.qubits)
        shares = tf.gather(
            tf.reshape(shares, [len(self.stage.circuit.measured), -1]), where, axis=1
        )
        return tf.einsum("tbka,ot->bkao", products, shares)

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        frames = None if shape[1] is None else shape[1] // self.stage.rows_in
        return shape[0], frames, *self.stage.shape

    def description(self) -> dict[str, Any]:
        """Of the stage as it was learnt, for a manifest: every gate with its angle."""
        # Half a turn at most: a circuit that was turned once more measures the same.
        wrapped = np.remainder(self.angles.numpy().astype(np.float64) + np.pi, FULL_TURN) - np.pi
        left = iter(wrapped.tolist())
        circuit = self.stage.circuit
        gates = [replace(g, angle=next(left)) if g.name in AXES else g for g in circuit.gates]
        return self.stage.described(replace(circuit, gates=tuple(gates)))

    def _patches(self, frames: tf.Tensor) -> tf.Tensor:
        """(qubits, batch, k, across): what is left over of the frames is dropped, as live."""
        stage = self.stage
        across, down = stage.shape[0], stage.rows_in
        count = tf.shape(frames)[1] // down
        cut = frames[:, : count * down]
        x = tf.reshape(cut, [-1, count, down, across, stage.bins // across])
        x = tf.transpose(x, (2, 4, 0, 1, 3) if stage.axes[0] == "frames" else (4, 2, 0, 1, 3))
        x = tf.reshape(x, [stage.circuit.qubits, -1, count, across])
        if stage.scale is not None:
            low, high = stage.scale
            x = tf.clip_by_value((x - low) * (1 / (high - low)), 0.0, 1.0)
        return x


def possible_terms(circuit: Circuit) -> list[tuple[int, ...]]:
    """Those that some angles give: all but what vanishes for arbitrary ones, drawn twice."""
    rng = np.random.default_rng(0)
    found = np.zeros([3] * circuit.qubits, bool)
    for _ in range(2):
        gates = [
            replace(g, angle=float(rng.uniform(0.2, 1.3))) if g.name in AXES else g
            for g in circuit.gates
        ]
        shares = seen(pushed_back(replace(circuit, gates=tuple(gates))))
        found |= (np.abs(shares) > NOTHING).any(axis=0)
    return [tuple(term) for term in np.argwhere(found).tolist()]


def _products(terms: list[tuple[int, ...]], cos: tf.Tensor, sin: tf.Tensor) -> tf.Tensor:
    """(terms, batch, k, across)"""
    known: dict[tuple[int, ...], tf.Tensor] = {(): tf.ones_like(cos[0])}

    def product(term: tuple[int, ...]) -> tf.Tensor:
        if term not in known:
            *first, kind = term
            before = product(tuple(first))
            qubit = len(first)
            known[term] = before if not kind else before * (cos if kind == 1 else sin)[qubit]
        return known[term]

    return tf.stack([product(term) for term in terms])


def _pushed_back(circuit: Circuit, angles: tf.Tensor, dtype: str) -> tf.Tensor:
    """(outputs, 4, ... 4), as `closed_form.pushed_back` computes it, but differentiable."""
    start = np.zeros([len(circuit.measured), *[4] * circuit.qubits])
    for output, observable in enumerate(circuit.measured):
        start[(output, *paulis(observable, circuit.qubits))] = 1
    shares = tf.constant(start, dtype)
    left = angles.shape[0]
    cos, sin = tf.cos(angles), tf.sin(angles)
    for gate in reversed(circuit.gates):
        if gate.name in AXES:
            left -= 1
            fixed, with_cos, with_sin = (tf.constant(part, dtype) for part in PARTS[gate.name])
            pushed = fixed + cos[left] * with_cos + sin[left] * with_sin
        else:
            pushed = tf.constant(CNOT_PUSHED, dtype)
        shares = _applied(pushed, gate.wires, shares)
    return shares


def _applied(pushed: tf.Tensor, wires: tuple[int, ...], shares: tf.Tensor) -> tf.Tensor:
    axes, count = [wire + 1 for wire in wires], len(wires)
    moved = tf.tensordot(pushed, shares, [list(range(count, 2 * count)), axes])
    others = [axis for axis in range(len(shares.shape)) if axis not in axes]
    order: NDArray[np.int64] = np.argsort([*axes, *others])
    return tf.transpose(moved, order)
