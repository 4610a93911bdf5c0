"""AirDigit without a gyroscope: inputs from the acceleration alone, and the table of accuracies."""

from __future__ import annotations

import warnings
from dataclasses import replace

import numpy as np
import pytest

from edge.features.motion.inputs import POINTS
from edge.features.motion.pose import CHANNELS
from edge.simulation.motion.person import Person
from tests.support.airdigit_takes import record_takes
from training.motion.people.counts import FigureCounts
from training.motion.people.sensors import rotations
from training.motion.people.world import Shapes, simulate
from training.motion.protocols import OWN_TAKES, PHONE

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # TensorFlow's own
    from training.motion.acceleration import (
        acceleration_inputs,
        own_examples,
        session_mounting,
        stroke_mounting,
    )
    from training.motion.config import Schedule, TrainingConfig
    from training.motion.without_gyroscope import accelerometer_table

pytestmark = pytest.mark.filterwarnings("ignore")  # Keras warns of itself

PEOPLE = FigureCounts(forms=60, shapes=8, turns=1, idle=1)


@pytest.fixture(scope="module")
def config(tmp_path_factory) -> TrainingConfig:
    """A training of seconds."""
    return TrainingConfig(
        data=(),
        people=PEOPLE,
        pretrain=Schedule(epochs=1, steps=5, learning_rate=3e-3),
        adapt=Schedule(epochs=1, steps=2, learning_rate=1e-3, recorded_share=0.5),
        batch_size=32,
        cache=tmp_path_factory.mktemp("cache"),
    )


@pytest.fixture(scope="module")
def simulated(config):
    return simulate(PEOPLE, "train", 1, Shapes(), config.cache, "training")


def test_acceleration_inputs_do_not_use_the_gyroscope(simulated):
    right = stroke_mounting(simulated, seed=0)
    inputs = acceleration_inputs(simulated, right)
    assert inputs.shape == (len(simulated), POINTS, CHANNELS)
    no_turns = simulated.motion.copy()
    no_turns[..., 3:] = 0
    assert np.array_equal(acceleration_inputs(replace(simulated, motion=no_turns), right), inputs)


def test_acceleration_inputs_do_not_depend_on_a_known_mounting(simulated):
    right = stroke_mounting(simulated, seed=0)
    mounting = rotations(np.array([0.5, -1.0, 2.0]))
    turned = simulated.motion.astype(float)
    turned = np.concatenate([turned[..., :3] @ mounting, turned[..., 3:] @ mounting], axis=2)
    inputs = acceleration_inputs(replace(simulated, motion=turned), right @ mounting)
    assert np.abs(inputs - acceleration_inputs(simulated, right)).max() < 1e-3


def test_the_mounting_is_the_mean_of_a_session(simulated):
    session = np.array([str(k % 2) for k in range(len(simulated))])
    right, length = session_mounting(replace(simulated, session=session))
    assert len(np.unique(right.round(9), axis=0)) == 2
    assert np.allclose(np.linalg.norm(right, axis=1), 1) and (length <= 1).all()


def test_own_takes_are_shown_by_label(simulated):
    examples = own_examples(simulated, stroke_mounting(simulated, seed=0))
    shown = [examples.weight[examples.classes == k].sum() for k in np.unique(examples.classes)]
    assert np.allclose(shown, shown[0]) and not examples.signed.any()


def test_the_table_compares_both_sensors(config, tmp_path):
    writer = Person(3)
    writer.hand.speed = 2.0
    record_takes(tmp_path / PHONE, writer, OWN_TAKES + 2, "20260101", digits="27")
    text = "\n".join(accelerometer_table(replace(config, data=(str(tmp_path / PHONE),))))
    for said in ("once a session", "for every stroke"):
        assert f"| {PHONE}, mounting said {said} | {2 * (OWN_TAKES + 2)} | " in text
    assert text.count(f"after {OWN_TAKES} own takes a digit | 4 | | **") == 2
    assert "mean direction to the right " in text
