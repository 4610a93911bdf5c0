"""Train the network of a config on clips, in the phases that the config needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from tensorflow import keras

from training.sound.data import simulated_speakers
from training.sound.data.clips import Clips, by_machine, said_by_machine_only
from training.sound.data.words import SILENCE
from training.sound.learn.config import TrainingConfig
from training.sound.learn.distillation import with_distillation
from training.sound.learn.front_ends import SHIPPED
from training.sound.learn.network import bias_class
from training.sound.learn.phases import adapt, finetune, pretrain, train_from_scratch
from training.sound.learn.sequence_fit import train_on_sequences
from training.sound.learn.training_data import TrainingData
from training.sound.learn.training_sets import (
    TrainingSet,
    adaptation_training_set,
    all_words_training_set,
    calibration_windows,
    task_training_set,
)
from training.sound.learn.waveform_training_set import load_waveforms


@dataclass(frozen=True)
class TrainedNetwork:
    network: keras.Model
    """Folded, with float weights."""
    training_set: TrainingSet
    calibration: NDArray[np.float32]
    """Windows that set the int8 ranges of the activations."""


def train_network(clips: Clips, data: TrainingData, config: TrainingConfig) -> TrainedNetwork:
    """Train on some of the clips of the data."""
    training_set = build_training_set(clips, data, config)
    if config.base and config.talk:
        network = config.base.network_for(training_set.labels)
    elif config.base:
        network = adapt(config.base.network_for(training_set.labels), training_set, config)
    elif config.front_end != SHIPPED:
        network = train_from_scratch(training_set, config)
    else:
        network = _pretrain_and_finetune(training_set, clips, data, config)
    if config.talk:
        network = train_on_sequences(network, training_set, data.noise_files, config)
    return TrainedNetwork(network, training_set, calibration_windows(training_set, config))


def build_training_set(clips: Clips, data: TrainingData, config: TrainingConfig) -> TrainingSet:
    """Return the training set of the task. Other front ends than the shipped one need waveforms.

    If only machine voices say the words, people are left out: a network that hears people say other
    words only would learn that no person says its own.
    """
    if said_by_machine_only(config.task.words, clips):
        clips = clips[by_machine(clips) | (clips.path == "")]
    simulated = clips.corpus == simulated_speakers.CORPUS
    if config.base and simulated.any():
        own, others = clips[~simulated], clips[simulated]
        training_set = adaptation_training_set(own, others, data.noise, config)
    else:
        training_set = task_training_set(clips, data.noise, config)
    if config.front_end == SHIPPED:
        return training_set
    return load_waveforms(training_set, config.front_end, data.noise_files, config.seed)


def _pretrain_and_finetune(
    training_set: TrainingSet, clips: Clips, data: TrainingData, config: TrainingConfig
) -> keras.Model:
    all_words = all_words_training_set(clips, data.noise, config)
    pretrained = pretrain(all_words, config)
    training_set = with_distillation(training_set, clips, data.noise, config)
    network = finetune(pretrained, training_set, config)
    task = config.task
    if task.silence_label != task.other_label:
        bias_class(network, pretrained.words.index(SILENCE), config.silence_prior)
    return network
