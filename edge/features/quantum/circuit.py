"""A circuit, and its description in a model's manifest."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from edge.features.quantum.gates import ROTATIONS
from edge.text import MAX_VALUE, quoted, shortened

ENCODING = "RY(pi x)"
"""The gate that encodes a value x in its qubit."""
TWO_QUBIT_RATIO = 0.3  # of the gates in random layers: PennyLane's default, which QCNN uses
MAX_QUBITS = 9  # a patch of 3x3; each further qubit makes the closed form four times as large
MAX_GATES = 256
MAX_WORK = 1 << 28  # numbers that the closed form computes: some seconds on a PC, once at loading
FULL_TURN = 2 * np.pi


@dataclass(frozen=True)
class Gate:
    """A rotation RX, RY or RZ of one qubit, or a CNOT of two."""

    name: str
    wires: tuple[int, ...]
    """The qubit; for CNOT the control and the target."""
    angle: float = 0.0
    """Radians; unused for CNOT."""


@dataclass(frozen=True)
class Circuit:
    """The gates after the encoding, and the observables that are measured after the gates."""

    qubits: int
    gates: tuple[Gate, ...]
    observables: tuple[str, ...]
    """Pauli strings such as "Z0" or "X0 Z2"; each is an output."""

    def __post_init__(self) -> None:
        """Raise ValueError for a circuit that is invalid or too large."""
        check_qubits(self.qubits)
        if len(self.gates) > MAX_GATES:
            raise ValueError(f"it has {len(self.gates)} gates, more than {MAX_GATES}: use fewer")
        for number, gate in enumerate(self.gates, 1):
            _check_gate(gate, f"gate {number} ({quoted(gate.name)[1:-1]})", self.qubits)
        if not self.observables:
            raise ValueError('it has no observable: give at least one, such as "Z0"')
        if len(set(self.observables)) < len(self.observables):
            raise ValueError("two of its observables are the same: give each once")
        work = (len(self.gates) + 1) * len(self.observables) * 4**self.qubits
        if work > MAX_WORK:
            raise ValueError(
                f"it has {len(self.gates)} gates and {len(self.observables)} observables of "
                f"{self.qubits} qubits, which takes too long to compute: use fewer, or a smaller "
                "patch"
            )
        for observable in self.observables:
            pauli_string(observable, self.qubits)

    def description(self) -> dict[str, Any]:
        """Return the circuit as a manifest describes it, with all gates."""
        gates = [
            [gate.name, *gate.wires] + [gate.angle] * (gate.name in ROTATIONS)
            for gate in self.gates
        ]
        return {"encoding": ENCODING, "gates": gates, "measured": list(self.observables)}


def check_qubits(qubits: int) -> None:
    if not 0 < qubits <= MAX_QUBITS:
        raise ValueError(
            f"it has {qubits} qubits, 1 to {MAX_QUBITS} are possible: choose a smaller patch"
        )


def read_circuit(description: Mapping[str, Any], qubits: int) -> Circuit:
    """Return the circuit of a description that has either gates or the seed of random layers.

    A seed gives the same gates only as long as NumPy draws the same numbers from it. A model for
    other people should therefore describe its gates.
    """
    observables = description.get("measured", [f"Z{qubit}" for qubit in range(qubits)])
    if ("gates" in description) == ("random_layers" in description):
        raise ValueError('give either "gates" or "random_layers"')
    if "gates" in description:
        gates = tuple(_parse_gate(values) for values in description["gates"])
    else:
        layers = description["random_layers"]
        random_gates = random_layers(layers["seed"], layers["angles"], qubits)
        gates = tuple(islice(random_gates, MAX_GATES + 1))  # Circuit refuses more than MAX_GATES
    return Circuit(qubits, gates, tuple(observables))


def random_angles(seed: int, layers: int = 1, parameters: int = 4) -> list[list[float]]:
    """Return (layers, parameters) uniform random angles, the distribution that QCNN uses."""
    angles: list[list[float]] = (
        np.random.default_rng(seed).uniform(0, FULL_TURN, (layers, parameters)).tolist()
    )
    return angles


def random_layers(seed: int, angles: Sequence[Sequence[float]], qubits: int) -> Iterator[Gate]:
    """Yield the gates of PennyLane's `RandomLayers(angles, wires=range(qubits), seed=seed)`."""
    if not 0 < qubits <= MAX_QUBITS:
        return  # Circuit raises the error
    if type(seed) is not int:
        raise ValueError(f"the seed of its random layers is {quoted(seed)}: give an integer")
    rng = np.random.default_rng(seed)
    names = list(ROTATIONS)
    for layer in angles:
        remaining = list(layer)
        while remaining:
            if rng.random() > TWO_QUBIT_RATIO:
                name = names[rng.choice(len(names))]
                (wire,) = rng.choice(qubits, size=1, replace=False)
                yield Gate(name, (int(wire),), float(remaining.pop(0)))
            elif qubits > 1:
                control, target = rng.choice(qubits, size=2, replace=False)
                yield Gate("CNOT", (int(control), int(target)))


def pauli_string(observable: str, qubits: int) -> list[int]:
    """Return the index in PAULIS of the Pauli on each qubit: "X0 Z2" is [1, 0, 3]."""
    paulis = [0] * qubits
    for factor in observable.split():
        match = re.fullmatch(r"([XYZ])([0-9]{1,2})", factor)
        if not match or int(match[2]) >= qubits or paulis[int(match[2])]:
            raise ValueError(
                f"the observable {quoted(observable)} is invalid for qubits 0 to {qubits - 1}: "
                'write a Pauli string such as "Z0" or "X0 Z1"'
            )
        paulis[int(match[2])] = "IXYZ".index(match[1])
    if not any(paulis):
        raise ValueError('an observable is empty: write a Pauli string such as "Z0"')
    return paulis


def _parse_gate(values: Sequence[Any]) -> Gate:
    name, *rest = values
    if name in ROTATIONS:
        wire, angle = rest
        return Gate(name, (wire,), angle)
    return Gate(name, tuple(rest))


def _check_gate(gate: Gate, name: str, qubits: int) -> None:
    wires = 1 if gate.name in ROTATIONS else 2
    if wires == 2 and gate.name != "CNOT":
        raise ValueError(f"{name} is unknown: use {', '.join(ROTATIONS)} and CNOT")
    exist = all(type(wire) is int and 0 <= wire < qubits for wire in gate.wires)
    if not exist or len(gate.wires) != wires or len(set(gate.wires)) != wires:
        raise ValueError(
            f"{name} acts on {_listed(gate.wires)}: give {wires} of the qubits 0 to {qubits - 1}"
        )
    if not isinstance(gate.angle, (int, float)) or not abs(gate.angle) <= FULL_TURN:
        raise ValueError(
            f"{name} has the angle {quoted(gate.angle)}: give radians from -2 pi to 2 pi"
        )


def _listed(wires: Sequence[Any]) -> str:
    return shortened(", ".join(map(str, wires)), MAX_VALUE) or "no qubit"
