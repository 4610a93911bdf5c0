"""What a circuit is, and how a model's manifest describes it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edge.features.quantum.gates import AXES

ENCODING = "RY(pi x)"
"""How a value comes onto its qubit."""
RATIO = 0.3  # of two-qubit gates in random layers: PennyLane's default, and QCNN's choice
MOST_QUBITS = 9  # a patch of 3x3; each more makes a closed form four times as large
MOST_GATES = 256
FULL_TURN = 2 * np.pi


@dataclass(frozen=True)
class Gate:
    """A rotation RX, RY or RZ of one qubit, or a CNOT of two."""

    name: str
    wires: tuple[int, ...]
    angle: float = 0.0


@dataclass(frozen=True)
class Circuit:
    """Gates that follow the encoding, and what is measured then."""

    qubits: int
    gates: tuple[Gate, ...]
    measured: tuple[str, ...]
    """Products of Paulis: "Z0", or "X0 Z2"."""

    def __post_init__(self) -> None:
        """ValueError for what cannot be."""
        if not 0 < self.qubits <= MOST_QUBITS:
            raise ValueError(
                f"{self.qubits} qubits, where 1 to {MOST_QUBITS} can be computed: "
                "choose a smaller patch"
            )
        if len(self.gates) > MOST_GATES:
            raise ValueError(f"{len(self.gates)} gates, where {MOST_GATES} can be: use fewer")
        for number, gate in enumerate(self.gates, 1):
            _check(gate, f"gate {number} ({gate.name})", self.qubits)
        if not self.measured:
            raise ValueError("nothing is measured")
        for observable in self.measured:
            paulis(observable, self.qubits)

    def described(self) -> dict[str, Any]:
        """For a manifest, every gate in full."""
        gates = [
            [gate.name, *gate.wires] + [gate.angle] * (gate.name in AXES) for gate in self.gates
        ]
        return {"encoding": ENCODING, "gates": gates, "measured": list(self.measured)}


def read_circuit(description: Mapping[str, Any], qubits: int) -> Circuit:
    """The circuit that is described by its gates, or by the seed and angles of random layers.

    A seed means the same gates only as long as NumPy draws the same numbers from it: a model that
    is given to others had better spell its gates out.
    """
    measured = tuple(description.get("measured", [f"Z{qubit}" for qubit in range(qubits)]))
    if ("gates" in description) == ("random_layers" in description):
        raise ValueError('either "gates" or "random_layers" must be given')
    if "gates" in description:
        gates = tuple(_gate(given) for given in description["gates"])
    else:
        drawn = description["random_layers"]
        gates = tuple(random_layers(drawn["seed"], drawn["angles"], qubits))
    return Circuit(qubits, gates, measured)


def random_angles(seed: int, layers: int = 1, parameters: int = 4) -> list[list[float]]:
    """As QCNN draws them, but from a seed."""
    drawn: list[list[float]] = (
        np.random.default_rng(seed).uniform(0, FULL_TURN, (layers, parameters)).tolist()
    )
    return drawn


def random_layers(seed: int, angles: Sequence[Sequence[float]], qubits: int) -> Iterator[Gate]:
    """The gates of PennyLane's `RandomLayers(angles, wires=range(qubits), seed=seed)`."""
    if not 0 < qubits <= MOST_QUBITS:
        return  # a circuit of as many qubits says what is wrong
    if type(seed) is not int:
        raise ValueError(f"its seed is {seed!r}: give a whole number")
    rng = np.random.default_rng(seed)
    names = list(AXES)
    for layer in angles:
        rest = list(layer)
        while rest:
            if rng.random() > RATIO:
                name = names[rng.choice(len(names))]
                (wire,) = rng.choice(qubits, size=1, replace=False)
                yield Gate(name, (int(wire),), float(rest.pop(0)))
            elif qubits > 1:
                control, target = rng.choice(qubits, size=2, replace=False)
                yield Gate("CNOT", (int(control), int(target)))


def paulis(observable: str, qubits: int) -> list[int]:
    """Which Pauli is measured on each qubit."""
    found = [0] * qubits
    for factor in observable.split():
        match = re.fullmatch(r"([XYZ])([0-9]{1,2})", factor)
        if not match or int(match[2]) >= qubits or found[int(match[2])]:
            raise ValueError(
                f"{observable!r} is measured, where there are qubits 0 to {qubits - 1}: "
                'say one like "Z0" or "X0 Z1"'
            )
        found[int(match[2])] = "IXYZ".index(match[1])
    if not any(found):
        raise ValueError("nothing is measured by one of the outputs")
    return found


def _gate(given: Sequence[Any]) -> Gate:
    name, *rest = given
    if name in AXES:
        wire, angle = rest
        return Gate(name, (wire,), angle)
    return Gate(name, tuple(rest))


def _check(gate: Gate, name: str, qubits: int) -> None:
    wanted = 1 if gate.name in AXES else 2
    if wanted == 2 and gate.name != "CNOT":
        raise ValueError(f"{name} is unknown: there are {', '.join(AXES)} and CNOT")
    fits = all(type(wire) is int and 0 <= wire < qubits for wire in gate.wires)
    if not fits or len(gate.wires) != wanted or len(set(gate.wires)) != wanted:
        raise ValueError(
            f"{name} acts on {', '.join(map(str, gate.wires)) or 'nothing'}, "
            f"where there are qubits 0 to {qubits - 1}"
        )
    if not isinstance(gate.angle, (int, float)) or not abs(gate.angle) <= FULL_TURN:
        raise ValueError(f"{name} turns by {gate.angle!r}: give radians from -2 pi to 2 pi")
