"""The quanvolution as a Keras layer whose rotation angles are trained with the network behind it.

The gates are fixed, so the set of terms in the closed form is fixed too. Only their coefficients
depend on the angles. Each step computes them again in the Heisenberg picture, in TensorFlow, which
costs little beside the network: 256 numbers per output for four qubits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.quantum.circuit import FULL_TURN, Circuit
from edge.features.quantum.closed_form import (
    ENCODED_PAULIS,
    NEGLIGIBLE,
    encoded_coefficients,
    observable_coefficients,
    pauli_coefficients,
)
from edge.features.quantum.gates import CNOT_MAP, ROTATION_MAPS, ROTATIONS
from edge.features.quantum.quanvolution import Quanvolution


class TrainableQuanvolution(keras.layers.Layer):
    """Maps (batch, k * rows_in, bins) to (batch, k, *shape); the description has initial angles."""

    def __init__(self, description: Mapping[str, Any], bins: int, **options: Any) -> None:
        super().__init__(**options)
        self.stage = Quanvolution(description, bins)
        self._terms = possible_terms(self.stage.circuit)

    def build(self, shape: tuple[int | None, ...]) -> None:
        angles = [gate.angle for gate in self.stage.circuit.gates if gate.name in ROTATIONS]
        self.angles = self.add_weight(
            name="angles",
            shape=(len(angles),),
            initializer=lambda shape, dtype=None: tf.constant(angles, dtype),
        )

    def call(self, frames: tf.Tensor) -> tf.Tensor:
        circuit, x = self.stage.circuit, self._patches(frames)
        products = _products(self._terms, tf.cos(np.pi * x), tf.sin(np.pi * x))
        coefficients = _pauli_coefficients(circuit, self.angles, self.compute_dtype)
        paulis = [np.array(ENCODED_PAULIS)[list(term)] for term in self._terms]
        index = np.ravel_multi_index(np.transpose(paulis), [4] * circuit.qubits)
        flat = tf.reshape(coefficients, [len(circuit.observables), -1])
        return tf.einsum("tbka,ot->bkao", products, tf.gather(flat, index, axis=1))

    def compute_output_shape(self, shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        frames = None if shape[1] is None else shape[1] // self.stage.rows_in
        return shape[0], frames, *self.stage.shape

    def description(self) -> dict[str, Any]:
        """Return the description of the stage with the trained angles, for a manifest."""
        # Angles from -pi to pi: a further full turn does not change an expectation value.
        wrapped = np.remainder(self.angles.numpy().astype(np.float64) + np.pi, FULL_TURN) - np.pi
        return self.stage.description(with_angles(self.stage.circuit, iter(wrapped.tolist())))

    def _patches(self, frames: tf.Tensor) -> tf.Tensor:
        """Return (qubits, batch, k, across); incomplete patches at the end are dropped."""
        stage = self.stage
        across, rows_in = stage.shape[0], stage.rows_in
        count = tf.shape(frames)[1] // rows_in
        cut = frames[:, : count * rows_in]
        x = tf.reshape(cut, [-1, count, rows_in, across, stage.bins // across])
        x = tf.transpose(x, (2, 4, 0, 1, 3) if stage.axes[0] == "frames" else (4, 2, 0, 1, 3))
        x = tf.reshape(x, [stage.circuit.qubits, -1, count, across])
        if stage.scale is not None:
            low, high = stage.scale
            x = tf.clip_by_value((x - low) * (1 / (high - low)), 0.0, 1.0)
        return x


def with_angles(circuit: Circuit, angles: Iterator[float]) -> Circuit:
    """Return the circuit with the angles of its rotations replaced, in the order of the gates."""
    gates = [replace(g, angle=next(angles)) if g.name in ROTATIONS else g for g in circuit.gates]
    return replace(circuit, gates=tuple(gates))


def possible_terms(circuit: Circuit) -> list[tuple[int, ...]]:
    """Return the terms of the closed form that have a coefficient other than 0 for some angles.

    They are found with two sets of random angles.
    """
    rng = np.random.default_rng(0)
    found = np.zeros([3] * circuit.qubits, bool)
    for _ in range(2):
        angles = (float(rng.uniform(0.2, 1.3)) for _ in circuit.gates)
        coefficients = encoded_coefficients(pauli_coefficients(with_angles(circuit, angles)))
        found |= (np.abs(coefficients) > NEGLIGIBLE).any(axis=0)
    return [tuple(term) for term in np.argwhere(found).tolist()]


def _products(terms: list[tuple[int, ...]], cos: tf.Tensor, sin: tf.Tensor) -> tf.Tensor:
    """Return (terms, batch, k, across); terms that begin alike share products."""
    known: dict[tuple[int, ...], tf.Tensor] = {(): tf.ones_like(cos[0])}

    def product(term: tuple[int, ...]) -> tf.Tensor:
        if term not in known:
            *first, kind = term
            before = product(tuple(first))
            qubit = len(first)
            known[term] = before if not kind else before * (cos if kind == 1 else sin)[qubit]
        return known[term]

    return tf.stack([product(term) for term in terms])


def _pauli_coefficients(circuit: Circuit, angles: tf.Tensor, dtype: str) -> tf.Tensor:
    """Return `closed_form.pauli_coefficients` as a differentiable function of the angles."""
    coefficients = tf.constant(observable_coefficients(circuit), dtype)
    remaining = angles.shape[0]
    cos, sin = tf.cos(angles), tf.sin(angles)
    for gate in reversed(circuit.gates):
        if gate.name in ROTATIONS:
            remaining -= 1
            parts = ROTATION_MAPS[gate.name]
            constant, with_cos, with_sin = (tf.constant(part, dtype) for part in parts)
            gate_map = constant + cos[remaining] * with_cos + sin[remaining] * with_sin
        else:
            gate_map = tf.constant(CNOT_MAP, dtype)
        coefficients = _apply_map(gate_map, gate.wires, coefficients)
    return coefficients


def _apply_map(gate_map: tf.Tensor, wires: tuple[int, ...], coefficients: tf.Tensor) -> tf.Tensor:
    axes, count = [wire + 1 for wire in wires], len(wires)
    moved = tf.tensordot(gate_map, coefficients, [list(range(count, 2 * count)), axes])
    others = [axis for axis in range(len(coefficients.shape)) if axis not in axes]
    order: NDArray[np.int64] = np.argsort([*axes, *others])
    return tf.transpose(moved, order)
