"""Distillation: a larger network, the teacher, gives the targets for most of the training.

The teacher is too large for a device. It knows how much of a word can be recognised in noise:
sometimes nothing, and then a small network should not learn a high score.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from training.sound.data.clips import Clips, large_corpora
from training.sound.data.words import SILENCE
from training.sound.learn import network
from training.sound.learn.config import TrainingConfig
from training.sound.learn.fit import recalibrate_batchnorm
from training.sound.learn.phases import pretrain
from training.sound.learn.training_sets import TrainingSet, all_words_training_set

AnyTrainingSet = TypeVar("AnyTrainingSet", bound=TrainingSet)


@dataclass(frozen=True)
class Teacher:
    network: keras.Model
    """Folded; its classes are words."""
    groups: tuple[int, ...]
    """The label of the training set to which each word of the teacher belongs."""
    corpora: tuple[str, ...]
    """The corpora that it was trained on. It gives no targets for other clips."""

    def knows(self, clips: Clips) -> NDArray[np.bool_]:
        """Return for which clips the teacher gives targets."""
        return np.isin(clips.corpus, self.corpora) | (clips.word == SILENCE)

    def targets(self, windows: tf.Tensor, labels: int) -> tf.Tensor:
        """Return the probability of each label."""
        sums = np.eye(labels, dtype=np.float32)[list(self.groups)]
        return self.network(windows, training=False) @ sums


def with_distillation(
    training_set: AnyTrainingSet,
    clips: Clips,
    noise: NDArray[np.float16],
    config: TrainingConfig,
) -> AnyTrainingSet:
    """Return the training set with a teacher that is trained on the clips.

    Without a large corpus with all words there is no teacher: it would learn speakers, not words.
    """
    corpora = large_corpora(clips)
    if not set(config.task.words) <= set(clips.word[np.isin(clips.corpus, corpora)]):
        return training_set
    all_words = all_words_training_set(clips, noise, config)
    size = config.teacher_network
    teacher_config = replace(config, network=size, pretraining=config.teacher_training)
    trained = pretrain(all_words, teacher_config, "teacher, all words").network
    recalibrate_batchnorm(trained, all_words, config.fit)
    groups = config.task.label_numbers(all_words.labels)[: len(all_words.labels)]
    teacher = Teacher(network.fold_batchnorm(trained, size), tuple(groups), tuple(corpora))
    return replace(training_set, teacher=teacher)
