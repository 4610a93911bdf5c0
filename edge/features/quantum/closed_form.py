"""The exact closed form of a circuit: a weighted sum of products of cosines and sines.

RY(pi x) turns |0> into the qubit state (I + cos(pi x) Z + sin(pi x) X) / 2. In the Heisenberg
picture the gates transform an observable into a sum of Pauli strings. The expectation value of a
Pauli string for the encoded qubits is a product: cos(pi x) for each Z, sin(pi x) for each X, and 0
if it contains a Y. Most circuits need few of the 3^n possible products.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.quantum.circuit import Circuit, pauli_string
from edge.features.quantum.gates import CNOT_MAP, ROTATION_MAPS, ROTATIONS

ENCODED_PAULIS = (0, 3, 1)
"""The Paulis with an expectation value other than 0 after the encoding: I (1), Z (cos), X (sin)."""
NEGLIGIBLE = 1e-12  # larger than the rounding of cos(pi / 2) in double precision
MAX_TERMS = 2048


class ClosedForm:
    """`circuit` as a function of the values of many patches."""

    def __init__(self, circuit: Circuit) -> None:
        """Raise ValueError for a circuit that has too many terms."""
        self.circuit = circuit
        coefficients = encoded_coefficients(pauli_coefficients(circuit))
        used = np.argwhere((np.abs(coefficients) > NEGLIGIBLE).any(axis=0))
        if len(used) > MAX_TERMS:
            raise ValueError(
                f"its closed form has {len(used)} terms, more than {MAX_TERMS}: use fewer layers "
                "or a smaller patch"
            )
        self.terms = [tuple(term) for term in used.tolist()]
        """The factor of each qubit in each term: 0 for 1, 1 for cos(pi x), 2 for sin(pi x)."""
        self.coefficients = coefficients[(slice(None), *used.T)].T
        """(terms, outputs): the coefficient of each term in each output."""
        self.factors: list[tuple[int, int]] = []
        """Each cosine and sine that is computed, as (qubit, 1 for cos or 2 for sin)."""
        self.products: list[tuple[int, int]] = []
        """Each product that is computed, as two indices into the factors and earlier products."""
        self._plan()

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return (patches, outputs) expectation values of (qubits, patches) values.

        The precision is that of `x`.
        """
        angles = x * x.dtype.type(np.pi)
        rows = np.empty((len(self.factors) + len(self.products), x.shape[1]), x.dtype)
        for row, (qubit, kind) in zip(rows, self.factors, strict=False):
            (np.cos if kind == 1 else np.sin)(angles[qubit], out=row)
        for row, (left, right) in zip(rows[len(self.factors) :], self.products, strict=True):
            np.multiply(rows[left], rows[right], out=row)
        out: NDArray[np.floating] = rows.T @ self._weights.astype(x.dtype)
        out += self._constant.astype(x.dtype)
        return out

    def _plan(self) -> None:
        """Plan the factors and products, so that each is computed once.

        Terms that begin with the same factors share the product of these factors.
        """
        terms = [tuple((q, kind) for q, kind in enumerate(term) if kind) for term in self.terms]
        self.factors = sorted({factor for term in terms for factor in term})
        row_of: dict[tuple[tuple[int, int], ...], int]
        row_of = {(factor,): row for row, factor in enumerate(self.factors)}
        for term in terms:
            for length in range(2, len(term) + 1):
                if term[:length] not in row_of:
                    row_of[term[:length]] = len(row_of)
                    self.products.append((row_of[term[: length - 1]], row_of[(term[length - 1],)]))
        self._constant = np.zeros(self.coefficients.shape[1])
        self._weights = np.zeros((len(row_of), self.coefficients.shape[1]))
        for term, coefficients in zip(terms, self.coefficients, strict=True):
            if term:
                self._weights[row_of[term]] = coefficients
            else:
                self._constant = coefficients


def observable_coefficients(circuit: Circuit) -> NDArray[np.float64]:
    """Return (outputs, 4, ... 4): each observable as coefficients of Pauli strings."""
    coefficients = np.zeros([len(circuit.observables), *[4] * circuit.qubits])
    for output, observable in enumerate(circuit.observables):
        coefficients[(output, *pauli_string(observable, circuit.qubits))] = 1
    return coefficients


def pauli_coefficients(circuit: Circuit) -> NDArray[np.float64]:
    """Return (outputs, 4, ... 4): each observable before the gates, in the Heisenberg picture."""
    coefficients = observable_coefficients(circuit)
    for gate in reversed(circuit.gates):
        if gate.name in ROTATIONS:
            constant, cos, sin = ROTATION_MAPS[gate.name]
            gate_map = constant + np.cos(gate.angle) * cos + np.sin(gate.angle) * sin
        else:
            gate_map = CNOT_MAP
        coefficients = _apply_map(gate_map, gate.wires, coefficients)
    return coefficients


def encoded_coefficients(coefficients: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (outputs, 3, ... 3): the coefficients of the strings of ENCODED_PAULIS."""
    outputs = range(len(coefficients))
    return coefficients[np.ix_(outputs, *[ENCODED_PAULIS] * (coefficients.ndim - 1))]


def _apply_map(
    gate_map: NDArray[np.float64], wires: tuple[int, ...], coefficients: NDArray[np.float64]
) -> NDArray[np.float64]:
    axes = [wire + 1 for wire in wires]
    count = len(wires)
    moved = np.tensordot(gate_map, coefficients, (range(count, 2 * count), axes))
    return np.moveaxis(moved, range(count), axes)
