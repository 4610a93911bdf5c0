"""A fixed circuit as the few products of cosines and sines that it is.

A qubit that RY(pi x) turned is (1 + cos(pi x) Z + sin(pi x) X) / 2, so an observable that was
pushed back through all gates is known at once: each of its Pauli products is a product of cosines
(where it has Z) and sines (X), or nothing (where it has a Y). Of the 3^n products most circuits
have few.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from edge.features.quantum.circuit import Circuit, paulis
from edge.features.quantum.gates import AXES, CNOT_PUSHED, PARTS

ENCODED = (0, 3, 1)
"""The Paulis that an encoded qubit shows: I as 1, Z as cos, X as sin."""
NOTHING = 1e-12  # cos(pi / 2) and its like, in double precision
MOST_TERMS = 2048


class ClosedForm:
    """`circuit`, to be called with the values of many patches at once."""

    def __init__(self, circuit: Circuit) -> None:
        """ValueError for one that has too many terms."""
        self.circuit = circuit
        shares = seen(pushed_back(circuit))
        used = np.argwhere((np.abs(shares) > NOTHING).any(axis=0))
        if len(used) > MOST_TERMS:
            raise ValueError(
                f"{len(used)} terms, where {MOST_TERMS} can be: use fewer layers or a smaller patch"
            )
        self.terms = [tuple(term) for term in used.tolist()]
        """Of each term, for each qubit: 0 for 1, 1 for cos(pi x), 2 for sin(pi x)."""
        self.shares = shares[(slice(None), *used.T)].T
        """(terms, outputs): how much of each term is in each output."""
        self._factors: list[tuple[int, int]] = []
        self._products: list[tuple[int, int]] = []
        self._plan()

    def __call__(self, x: NDArray[np.floating]) -> NDArray[np.floating]:
        """(patches, outputs) of (qubits, patches) values, in their precision."""
        angles = x * x.dtype.type(np.pi)
        rows = np.empty((len(self._factors) + len(self._products), x.shape[1]), x.dtype)
        for row, (qubit, kind) in zip(rows, self._factors, strict=False):
            (np.cos if kind == 1 else np.sin)(angles[qubit], out=row)
        for row, (left, right) in zip(rows[len(self._factors) :], self._products, strict=True):
            np.multiply(rows[left], rows[right], out=row)
        out: NDArray[np.floating] = rows.T @ self._weights.astype(x.dtype)
        out += self._constant.astype(x.dtype)
        return out

    def _plan(self) -> None:
        """Which cosines and sines are computed, and which products of two, each but once.

        Terms that begin alike share the product of what they begin with.
        """
        wanted = [tuple((q, kind) for q, kind in enumerate(term) if kind) for term in self.terms]
        self._factors = sorted({factor for term in wanted for factor in term})
        at: dict[tuple[tuple[int, int], ...], int]
        at = {(factor,): row for row, factor in enumerate(self._factors)}
        for term in wanted:
            for length in range(2, len(term) + 1):
                if term[:length] not in at:
                    at[term[:length]] = len(at)
                    self._products.append((at[term[: length - 1]], at[(term[length - 1],)]))
        self._constant = np.zeros(self.shares.shape[1])
        self._weights = np.zeros((len(at), self.shares.shape[1]))
        for term, shares in zip(wanted, self.shares, strict=True):
            if term:
                self._weights[at[term]] = shares
            else:
                self._constant = shares


def pushed_back(circuit: Circuit) -> NDArray[np.float64]:
    """(outputs, 4, ... 4): how much of each Pauli product is in what is measured."""
    shape = [4] * circuit.qubits
    shares = np.zeros([len(circuit.measured), *shape])
    for output, observable in enumerate(circuit.measured):
        shares[(output, *paulis(observable, circuit.qubits))] = 1
    for gate in reversed(circuit.gates):
        if gate.name in AXES:
            fixed, cos, sin = PARTS[gate.name]
            pushed = fixed + np.cos(gate.angle) * cos + np.sin(gate.angle) * sin
        else:
            pushed = CNOT_PUSHED
        shares = applied(pushed, gate.wires, shares)
    return shares


def seen(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """(outputs, 3, ... 3): those of the Pauli products that encoded qubits show."""
    outputs = range(len(shares))
    return shares[np.ix_(outputs, *[ENCODED] * (shares.ndim - 1))]


def applied(
    pushed: NDArray[np.float64], wires: tuple[int, ...], shares: NDArray[np.float64]
) -> NDArray[np.float64]:
    axes = [wire + 1 for wire in wires]
    count = len(wires)
    moved = np.tensordot(pushed, shares, (range(count, 2 * count), axes))
    return np.moveaxis(moved, range(count), axes)
