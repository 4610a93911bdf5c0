"""Training sets: clips with their classes and weights, for all words, a task, or an adaptation."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray
from tensorflow import keras

from edge.features.sound.specification import FRAMES
from training.sound.data.clips import Clips, by_machine, concatenate, large_corpora
from training.sound.data.noise import add_noise_clips, background_noise
from training.sound.data.stored_rows import blocks
from training.sound.data.words import SILENCE, UNKNOWN
from training.sound.learn.batches import DrawBatch, SpectrumBatches
from training.sound.learn.config import FitConfig, TrainingConfig
from training.sound.learn.sampling_weights import task_weights, with_own_share, word_weights

if TYPE_CHECKING:
    from training.sound.learn.distillation import Teacher

PART_OF_WORD = "part of a word"  # a class of the pretraining
EXAMPLE_SEED = 0


@dataclass(frozen=True)
class TrainingSet:
    """Clips, the class and the sampling weight of each, and noise."""

    clips: Clips
    classes: NDArray[np.int64]
    weight: NDArray[np.float64]
    noise: NDArray[np.float16]
    """(n, ROWS, BANDS) clips to mix with any clip."""
    labels: tuple[str, ...]
    partial_class: int
    """The class of a window that shows too little of a word."""
    teacher: Teacher | None = field(default=None, kw_only=True)

    @property
    def inputs(self) -> tuple[int, ...]:
        """The shape of a window: frames and bands."""
        return FRAMES, self.clips.rows.shape[2]

    def batches(self, config: FitConfig) -> DrawBatch:
        """Return a function that draws a batch of augmented windows and their targets."""
        return SpectrumBatches(self, config)

    @property
    def fingerprint(self) -> str:
        """A hash of everything that the trained weights depend on."""
        teacher = self.teacher
        known = (teacher.groups, teacher.corpora) if teacher else ()
        key = hashlib.sha256(repr((self.labels, self.partial_class, *known)).encode())
        weights = teacher.network.get_weights() if teacher else []
        for block in blocks(self.clips.rows):
            key.update(block.tobytes())
        for array in (self.classes, self.weight, self.noise, *weights):
            key.update(np.ascontiguousarray(array).tobytes())
        return key.hexdigest()


def task_training_set(
    clips: Clips, noise: NDArray[np.float16], config: TrainingConfig
) -> TrainingSet:
    """Return the clips with the labels of the task as classes."""
    task = config.task
    mixed = background_noise(clips, noise, config.synthetic_noises, config.seed)
    clips = add_noise_clips(clips, mixed)
    number = {word: k for k, word in enumerate(task.words)}
    number[SILENCE] = task.labels.index(task.silence_label)
    other = task.labels.index(task.other_label)
    classes = np.array([number.get(word, other) for word in clips.word], np.int64)
    weight = task_weights(clips, classes, task, config.sampling)
    return TrainingSet(clips, classes, weight, mixed, task.labels, other)


def adaptation_training_set(
    own: Clips, others: Clips, noise: NDArray[np.float16], config: TrainingConfig
) -> TrainingSet:
    """Return the user's own takes mixed with clips of others, so that the model does not forget."""
    training_set = task_training_set(concatenate([own, others]), noise, config)
    path = training_set.clips.path
    is_own = np.isin(path, own.path) & (path != "")
    weight = with_own_share(training_set.weight, is_own, config.sampling.own_share)
    return replace(training_set, weight=weight)


def all_words_training_set(
    clips: Clips, noise: NDArray[np.float16], config: TrainingConfig
) -> TrainingSet:
    """Return the clips with every word as a class of its own, for the pretraining.

    If there are large corpora, the clips of others than machine voices are left out.
    """
    large = np.isin(clips.corpus, large_corpora(clips))
    clips = clips[large | by_machine(clips)] if large.any() else clips
    mixed = background_noise(clips, noise, config.synthetic_noises, config.seed)
    clips = add_noise_clips(clips, mixed)
    weight = word_weights(clips, config.sampling)
    labels = (SILENCE, PART_OF_WORD, *sorted(set(clips.word) - {SILENCE, UNKNOWN}))
    known = clips.word != UNKNOWN
    clips, weight = clips[known], weight[known]
    classes = clips.class_numbers(labels, PART_OF_WORD)
    return TrainingSet(clips, classes, weight, mixed, labels, labels.index(PART_OF_WORD))


def example_batches(
    training_set: TrainingSet, count: int, config: FitConfig
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return `count` augmented windows and their targets, the same at every call."""
    keras.utils.set_random_seed(EXAMPLE_SEED)
    draw = training_set.batches(config)
    batches = [draw(tf.constant(0)) for _ in range(-(-count // config.batch_size))]
    windows, targets = (
        np.concatenate([tensor.numpy() for tensor in part]) for part in zip(*batches, strict=True)
    )
    return windows[:count], targets[:count]


def calibration_windows(training_set: TrainingSet, config: TrainingConfig) -> NDArray[np.float32]:
    """Return windows that set the int8 ranges: quiet and loud, clean and noisy, words and none."""
    return example_batches(training_set, config.calibration_windows, config.fit)[0]
