"""A state vector simulation of circuits: slow, the reference for the closed form."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.quantum.circuit import Circuit, pauli_string
from edge.features.quantum.gates import CNOT_MATRIX, PAULIS, ROTATIONS, rotation_matrix

Complex = NDArray[np.complex128]


def expectations(circuit: Circuit, x: NDArray[np.floating]) -> NDArray[np.float64]:
    """Return the (patches, outputs) expectation values of (patches, qubits) values."""
    x = np.asarray(x, np.float64)
    state = np.ones((len(x), 1), np.complex128)
    for column in x.T:
        qubit = np.stack([np.cos(np.pi * column / 2), np.sin(np.pi * column / 2)], axis=1)
        state = (state[:, :, None] * qubit[:, None, :]).reshape(len(x), -1)
    state = state.reshape(len(x), *[2] * circuit.qubits)
    for gate in circuit.gates:
        rotates = gate.name in ROTATIONS
        matrix = rotation_matrix(gate.name, gate.angle) if rotates else CNOT_MATRIX
        state = _apply(matrix, gate.wires, state)
    return np.stack([_expectation(state, name) for name in circuit.observables], axis=1)


def _expectation(state: Complex, observable: str) -> NDArray[np.float64]:
    transformed = state
    for wire, pauli in enumerate(pauli_string(observable, state.ndim - 1)):
        transformed = _apply(PAULIS[pauli], (wire,), transformed)
    products: Complex = state.conj() * transformed
    values: NDArray[np.float64] = products.reshape(len(state), -1).sum(axis=1).real
    return values


def _apply(matrix: Complex, wires: tuple[int, ...], state: Complex) -> Complex:
    axes = [wire + 1 for wire in wires]
    count = len(wires)
    tensor = matrix.reshape([2] * 2 * count)
    moved = np.tensordot(tensor, state, (range(count, 2 * count), axes))
    return np.moveaxis(moved, range(count), axes)
