"""The training of a network behind a quanvolution: it imitates its base."""

from __future__ import annotations

from tensorflow import keras

from training.quantum.config import QcnnConfig
from training.quantum.imitation import start_from_base
from training.quantum.training_set import QuanvolutionTrainingSet
from training.sound.data.clips import Clips
from training.sound.learn.fit import fit
from training.sound.learn.network import by_class
from training.sound.learn.train_network import TrainedNetwork
from training.sound.learn.training_data import TrainingData
from training.sound.learn.training_sets import calibration_windows, task_training_set


def train_network(clips: Clips, data: TrainingData, config: QcnnConfig) -> TrainedNetwork:
    """Train a network that starts with the weights of the base, and has its scores as targets."""
    training = config.training
    plain = task_training_set(clips, data.noise, training)
    base = config.base.network_for(plain.labels)
    training_set = QuanvolutionTrainingSet.of(plain, config.quanvolution, base)
    keras.utils.set_random_seed(training.seed)
    windows = calibration_windows(plain, training)
    network = start_from_base(training_set, windows, config.behind_stage.network)
    fit(by_class(network), training_set, training.adaptation, training.fit, "imitation of the base")
    return TrainedNetwork(network, training_set, calibration_windows(training_set, training))
