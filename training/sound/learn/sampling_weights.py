"""How often each clip is drawn in training. The weights of all clips add up to one."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from training.sound.data.clips import Clips
from training.sound.data.words import SILENCE
from training.sound.learn.config import SamplingConfig
from training.sound.task import Task


def word_weights(clips: Clips, config: SamplingConfig) -> NDArray[np.float64]:
    """Return weights that draw rare words more often than their number of clips."""
    weight = np.zeros(len(clips))
    for corpus in np.unique(clips.corpus):
        mine = clips.corpus == corpus
        _, number, count = np.unique(clips.word[mine], return_inverse=True, return_counts=True)
        each = (1.0 / count**config.balance)[number]
        corpus_weight = np.where(clips.image_only[mine], 1.0, config.recording_weight).sum()
        weight[mine] = each / each.sum() * corpus_weight
    silent = clips.word == SILENCE
    noise_weight = config.noise_share / (1 - config.noise_share)
    weight[silent] *= noise_weight * weight[~silent].sum() / weight[silent].sum()
    return weight / weight.sum()


def task_weights(
    clips: Clips, classes: NDArray[np.int64], task: Task, config: SamplingConfig
) -> NDArray[np.float64]:
    """Return weights that draw each word of the task equally often, and fixed shares of the rest.

    Within a word, the clips keep the ratios of `word_weights`.
    """
    weight = word_weights(clips, config)
    other = task.labels.index(task.other_label)
    groups = np.where(clips.word == SILENCE, -1, classes)
    word_share = (1 - config.silence_share - config.other_share) / len(task.words)
    found = np.zeros(len(clips))
    for group in np.unique(groups):
        mine = groups == group
        share = {-1: config.silence_share, other: config.other_share}.get(int(group), word_share)
        found[mine] = share * weight[mine] / weight[mine].sum()
    return found


def with_own_share(
    weight: NDArray[np.float64], own: NDArray[np.bool_], share: float
) -> NDArray[np.float64]:
    """Return the weights scaled so that the user's own clips have this share."""
    scaled = weight * np.where(own, share / weight[own].sum(), 1.0)
    scaled[~own] *= (1 - share) / scaled[~own].sum()
    return scaled
