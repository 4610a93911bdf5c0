"""The gates of a circuit, and how each transforms Pauli strings in the Heisenberg picture.

In the Heisenberg picture the state stays fixed and the observable is transformed backwards through
the gates. A gate is then a linear map of Pauli strings: a rotation mixes two Paulis of one qubit,
CNOT permutes the Pauli strings of two qubits. The closed form needs nothing else of a gate.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PAULIS = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], np.complex128
)
"""The matrices I, X, Y and Z. Everywhere else a Pauli is its index in this array."""
ROTATIONS = {"RX": 1, "RY": 2, "RZ": 3}
"""The Pauli that each rotation gate rotates about."""
CNOT_MATRIX = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], np.complex128)
"""The first wire is the control, the second the target."""


def rotation_matrix(name: str, angle: float) -> NDArray[np.complex128]:
    """Return the matrix of RX, RY or RZ; the angle is in radians."""
    half, pauli = angle / 2, PAULIS[ROTATIONS[name]]
    matrix: NDArray[np.complex128] = np.cos(half) * PAULIS[0] - 1j * np.sin(half) * pauli
    return matrix


def _heisenberg_map(
    gate: NDArray[np.complex128], paulis: NDArray[np.complex128]
) -> NDArray[np.float64]:
    """Return [q, p]: the coefficient of Pauli string q in gate^dagger p gate."""
    transformed = gate.conj().T @ paulis @ gate
    coefficients = np.einsum("qij,pji->qp", paulis, transformed).real / len(gate)
    return np.rint(coefficients)  # exactly 0, 1 or -1 for the gates below


def _rotation_map(
    name: str,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    at_0, at_quarter, at_half = (
        _heisenberg_map(rotation_matrix(name, angle), PAULIS) for angle in (0, np.pi / 2, np.pi)
    )
    constant = (at_0 + at_half) / 2
    return constant, at_0 - constant, at_quarter - constant


ROTATION_MAPS = {name: _rotation_map(name) for name in ROTATIONS}
"""Three matrices for each rotation gate: its map is first + cos(angle) second + sin(angle) third.

The rows of each matrix are the resulting Paulis, the columns the Paulis before."""
PAULI_PAIRS = np.array([np.kron(first, second) for first in PAULIS for second in PAULIS])
CNOT_MAP = _heisenberg_map(CNOT_MATRIX, PAULI_PAIRS).reshape(4, 4, 4, 4)
"""Indices: resulting Pauli of the control, of the target, Pauli of the control, of the target."""
