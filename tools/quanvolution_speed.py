"""Measure the time of the quanvolution for one clip, and its difference from PennyLane.

  python -m tools.quanvolution_speed

The clip is that of QCNN: 60 mel bands by 126 frames, in patches of 2x2, so four qubits. The same
circuit is computed in four ways, on one core each: by PennyLane patch by patch (as in QCNN), by
PennyLane for all patches at once, by the closed form with all its 81 terms, and by the stage that
the models use. Needs `pennylane`.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from itertools import product
from statistics import median
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
from numpy.typing import NDArray

from edge.cli.options import add_common
from edge.cli.parser import CommandParser
from edge.cli.run import run_command
from edge.errors import RuntimeMissing
from edge.features.quantum.circuit import Circuit
from edge.features.quantum.closed_form import encoded_coefficients, pauli_coefficients
from edge.features.quantum.quanvolution import Quanvolution
from edge.simulation.seeds import seed
from tools.qcnn_circuit import random_circuit
from tools.timing import durations_s

BANDS, FRAMES = 60, 126

Function = Callable[[Any], Any]


def main(argv: Sequence[str] | None = None, bands: int = BANDS, frames: int = FRAMES) -> int:
    """`bands` and `frames` are the size of the clip, both even."""
    parser = CommandParser("python -m tools.quanvolution_speed", __doc__)
    parser.add_argument(
        "--layers", type=int, default=1, metavar="N", help="random layers of the circuit (1)"
    )
    parser.add_argument(
        "--seed", type=seed, default=0, metavar="N", help="seed of the angles and of the clip (0)"
    )
    add_common(parser)

    def run(args: argparse.Namespace) -> None:
        for line in measure(args.layers, args.seed, bands, frames):
            print(line)

    return run_command(parser, run, argv)


def measure(layers: int, seed: int, bands: int, frames: int) -> Iterator[str]:
    description = random_circuit(seed, layers)
    stage = Quanvolution(description, bands)
    double = np.random.default_rng(seed).uniform(0, 1, (frames, bands))
    single = double.astype(np.float32)
    all_terms, pennylane = dense_form(stage.circuit), _pennylane(description["random_layers"])

    stage_s = median(durations_s(lambda: stage.apply(single), 500))
    dense_s = median(durations_s(lambda: all_terms(patches(single)), 50))
    batch_s = median(durations_s(lambda: pennylane(patches(double)), 3))
    started = time.perf_counter()
    outputs = np.array([np.stack(pennylane(patch)) for patch in patches(double).T])
    loop_s = time.perf_counter() - started

    expected = outputs.reshape(bands // 2, frames // 2, 4).transpose(1, 0, 2)
    errors = [np.abs(stage.apply(clip) - expected).max() for clip in (double, single)]
    yield f"one clip of {bands} x {frames}, {layers} random layer(s), one core"
    yield f"  PennyLane, patch by patch       {loop_s * 1e3:10.3f} ms"
    yield f"  PennyLane, all patches at once  {batch_s * 1e3:10.3f} ms"
    yield f"  closed form, all 81 terms       {dense_s * 1e3:10.3f} ms"
    terms = len(stage.closed_form.terms)
    yield f"  the stage: {terms:2d} terms             {stage_s * 1e3:10.3f} ms"
    yield (
        f"  relative to the stage: {loop_s / stage_s:.0f}, {batch_s / stage_s:.0f} "
        f"and {dense_s / stage_s:.1f} times as long"
    )
    yield f"  largest difference from PennyLane, in double precision: {errors[0]:.1e}"
    yield f"  and in single precision, as on devices:                 {errors[1]:.1e}"


def patches(clip: NDArray[Any]) -> NDArray[Any]:
    """(4, patches) values of the clip, as an image with a row for each band."""
    image = clip.T
    corners = [image[down::2, right::2].ravel() for down, right in product((0, 1), repeat=2)]
    return np.stack(corners)


def dense_form(circuit: Circuit) -> Function:
    """The closed form with all terms, including those with a coefficient of 0."""
    coefficients = encoded_coefficients(pauli_coefficients(circuit)).reshape(4, 81)
    weights = coefficients.T.astype(np.float32)

    def compute(x: NDArray[np.float32]) -> NDArray[np.float32]:
        angles = np.float32(np.pi) * x
        factors = np.stack([np.ones_like(x), np.cos(angles), np.sin(angles)])
        a, b, c, d = factors.transpose(1, 0, 2)
        first_pair, second_pair = a[:, None] * b, c[:, None] * d
        terms = first_pair.reshape(9, 1, -1) * second_pair.reshape(1, 9, -1)
        return terms.reshape(81, -1).T @ weights

    return compute


def _pennylane(random_layers: dict[str, Any]) -> Function:
    """The circuit in PennyLane, for the four values of a patch or for (4, n) of n patches."""
    try:
        import pennylane
    except ImportError:
        raise RuntimeMissing("PennyLane is not installed: pip install pennylane") from None
    angles = np.array(random_layers["angles"])

    @pennylane.qnode(pennylane.device("default.qubit", wires=4))
    def circuit(x: NDArray[np.float64]) -> list[Any]:
        for qubit in range(4):
            pennylane.RY(np.pi * x[qubit], wires=qubit)
        pennylane.RandomLayers(angles, wires=range(4), seed=random_layers["seed"])
        return [pennylane.expval(pennylane.PauliZ(qubit)) for qubit in range(4)]

    function: Function = circuit
    return function


if __name__ == "__main__":
    sys.exit(main())
