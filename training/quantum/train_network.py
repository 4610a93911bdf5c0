"""The phases of the training of a network behind a quanvolution."""

from __future__ import annotations

from tensorflow import keras

from training.quantum.config import QcnnConfig
from training.quantum.training_set import QuanvolutionTrainingSet, with_pretrained_weights
from training.sound.data.clips import Clips
from training.sound.learn.distillation import with_distillation
from training.sound.learn.fit import fit
from training.sound.learn.phases import WordNetwork, finetune, pretrain
from training.sound.learn.train_network import TrainedNetwork
from training.sound.learn.training_data import TrainingData
from training.sound.learn.training_sets import (
    TrainingSet,
    all_words_training_set,
    calibration_windows,
    task_training_set,
)


def train_network(clips: Clips, data: TrainingData, config: QcnnConfig) -> TrainedNetwork:
    """Pretrain on all words without and with the stage, then train on the words of the task.

    The weights of the first phase are those of training.kws: they are loaded if it was run on the
    same clips before.
    """
    training = config.training
    all_words = all_words_training_set(clips, data.noise, training)
    pretrained = pretrain(all_words, training)
    task_words = task_training_set(clips, data.noise, training)
    training_set = QuanvolutionTrainingSet.of(task_words, config.quanvolution)
    behind_stage = _pretrain_behind_stage(pretrained, all_words, len(training_set.clips), config)
    taught = with_distillation(training_set, clips, data.noise, training)
    network = finetune(behind_stage, taught, config.behind_stage)
    calibration = calibration_windows(training_set, training)
    return TrainedNetwork(network, training_set, calibration)


def _pretrain_behind_stage(
    pretrained: WordNetwork, all_words: TrainingSet, clips: int, config: QcnnConfig
) -> WordNetwork:
    """Return the network with the stage in front of it; `clips` sets the number of epochs."""
    training, staged = config.training, QuanvolutionTrainingSet.of(all_words, config.quanvolution)
    keras.utils.set_random_seed(training.seed)
    network = with_pretrained_weights(pretrained.network, staged, config.behind_stage.network)
    schedule = training.shortened(config.pretraining_behind_stage, clips)
    fit(network, staged, schedule, training.fit, "all words, behind the quanvolution")
    return WordNetwork(network, pretrained.words)
