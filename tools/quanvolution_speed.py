"""Print how long a clip takes through the quanvolution, and how far it is from PennyLane.

  python -m tools.quanvolution_speed

A clip is QCNN's: 60 mel bands by 126 frames, patches of 2x2, so four qubits. The same circuits go
through PennyLane patch by patch (as QCNN runs it) and all patches at once, through the closed form
with all its 81 terms, and through the stage that models use, on one core each. Needs `pennylane`.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Sequence
from itertools import product
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from edge.cli.options import CommandParser, add_common
from edge.cli.run import run_command
from edge.errors import RuntimeMissing
from edge.features.quantum.circuit import Circuit, random_angles
from edge.features.quantum.closed_form import encoded_coefficients, pauli_coefficients
from edge.features.quantum.quanvolution import Quanvolution
from edge.simulation.seeds import seed

BANDS, FRAMES = 60, 126
SEED = 42  # PennyLane's, where QCNN gives none

Function = Callable[[Any], Any]


def main(argv: Sequence[str] | None = None) -> int:
    parser = CommandParser("python -m tools.quanvolution_speed", __doc__)
    parser.add_argument("--layers", type=int, default=1, help="of the circuit (1)")
    parser.add_argument("--seed", type=seed, default=0, help="of its angles, and of the clip (0)")
    add_common(parser)
    return run_command(parser, measure, argv)


def measure(args: argparse.Namespace) -> None:
    drawn = {"seed": SEED, "angles": random_angles(args.seed, args.layers)}
    stage = Quanvolution({"random_layers": drawn}, BANDS)
    clip = np.random.default_rng(args.seed).uniform(0, 1, (FRAMES, BANDS))
    single = clip.astype(np.float32)
    all_terms, circuit = dense_form(stage.circuit), _pennylane(drawn)

    ours = _seconds(lambda: stage.apply(single), 500)
    dense = _seconds(lambda: all_terms(patches(single)), 50)
    batch = _seconds(lambda: circuit(patches(clip)), 3)
    start = time.perf_counter()
    found = np.array([np.stack(circuit(patch)) for patch in patches(clip).T])
    loop = time.perf_counter() - start

    found = found.reshape(BANDS // 2, FRAMES // 2, 4).transpose(1, 0, 2)
    print(f"one clip of {BANDS} x {FRAMES}, {args.layers} random layer(s), one core")
    print(f"  PennyLane, patch by patch       {loop * 1e3:10.3f} ms")
    print(f"  PennyLane, all patches at once  {batch * 1e3:10.3f} ms")
    print(f"  closed form, all 81 terms       {dense * 1e3:10.3f} ms")
    terms = len(stage.closed_form.terms)
    print(f"  the stage: {terms:2d} terms             {ours * 1e3:10.3f} ms")
    print(f"  ratios to it: {loop / ours:.0f}, {batch / ours:.0f} and {dense / ours:.1f}")
    print(f"  largest difference from PennyLane: {np.abs(stage.apply(clip) - found).max():.1e}")
    print(f"  in single precision, as it runs:   {np.abs(stage.apply(single) - found).max():.1e}")


def _seconds(function: Callable[[], object], times: int) -> float:
    """The median: what others do on this machine meanwhile is no matter of ours."""
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        function()
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))


def patches(clip: NDArray[Any]) -> NDArray[Any]:
    """(4, patches) of the clip as an image with a row for each band."""
    image = clip.T
    corners = [image[down::2, right::2].ravel() for down, right in product((0, 1), repeat=2)]
    return np.stack(corners)


def dense_form(circuit: Circuit) -> Function:
    """The closed form without leaving out what is zero."""
    shares = encoded_coefficients(pauli_coefficients(circuit)).reshape(4, 81).T.astype(np.float32)

    def computed(x: NDArray[np.float32]) -> NDArray[np.float32]:
        angles = np.float32(np.pi) * x
        factors = np.stack([np.ones_like(x), np.cos(angles), np.sin(angles)])
        a, b, c, d = factors.transpose(1, 0, 2)
        pairs, others = a[:, None] * b, c[:, None] * d
        terms = pairs.reshape(9, 1, -1) * others.reshape(1, 9, -1)
        return terms.reshape(81, -1).T @ shares

    return computed


def _pennylane(drawn: dict[str, Any]) -> Function:
    """QCNN's circuit: four values, or as many patches of such as are given at once."""
    try:
        import pennylane
    except ImportError:
        raise RuntimeMissing("PennyLane is not installed: pip install pennylane") from None
    angles = np.array(drawn["angles"])

    @pennylane.qnode(pennylane.device("default.qubit", wires=4))
    def circuit(x: NDArray[np.float64]) -> list[Any]:
        for qubit in range(4):
            pennylane.RY(np.pi * x[qubit], wires=qubit)
        pennylane.RandomLayers(angles, wires=range(4), seed=drawn["seed"])
        return [pennylane.expval(pennylane.PauliZ(qubit)) for qubit in range(4)]

    run: Function = circuit
    return run


if __name__ == "__main__":
    raise SystemExit(main())
