"""The loss of a network on sequences: what the live decision makes of the scores.

Scores are averaged over some steps, as in the live decision. Of each word of the task the best step
in time counts (max-pooling over time), since one detection is enough. Of everything else the worst
step of each part of a second counts, so that the network learns most from what is nearly a false
accept (hard negatives).
"""

from __future__ import annotations

import tensorflow as tf

from edge.features.sound.specification import FRAMES
from training.sound.learn.sequence_config import SequenceLossConfig
from training.sound.learn.sequence_targets import SMOOTHED_STEPS

PART_STEPS = 21  # 0.84 s
TINY = 1e-6


def sequence_loss(
    scores: tf.Tensor, targets: dict[str, tf.Tensor], config: SequenceLossConfig
) -> dict[str, tf.Tensor]:
    """Return the parts of the loss and their weighted sum, "loss".

    `scores` is (b, steps, labels); `targets` has the fields of a SequenceBatch.
    """
    smoothed = tf.nn.avg_pool1d(scores, SMOOTHED_STEPS, 1, "VALID")
    misses = _misses(smoothed, targets)
    false_accepts = _false_accepts(smoothed, targets)
    step_labels = _step_labels(scores, targets)
    total = misses + config.false_accepts * false_accepts + config.labels * step_labels
    return {
        "loss": total,
        "misses": misses,
        "false accepts": false_accepts,
        "step labels": step_labels,
    }


def _misses(smoothed: tf.Tensor, targets: dict[str, tf.Tensor]) -> tf.Tensor:
    by_label = tf.transpose(smoothed, [0, 2, 1])
    of_word = tf.gather(by_label, targets["label"], batch_dims=1)
    best = tf.reduce_max(tf.where(targets["in_time"], of_word, 0.0), axis=2)
    counts = tf.cast(targets["counts"], tf.float32)
    return tf.reduce_sum(-tf.math.log(best + TINY) * counts) / (tf.reduce_sum(counts) + 1)


def _false_accepts(smoothed: tf.Tensor, targets: dict[str, tf.Tensor]) -> tf.Tensor:
    words = targets["allowed"].shape[2]
    false = tf.reduce_sum(smoothed[:, :, :words] * (1 - targets["allowed"]), axis=2)
    parts = false.shape[1] // PART_STEPS
    worst = tf.reduce_max(
        tf.reshape(false[:, : parts * PART_STEPS], [-1, parts, PART_STEPS]), axis=2
    )
    return tf.reduce_mean(-tf.math.log(1 - worst + TINY))


def _step_labels(scores: tf.Tensor, targets: dict[str, tf.Tensor]) -> tf.Tensor:
    labels = targets["step_labels"]
    known = tf.cast(labels >= 0, tf.float32)
    picked = tf.gather(scores, tf.maximum(labels, 0), batch_dims=2)
    return tf.reduce_sum(-tf.math.log(picked + TINY) * known) / (tf.reduce_sum(known) + 1)


def clip_loss(scores: tf.Tensor, targets: tf.Tensor) -> tf.Tensor:
    """Return the cross entropy of the windows in sequences that `join_windows` made.

    `targets` is (n, labels), a row for each window.
    """
    of_windows = scores[:, :: FRAMES // 2]
    of_windows = tf.reshape(of_windows, tf.shape(targets))
    return -tf.reduce_mean(tf.reduce_sum(targets * tf.math.log(of_windows + TINY), axis=1))


def join_windows(windows: tf.Tensor, frames: int) -> tf.Tensor:
    """Return sequences of so many frames, each of which shows several windows one after another.

    The rest of a sequence is zero. There must be as many windows as fit into whole sequences.
    """
    fitting = windows_of_sequence(frames)
    rows = tf.reshape(windows, [-1, fitting * FRAMES, windows.shape[2]])
    return tf.pad(rows, [[0, 0], [0, frames - fitting * FRAMES], [0, 0]])


def windows_of_sequence(frames: int) -> int:
    """Return how many windows fit into a sequence of so many frames."""
    return frames // FRAMES
