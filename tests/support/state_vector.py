"""The textbook way: every amplitude of the state, gate by gate. Slow; what the fast way is for."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.quantum.circuit import Circuit, paulis
from edge.features.quantum.gates import AXES, CNOT, PAULIS, rotation

Complex = NDArray[np.complex128]


def expectations(circuit: Circuit, x: NDArray[np.floating]) -> NDArray[np.float64]:
    """(patches, outputs) of (patches, qubits) values."""
    x = np.asarray(x, np.float64)
    state = np.ones((len(x), 1), np.complex128)
    for column in x.T:
        qubit = np.stack([np.cos(np.pi * column / 2), np.sin(np.pi * column / 2)], axis=1)
        state = (state[:, :, None] * qubit[:, None, :]).reshape(len(x), -1)
    state = state.reshape(len(x), *[2] * circuit.qubits)
    for gate in circuit.gates:
        matrix = rotation(gate.name, gate.angle) if gate.name in AXES else CNOT
        state = _applied(matrix, gate.wires, state)
    return np.stack([_expectation(state, name) for name in circuit.measured], axis=1)


def _expectation(state: Complex, observable: str) -> NDArray[np.float64]:
    seen = state
    for wire, pauli in enumerate(paulis(observable, state.ndim - 1)):
        seen = _applied(PAULIS[pauli], (wire,), seen)
    products: Complex = state.conj() * seen
    found: NDArray[np.float64] = products.reshape(len(state), -1).sum(axis=1).real
    return found


def _applied(matrix: Complex, wires: tuple[int, ...], state: Complex) -> Complex:
    axes = [wire + 1 for wire in wires]
    count = len(wires)
    tensor = matrix.reshape([2] * 2 * count)
    moved = np.tensordot(tensor, state, (range(count, 2 * count), axes))
    return np.moveaxis(moved, range(count), axes)
