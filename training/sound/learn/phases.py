"""The phases of a training: all words, the words of a task, an adaptation to own takes.

In the pretraining, each word of each corpus is a class of its own. It is the same for every task,
and it teaches the network more of the difference between two words, like "no" and "go", than a
training in which one of them is only an unknown word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from tensorflow import keras

from training.sound.learn import network
from training.sound.learn.config import TrainingConfig
from training.sound.learn.fit import fit, fit_cached, recalibrate_batchnorm

if TYPE_CHECKING:
    from training.sound.learn.training_sets import TrainingSet


@dataclass(frozen=True)
class WordNetwork:
    """A pretrained network in its trainable form, and the word of each of its classes."""

    network: keras.Model
    words: tuple[str, ...]


def pretrain(
    training_set: TrainingSet, config: TrainingConfig, phase: str = "all words"
) -> WordNetwork:
    """Return a network that knows all words of an `all_words_training_set`."""
    keras.utils.set_random_seed(config.seed)
    words = training_set.labels
    trained = network.build_trainable(training_set.inputs, len(words), config.network)
    schedule = config.shortened(config.pretraining, len(training_set.clips))
    fit_cached(trained, training_set, schedule, config, phase)
    return WordNetwork(trained, words)


def finetune(
    pretrained: WordNetwork, training_set: TrainingSet, config: TrainingConfig
) -> keras.Model:
    """Return a folded copy that was trained on the words of the task.

    It still tells all words apart. Its score of a label is the sum over the words of the label.
    """
    keras.utils.set_random_seed(config.seed)
    groups = config.task.label_numbers(pretrained.words)
    copy = network.with_groups(pretrained.network, config.network, groups)
    schedule = config.shortened(config.finetuning, len(training_set.clips))
    fit_cached(copy, training_set, schedule, config, "words of the task")
    recalibrate_batchnorm(copy, training_set, config.fit)
    return network.fold_batchnorm(copy, config.network)


def train_from_scratch(training_set: TrainingSet, config: TrainingConfig) -> keras.Model:
    """Return a folded network that was trained on the words of the task alone."""
    keras.utils.set_random_seed(config.seed)
    classes = len(training_set.labels)
    trained = network.build_trainable(training_set.inputs, classes, config.network)
    schedule = config.shortened(config.waveform_training, len(training_set.clips))
    fit(trained, training_set, schedule, config.fit, "words of the task")
    recalibrate_batchnorm(trained, training_set, config.fit)
    return network.fold_batchnorm(trained, config.network)


def adapt(base: keras.Model, training_set: TrainingSet, config: TrainingConfig) -> keras.Model:
    """Return a copy of a folded network that was trained on the user's own takes."""
    keras.utils.set_random_seed(config.seed)
    copy = keras.models.clone_model(base)
    copy.set_weights(base.get_weights())
    fit(copy, training_set, config.adaptation, config.fit, "own takes")
    return copy
