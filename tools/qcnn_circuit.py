"""The quantum circuit of QCNN (arXiv 2010.13309), with random angles."""

from __future__ import annotations

from typing import Any

from edge.features.quantum.circuit import random_angles

SEED = 42  # for the choice of the gates: QCNN sets none, and this is the default of PennyLane


def random_circuit(seed: int, layers: int = 1) -> dict[str, Any]:
    """The circuit as a manifest describes it. `seed` chooses the angles."""
    return {"random_layers": {"seed": SEED, "angles": random_angles(seed, layers)}}
