"""The trainable layer: the same function as the stage, correct gradients, trained angles."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

import state_vector
from edge.features.quantum.circuit import random_angles
from edge.features.quantum.quanvolution import Quanvolution
from training.quantum.layer import (
    TrainableQuanvolution,
    possible_terms,
    with_angles,
)


def description_of(seed: int, layers: int = 2, **changes) -> dict:
    random = {"seed": seed, "angles": random_angles(seed + 9, layers, 4)}
    return {"random_layers": random, **changes}


DESCRIPTIONS = [
    description_of(0),
    description_of(1, layers=1, scale=[-1.0, 2.0]),
    description_of(2, layers=4, axes=["frames", "bins"]),
    description_of(3, patch=[1, 2], measured=["X0 Z1", "Y1", "Z0"]),
    description_of(4, patch=[3, 2]),
]


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_output_equals_the_stage(description):
    frames = np.random.default_rng(5).uniform(-0.5, 1.5, (3, 14, 12))
    stage = Quanvolution(description, 12)
    expected = np.stack([stage.apply(clip) for clip in frames])
    double = TrainableQuanvolution(description, 12, dtype="float64")
    assert np.abs(double(frames) - expected).max() < 1e-9
    assert double.compute_output_shape((None, 14, 12)) == (None, *expected.shape[1:])
    single = TrainableQuanvolution(description, 12)(frames.astype(np.float32))
    assert np.abs(single - expected).max() < 1e-5


@pytest.mark.parametrize("description", DESCRIPTIONS)
def test_gradient_equals_finite_differences_of_the_state_vector(description):
    """The gradient of a random weighted sum of all outputs."""
    stage = Quanvolution({**description, "scale": None}, 12)
    layer = TrainableQuanvolution({**description, "scale": None}, 12, dtype="float64")
    patches = np.random.default_rng(6).uniform(0, 1, (5, stage.circuit.qubits))
    weights = np.random.default_rng(7).normal(size=(5, len(stage.circuit.observables)))

    def objective(angles):
        outputs = state_vector.expectations(with_angles(circuit, iter(angles)), patches)
        return (outputs * weights).sum()

    circuit = stage.circuit
    start = np.array([g.angle for g in circuit.gates if g.name != "CNOT"])
    step = 1e-5 * np.eye(len(start))
    expected = [(objective(start + s) - objective(start - s)) / 2e-5 for s in step]
    # One patch per clip, in the layout that the stage cuts.
    rows, columns = stage.patch
    clips = patches.reshape(5, rows, columns)
    if stage.axes[0] == "bins":
        clips = clips.transpose(0, 2, 1)
    clips = np.tile(clips, (1, 1, 12 // clips.shape[2]))
    with tf.GradientTape() as tape:
        weighted_sum = tf.reduce_sum(layer(clips)[:, 0, 0] * weights)
    (gradient,) = tape.gradient(weighted_sum, layer.trainable_variables)
    assert np.abs(gradient - expected).max() < 1e-8
    assert np.abs(gradient).max() > 0.01


def test_trained_angles_are_in_the_description_of_the_stage():
    rng = np.random.default_rng(8)
    frames = rng.uniform(0, 1, (16, 4, 4)).astype(np.float32)
    layer = TrainableQuanvolution(description_of(1), 4)
    stage = Quanvolution(description_of(1), 4)
    halved = iter([g.angle / 2 for g in stage.circuit.gates if g.name != "CNOT"])
    target = stage.description(with_angles(stage.circuit, halved))
    expected = TrainableQuanvolution(target, 4)(frames)
    model = tf.keras.Sequential([tf.keras.Input((4, 4)), layer])
    model.compile(tf.keras.optimizers.Adam(0.05), "mse")
    before = model.evaluate(frames, expected, verbose=0)
    model.fit(frames, expected, epochs=60, verbose=0)
    after = model.evaluate(frames, expected, verbose=0)
    assert after < 0.02 * before
    stage = Quanvolution(layer.description(), 4)
    assert np.abs(stage.apply(frames[0]) - model(frames)[0]).max() < 1e-5


def test_description_wraps_angles_of_several_turns():
    layer = TrainableQuanvolution(description_of(1), 4)
    frames = np.random.default_rng(9).uniform(0, 1, (1, 4, 4)).astype(np.float32)
    before = layer(frames)
    layer.angles.assign_add(np.full(layer.angles.shape, 10 * np.pi, np.float32))
    stage = Quanvolution(layer.description(), 4)
    assert np.abs(stage.apply(frames[0]) - before[0]).max() < 1e-4


def test_terms_that_are_zero_for_all_angles_are_not_computed():
    assert len(possible_terms(Quanvolution(description_of(0, layers=1), 4).circuit)) < 12
