"""The gates, and what each makes of an observable that is pushed back through it.

With the state of a circuit left alone and its observables moved instead (Heisenberg's picture), a
gate is a linear map of Pauli products: rotations mix two Paulis of one qubit, CNOT permutes those
of two. That is all a closed form needs.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

PAULIS = np.array(
    [[[1, 0], [0, 1]], [[0, 1], [1, 0]], [[0, -1j], [1j, 0]], [[1, 0], [0, -1]]], np.complex128
)
"""I, X, Y and Z; a Pauli is known by its place in here."""
AXES = {"RX": 1, "RY": 2, "RZ": 3}
CNOT = np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1], [0, 0, 1, 0]], np.complex128)
"""The first of its wires controls the second."""


def rotation(name: str, angle: float) -> NDArray[np.complex128]:
    """The matrix of RX, RY or RZ."""
    half, pauli = angle / 2, PAULIS[AXES[name]]
    turned: NDArray[np.complex128] = np.cos(half) * PAULIS[0] - 1j * np.sin(half) * pauli
    return turned


def _pushed(gate: NDArray[np.complex128], paulis: NDArray[np.complex128]) -> NDArray[np.float64]:
    """[q, p]: how much of Pauli product q is in p, once p was pushed back through the gate."""
    moved = gate.conj().T @ paulis @ gate
    shares = np.einsum("qij,pji->qp", paulis, moved).real / len(gate)
    return np.rint(shares)  # 0, 1 and -1 for the gates asked below; exact zeros stay zeros


def _parts(name: str) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    none, quarter, half = (_pushed(rotation(name, a), PAULIS) for a in (0, np.pi / 2, np.pi))
    fixed = (none + half) / 2
    return fixed, none - fixed, quarter - fixed


PARTS = {name: _parts(name) for name in AXES}
"""Of each rotation by an angle: the map is the first plus cos times the second, sin the third."""
PAIRS = np.array([np.kron(first, second) for first in PAULIS for second in PAULIS])
CNOT_PUSHED = _pushed(CNOT, PAIRS).reshape(4, 4, 4, 4)
"""[q first, q second, p first, p second]"""
