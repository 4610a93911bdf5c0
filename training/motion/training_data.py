"""What networks are trained and validated on: recorded takes and simulated people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.errors import RecordingError
from edge.model.model_file import read_model
from edge.model.shipped import find_model
from training.motion import dataset, network
from training.motion.config import TrainingConfig
from training.motion.export import calibration_tensors
from training.motion.simulated_people import simulate
from training.motion.strokes import Strokes

# The simulated people of the training set are numbered from 0; these are others.
FIRST_VALIDATION_PERSON = 1_000_000


@dataclass(frozen=True)
class TrainingData:
    """What networks are trained and validated on."""

    recorded: Strokes
    simulated: Strokes
    """The simulated people of the training set."""
    validation: Strokes
    """Other simulated people, to test the model and to choose its threshold."""
    base: keras.Model | None
    """The network to adapt."""
    calibration: NDArray[np.float32]
    """Model inputs that set the int8 ranges."""


def load(config: TrainingConfig) -> TrainingData:
    """Read the recordings and simulate the people. RecordingError if there is no recording."""
    recorded = dataset.load_strokes(config.data)
    paths = dataset.load_drawn_paths(config.data)
    if not len(recorded) and not paths:
        raise RecordingError(
            f"{config.data[0]}: no recording of a stroke: airdigit-record makes them"
        )
    validation = validation_people(config)
    if config.base:
        simulated = adaptation_people(config)
        base = network.from_tflite(read_model(find_model(config.base))[0])
    else:
        simulated, base = simulate(config.people, 0, config.cache, paths), None
    calibration = calibration_tensors(simulated, recorded)
    return TrainingData(recorded, simulated, validation, base, calibration)


def validation_people(config: TrainingConfig) -> Strokes:
    """Simulated people that no network is trained on."""
    return simulate(config.validation_people, FIRST_VALIDATION_PERSON, config.cache)


def adaptation_people(config: TrainingConfig) -> Strokes:
    """Simulated people that are mixed with the takes of one person."""
    first = FIRST_VALIDATION_PERSON + config.validation_people
    return simulate(config.adapt_people, first, config.cache)
