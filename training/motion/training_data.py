"""What networks are trained and validated on: recorded takes and simulated people."""

from __future__ import annotations

import logging
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from edge.decision.stroke_settings import StrokeSettings
from edge.errors import RecordingError
from edge.model.model import Model
from edge.model.model_file import read_model
from edge.model.shipped import find_model
from training.motion import dataset, network
from training.motion.config import TrainingConfig
from training.motion.examples import Simulated, simulated_examples
from training.motion.people.pen_corpora import TRAIN, pen_folder
from training.motion.people.world import Shapes, simulate, simulate_hands
from training.motion.strokes import Strokes
from training.motion.thresholds import Thresholds
from training.motion.validation import ValidationSet, validation_set

log = logging.getLogger(__name__)

TRAINING_SEED, ADAPTATION_SEED = 1, 3_000_001
CALIBRATION = 1000  # simulated examples


@dataclass(frozen=True)
class Base:
    """The model that is adapted."""

    network: keras.Model
    thresholds: tuple[Thresholds, Thresholds]
    """Live, and for recordings: an adapted model keeps them ..."""
    view_weights: tuple[float, ...]
    """... and how much each view counts."""


@dataclass(frozen=True)
class TrainingData:
    """What networks are trained and validated on."""

    recorded: Strokes
    simulated: Simulated
    base: Base | None
    validation: ValidationSet | None
    """None if a base is adapted."""
    calibration: NDArray[np.float32]
    """Model inputs that set the int8 ranges."""


def load(config: TrainingConfig) -> TrainingData:
    """Read the recordings and simulate the people. RecordingError if there is no recording."""
    shapes = load_shapes(config)
    recorded = dataset.load_strokes(config.data)
    if not len(recorded) and not shapes.paths and shapes.pen is None:
        raise RecordingError(
            f"{config.data[0]}: no recording of a stroke: airdigit-record makes them"
        )
    simulated = simulated_people(config, shapes)
    return TrainingData(
        recorded,
        simulated,
        load_base(config.base) if config.base else None,
        None if config.base else validation_set(config, shapes),
        calibration_tensors(simulated),
    )


def load_shapes(config: TrainingConfig) -> Shapes:
    """The pen corpora and the recorded paths among the folders of data."""
    pen = pen_folder(config.data)
    if pen is None and config.base is None:
        log.warning(
            "no pen corpora (a folder pen_strokes) among the data: the simulated people draw fewer "
            "shapes of digits, and letters are not learnt as none"
        )
    return Shapes(pen, dataset.load_drawn_paths(config.data))


def simulated_people(config: TrainingConfig, shapes: Shapes) -> Simulated:
    """The simulated people of the training set, or those with which a base is adapted."""
    if config.base:
        counts, seed, name = config.adaptation_people, ADAPTATION_SEED, "adaptation"
    else:
        counts, seed, name = config.people, TRAINING_SEED, "training"
    limbs, hands = (
        simulated_examples(
            make(counts, TRAIN, seed, shapes, config.cache, name, config.jobs), config.shares
        )
        for make in (simulate, simulate_hands)
    )
    return Simulated(limbs, hands)


def load_base(name: str) -> Base:
    """The network and the thresholds of a model. ModelError if it is none of this training."""
    path = find_model(name)
    settings = Model.load(path, task="airdigit").settings
    assert isinstance(settings, StrokeSettings)
    live, recordings = (
        Thresholds(dict(one), {}) for one in (settings.thresholds, settings.recording_thresholds)
    )
    plain = network.from_tflite(read_model(path)[0])
    return Base(plain, (live, recordings), settings.view_weights)


def calibration_tensors(simulated: Simulated) -> NDArray[np.float32]:
    """Model inputs that show the converter the ranges of all activations: random examples."""
    limbs = simulated.limbs
    rng = np.random.default_rng(0)
    count = min(CALIBRATION, int((limbs.weight > 0).sum()))
    return limbs[rng.choice(len(limbs), count, replace=False, p=limbs.weight)].tensors
