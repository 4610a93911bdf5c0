"""The layer that learns its angles: the same function as the stage, and its true gradient."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import state_vector
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution

tf = pytest.importorskip("tensorflow")
from training.quantum.layer import TrainableQuanvolution, possible_terms  # noqa: E402


def described(seed: int, layers: int = 2, **changes) -> dict:
    drawn = {"seed": seed, "angles": random_angles(seed + 9, layers, 4)}
    return {"random_layers": drawn, **changes}


DESCRIPTIONS = [
    described(0),
    described(1, layers=1, scale=[-1.0, 2.0]),
    described(2, layers=4, axes=["frames", "bins"]),
    described(3, patch=[1, 2], measured=["X0 Z1", "Y1", "Z0"]),
    described(4, patch=[3, 2]),
]


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_forward_is_the_stages(description):
    frames = np.random.default_rng(5).uniform(-0.5, 1.5, (3, 14, 12))
    stage = Quanvolution(description, 12)
    wanted = np.stack([stage.apply(clip) for clip in frames])
    double = TrainableQuanvolution(description, 12, dtype="float64")
    assert np.abs(double(frames) - wanted).max() < 1e-9
    assert double.compute_output_shape((None, 14, 12)) == (None, *wanted.shape[1:])
    single = TrainableQuanvolution(description, 12)(frames.astype(np.float32))
    assert np.abs(single - wanted).max() < 1e-5


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_gradient_is_that_of_the_state(description):
    """A random mixture of all outputs, differentiated and differenced."""
    stage = Quanvolution({**description, "scale": None}, 12)
    layer = TrainableQuanvolution({**description, "scale": None}, 12, dtype="float64")
    patches = np.random.default_rng(6).uniform(0, 1, (5, stage.circuit.qubits))
    weights = np.random.default_rng(7).normal(size=(5, len(stage.circuit.measured)))

    def objective(angles):
        left = iter(angles)
        gates = [g if g.name == "CNOT" else replace(g, angle=next(left)) for g in circuit.gates]
        found = state_vector.expectations(replace(circuit, gates=tuple(gates)), patches)
        return (found * weights).sum()

    circuit = stage.circuit
    start = np.array([g.angle for g in circuit.gates if g.name != "CNOT"])
    step = 1e-5 * np.eye(len(start))
    wanted = [(objective(start + s) - objective(start - s)) / 2e-5 for s in step]
    # One patch a clip, laid out as the stage cuts it.
    rows, columns = stage.patch
    clips = patches.reshape(5, rows, columns)
    if stage.axes[0] == "bins":
        clips = clips.transpose(0, 2, 1)
    clips = np.tile(clips, (1, 1, 12 // clips.shape[2]))
    with tf.GradientTape() as tape:
        mixed = tf.reduce_sum(layer(clips)[:, 0, 0] * weights)
    (gradient,) = tape.gradient(mixed, layer.trainable_variables)
    assert np.abs(gradient - wanted).max() < 1e-8
    assert np.abs(gradient).max() > 0.01


def test_angles_are_learnt_and_come_back_as_a_stage():
    rng = np.random.default_rng(8)
    frames = rng.uniform(0, 1, (16, 4, 4)).astype(np.float32)
    layer = TrainableQuanvolution(described(1), 4)
    wanted = TrainableQuanvolution(Quanvolution(described(1), 4).described(_moved(1)), 4)(frames)
    model = tf.keras.Sequential([tf.keras.Input((4, 4)), layer])
    model.compile(tf.keras.optimizers.Adam(0.05), "mse")
    before = model.evaluate(frames, wanted, verbose=0)
    model.fit(frames, wanted, epochs=60, verbose=0)
    after = model.evaluate(frames, wanted, verbose=0)
    assert after < 0.02 * before
    stage = Quanvolution(layer.description(), 4)
    assert np.abs(stage.apply(frames[0]) - model(frames)[0]).max() < 1e-5


def _moved(seed: int):
    circuit = Quanvolution(described(seed), 4).circuit
    gates = [g if g.name == "CNOT" else replace(g, angle=g.angle / 2) for g in circuit.gates]
    return replace(circuit, gates=tuple(gates))


def test_angles_may_wander_any_number_of_turns():
    layer = TrainableQuanvolution(described(1), 4)
    frames = np.random.default_rng(9).uniform(0, 1, (1, 4, 4)).astype(np.float32)
    before = layer(frames)
    layer.angles.assign_add(np.full(layer.angles.shape, 10 * np.pi, np.float32))
    stage = Quanvolution(layer.description(), 4)
    assert np.abs(stage.apply(frames[0]) - before[0]).max() < 1e-4


def test_only_terms_that_can_be_there_are_computed():
    assert len(possible_terms(Quanvolution(described(0, layers=1), 4).circuit)) < 12
