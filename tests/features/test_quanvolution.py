"""The closed form equals PennyLane and a state vector simulation; invalid circuits raise errors."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

import state_vector
from edge.errors import EdgeError, ModelError
from edge.features.quantum.circuit import Circuit, Gate, random_angles, random_layers, read_circuit
from edge.features.quantum.closed_form import ClosedForm
from edge.features.quantum.quanvolution import Quanvolution
from edge.features.sound.front_end import FrontEnd
from edge.features.sound.windows import SoundFeatures
from edge.samples import Chunk

SEEDS = range(12)


def random_circuit(seed: int, qubits: int, layers: int, parameters: int) -> Circuit:
    random = {"seed": seed, "angles": random_angles(seed, layers, parameters)}
    return read_circuit({"random_layers": random}, qubits)


def pennylane(circuit: Circuit, x: np.ndarray, layers: dict | None = None) -> np.ndarray:
    """The (patches, outputs) of PennyLane; with `layers` it draws the random gates itself."""
    import pennylane as qml

    @qml.qnode(qml.device("default.qubit", wires=circuit.qubits))
    def run(x):
        for qubit in range(circuit.qubits):
            qml.RY(np.pi * x[:, qubit], wires=qubit)
        if layers is not None:
            qml.RandomLayers(np.array(layers["angles"]), range(circuit.qubits), seed=layers["seed"])
        else:
            for gate in circuit.gates:
                angle = () if gate.name == "CNOT" else (gate.angle,)
                getattr(qml, gate.name)(*angle, wires=gate.wires)
        return [
            qml.expval(qml.prod(*[getattr(qml, f[0])(int(f[1:])) for f in name.split()]))
            for name in circuit.observables
        ]

    return np.stack(run(x), axis=1)


def patches(seed: int, qubits: int, count: int = 7) -> np.ndarray:
    return np.random.default_rng(seed).uniform(-0.5, 2.5, (count, qubits))


def max_difference(circuit: Circuit, x: np.ndarray, expected: np.ndarray) -> float:
    return float(np.abs(ClosedForm(circuit)(np.ascontiguousarray(x.T)) - expected).max())


@pytest.mark.parametrize(
    ("qubits", "layers", "parameters"),
    [(4, 1, 4), (4, 2, 4), (4, 5, 8), (2, 1, 2), (2, 4, 3), (1, 2, 3), (9, 1, 9), (9, 2, 5)],
)
def test_closed_form_equals_random_layers_of_pennylane(qubits, layers, parameters):
    for seed in SEEDS[: 12 if qubits < 9 else 3]:
        random = {"seed": seed, "angles": random_angles(seed + 99, layers, parameters)}
        circuit = read_circuit({"random_layers": random}, qubits)
        x = patches(seed, qubits)
        assert max_difference(circuit, x, state_vector.expectations(circuit, x)) < 1e-9
        assert max_difference(circuit, x, pennylane(circuit, x, random)) < 1e-9


@pytest.mark.parametrize("seed", SEEDS)
def test_closed_form_equals_pennylane_for_any_gates_and_pauli_strings(seed):
    rng = np.random.default_rng(seed)
    gates = []
    for _ in range(12):
        first, second = (int(wire) for wire in rng.choice(3, 2, replace=False))
        name = str(rng.choice(["RX", "RY", "RZ", "CNOT"]))
        rotation = Gate(name, (first,), float(rng.uniform(-2 * np.pi, 2 * np.pi)))
        gates.append(Gate("CNOT", (first, second)) if name == "CNOT" else rotation)
    observables = ("Z0", "X1", "Y2", "X0 Y1", "Z2 Z0", "Y0 X1 Z2")
    circuit = Circuit(3, tuple(gates), observables)
    x = patches(seed, 3)
    assert max_difference(circuit, x, state_vector.expectations(circuit, x)) < 1e-9
    assert max_difference(circuit, x, pennylane(circuit, x)) < 1e-9


def test_comparison_with_pennylane_detects_exchanged_wires():
    """The comparison above is able to fail."""
    x = patches(0, 2)
    circuit = Circuit(2, (Gate("CNOT", (0, 1)), Gate("RX", (0,), 0.3)), ("Z0", "Z1"))
    other = Circuit(2, (Gate("CNOT", (1, 0)), Gate("RX", (0,), 0.3)), ("Z0", "Z1"))
    assert max_difference(circuit, x, pennylane(other, x)) > 0.1


def test_closed_form_omits_terms_with_coefficient_zero():
    circuit = Circuit(2, (Gate("RX", (0,), 0.25), Gate("CNOT", (0, 1))), ("Z0", "Z1", "X0"))
    form = ClosedForm(circuit)
    # Before the gates: Z0 is cos(0.25) Z0 (the Y term is 0), Z1 is Z0 Z1, X0 is X0 X1.
    assert form.terms == [(1, 0), (1, 1), (2, 2)]
    assert np.allclose(
        form.coefficients, [[math.cos(0.25), 0, 0], [0, math.cos(0.25), 0], [0, 0, 1]]
    )
    one_layer = [ClosedForm(random_circuit(seed, 4, 1, 4)) for seed in range(50)]
    assert max((form.coefficients != 0).sum(axis=0).max() for form in one_layer) <= 4
    assert np.median([len(form.terms) for form in one_layer]) <= 5


def test_expectation_of_y_after_the_encoding_is_zero():
    circuit = Circuit(1, (), ("Y0",))
    assert ClosedForm(circuit)(np.ones((1, 3))).tolist() == [[0.0]] * 3


def paper(**changes) -> dict:
    return {"random_layers": {"seed": 42, "angles": random_angles(0)}, **changes}


@pytest.mark.parametrize("patch", [[2, 2], [1, 2], [3, 1], [3, 3]])
def test_patches_are_cut_as_in_the_original_code_of_qcnn(patch):
    rows, columns = patch
    image = np.random.default_rng(1).uniform(0, 1, (6, 12))  # mel bands, frames
    description = paper(patch=patch)
    stage = Quanvolution(description, 6)
    out = stage.apply(image.T)
    assert stage.rows_in == columns
    assert out.shape == (12 // columns, 6 // rows, rows * columns)
    cut = np.array(
        [
            [image[j + a, k + b] for a in range(rows) for b in range(columns)]
            for j in range(0, 6, rows)
            for k in range(0, 12, columns)
        ]
    )
    expected = pennylane(stage.circuit, cut, description["random_layers"])
    expected = expected.reshape(6 // rows, 12 // columns, rows * columns)
    assert np.abs(out.transpose(1, 0, 2) - expected).max() < 1e-9
    # The same circuit on the same patches, with the frames as the rows of a patch.
    other = Quanvolution(paper(patch=patch, axes=["frames", "bins"]), 12)
    assert np.abs(other.apply(image) - expected).max() < 1e-9


def test_float32_input_gives_float32_output():
    frames = np.random.default_rng(2).uniform(0, 8, (126, 60))  # magnitudes exceed 0..1
    stage = Quanvolution(paper(), 60)
    out = stage.apply(frames.astype(np.float32))
    assert out.dtype == np.float32 and out.shape == (63, 30, 4)
    assert np.abs(out - stage.apply(frames)).max() < 2e-5


def test_scale_maps_and_clips_a_log_spectrogram():
    frames = np.array([[-13.0, -7.0], [1.0, -30.0]])
    scaled = Quanvolution(paper(scale=[-13.0, -1.0]), 2).apply(frames)
    assert np.allclose(scaled, Quanvolution(paper(), 2).apply(np.array([[0, 0.5], [1, 0]])))


def test_frames_in_pairs_give_the_rows_of_the_whole_spectrogram():
    frames = np.random.default_rng(3).uniform(0, 1, (127, 60)).astype(np.float32)
    stage = Quanvolution(paper(), 60)
    pairs = [stage.apply(frames[at : at + 2]) for at in range(0, 126, 2)]
    whole = stage.apply(frames)
    assert len(whole) == 63
    assert np.abs(np.concatenate(pairs) - whole).max() < 1e-6


def test_description_is_completed_and_unchanged_by_json():
    random = json.loads(json.dumps(Quanvolution.specification(paper(), 60)))
    assert random == {
        "patch": [2, 2],
        "axes": ["bins", "frames"],
        "scale": None,
        "encoding": "RY(pi x)",
        "random_layers": {"seed": 42, "angles": random_angles(0)},
        "measured": ["Z0", "Z1", "Z2", "Z3"],
    }
    assert Quanvolution.specification(random, 60) == random
    gates = Quanvolution(random, 60).circuit.description()
    again = json.loads(json.dumps(Quanvolution.specification(gates, 60)))
    assert again["gates"] == gates["gates"] and "random_layers" not in again
    assert Quanvolution(again, 60).circuit == Quanvolution(random, 60).circuit


def test_gates_of_a_seed_do_not_change():
    """A manifest with a seed relies on it. PennyLane draws the same gates (tested above)."""
    gates = [(gate.name, gate.wires) for gate in random_layers(42, [[0.1, 0.2, 0.3, 0.4]], 4)]
    assert gates == [
        ("RY", (1,)),
        ("RX", (2,)),
        ("CNOT", (1, 3)),
        ("RZ", (2,)),
        ("RX", (2,)),
    ]


ANGLES = [[0.1, 0.2, 0.3, 0.4]]


@pytest.mark.parametrize(
    ("description", "message"),
    [
        (paper(random_layers={"seed": 1, "angles": [[7.0]]}), "has the angle 7.0: give radians"),
        (
            paper(random_layers={"seed": 1, "angles": [[math.nan]]}),
            "has the angle nan: give radians",
        ),
        (
            paper(random_layers={"seed": None, "angles": ANGLES}),
            "seed of its random layers is None",
        ),
        (paper(random_layers={"seed": -1, "angles": ANGLES}), "non-negative"),
        (paper(random_layers={"seed": 1, "angles": [["a"]]}), "could not convert"),
        (paper(random_layers={"seed": 1}), "description of the quantum circuit is invalid"),
        (paper(random_layers={"seed": 1, "angles": [[0.1] * 300]}), "gates, more than 256"),
        (paper(patch=[4, 4]), "16 qubits, 1 to 9 are possible"),
        (paper(patch=[2]), "not enough values"),
        (paper(patch=[2, 0]), "patch is 2 x 0"),
        (paper(patch=[7, 1]), "60 bins of the spectrogram cannot be divided into patches of 7"),
        (paper(axes=["frames"]), "axes are"),
        (paper(scale=[1, 0]), "scale is 1.0 to 0.0"),
        (paper(scale=[0, math.nan]), "scale is 0.0 to nan"),
        (paper(encoding="RX"), "encoding is 'RX'"),
        (paper(measured=[]), "no observable"),
        (paper(measured=["Z4"]), "observable 'Z4' is invalid for qubits 0 to 3"),
        (paper(measured=["Z0 X0"]), "observable 'Z0 X0' is invalid"),
        (paper(measured=[""]), "an observable is empty"),
        (paper(measured=[3]), "circuit is invalid"),
        (paper(shots=1000), "unknown key 'shots'"),
        (paper(gates=[]), "either"),
        ({}, "either"),
        ({"gates": [["RX", 4, 0.1]]}, "gate 1 (RX) acts on 4: give 1 of the qubits 0 to 3"),
        ({"gates": [["RX", 0.0, 0.1]]}, "acts on 0.0"),
        ({"gates": [["CNOT", 0, 1], ["CNOT", 1, 1]]}, "gate 2 (CNOT) acts on 1, 1"),
        ({"gates": [["CNOT", 0]]}, "acts on 0:"),
        ({"gates": [["SWAP", 0, 1]]}, "gate 1 (SWAP) is unknown"),
        ({"gates": [["RX", 0]]}, "not enough values"),
        ({"gates": [["RX", 0, "0.1"]]}, "has the angle '0.1'"),
        ({"gates": [[]]}, "not enough values"),
        ({"gates": 5}, "circuit is invalid"),
    ],
)
def test_invalid_description_raises_a_one_line_error(description, message):
    with pytest.raises(ModelError) as caught:
        Quanvolution(description, 60)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_circuit_with_too_many_terms_raises_an_error():
    random = {"seed": 1, "angles": random_angles(1, 10, 9)}
    with pytest.raises(ModelError, match="terms, more than 2048: use fewer layers"):
        Quanvolution({"random_layers": random, "patch": [3, 3], "measured": ["Z0 Z4"]}, 60)


def test_wrong_number_of_bins_and_nan_raise_errors():
    stage = Quanvolution(paper(), 60)
    with pytest.raises(
        ModelError, match="needs a spectrogram of 60 bins, not one of shape .2, 40."
    ):
        stage.apply(np.zeros((2, 40), np.float32))
    frames = np.zeros((2, 60), np.float32)
    frames[1, 7] = np.nan
    with pytest.raises(EdgeError, match="NaN or infinite"):
        stage.apply(frames)


QCNN = {
    "front_end": {
        **{"window": 1024, "hop": 128, "fft": 1024, "mels": 60, "low_hz": 40.0, "high_hz": 8000.0},
        **{"scale": "slaney", "norm": "slaney", "power": 1, "log": None},
    },
    "shape": [126, 60],
    "step": 4,
    "quanvolution": paper(),
}


def sound(seconds: float, seed: int = 0) -> np.ndarray:
    t = np.arange(int(seconds * 16000)) / 16000
    noise = np.random.default_rng(seed).normal(0, 0.01, len(t))
    return (noise + np.sin(2 * np.pi * 500 * t) * (t % 0.6 > 0.3)).astype(np.float32)


def test_streamed_windows_equal_those_of_the_recording():
    specification = SoundFeatures.specification(QCNN)
    samples = sound(1.9)
    t = np.arange(len(samples)) / 16000
    features = SoundFeatures(specification)
    cuts = [0, 1, 700, 9000, 9100, 30000, len(samples)]
    streamed = [
        window
        for start, end in zip(cuts, cuts[1:], strict=False)
        for window in features.process(Chunk(t[start:end], samples[start:end, None]))
    ]
    front_end = FrontEnd(**specification["front_end"])
    whole = Quanvolution(specification["quanvolution"], 60).apply(front_end.frames(samples))
    assert streamed[-1].tensor.shape == (63, 30, 4)
    full = [w for w in streamed if w.t > (125 * 128 + 1024) / 16000]
    for window in full:
        end = round((window.t * 16000 + 1 - 1024) / 128 + 1) // 2
        assert np.abs(window.tensor - whole[end - 63 : end]).max() < 1e-5
    assert len(full) > 20
    # The windows of a recording pass through the same stage.
    found = list(SoundFeatures.windows_of_recording(specification, Chunk(t, samples[:, None])))
    first = (
        specification["shape"][0] // specification["step"] - 1
    )  # earlier windows begin with silence
    for window in (0, 3):
        rows = window * specification["step"] // 2
        assert np.abs(found[first + window].tensor - whole[rows : rows + 63]).max() < 1e-5


def test_specification_is_completed_and_invalid_ones_raise_errors():
    specification = json.loads(json.dumps(SoundFeatures.specification(QCNN)))
    assert specification["quanvolution"]["measured"] == ["Z0", "Z1", "Z2", "Z3"]
    assert SoundFeatures.specification(specification) == specification
    assert "quanvolution" not in SoundFeatures.specification()
    for changed in ({"shape": [125, 60]}, {"step": 3}):
        with pytest.raises(ModelError, match="cannot be cut into the patches of the quanvolution"):
            SoundFeatures.specification({**QCNN, **changed})
    with pytest.raises(ModelError, match="description of the quantum circuit is invalid"):
        SoundFeatures.specification({**QCNN, "quanvolution": 3})
