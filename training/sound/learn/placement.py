"""The position and speed of a word in the window, and what fills the window around it.

Positions and lengths are in rows of a clip (10 ms). A frame of the window is two rows.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from edge.features.sound.specification import FRAMES
from training.sound.data.log_mel import ROWS
from training.sound.learn.augmentation_config import AugmentationConfig

WINDOW_ROWS = 2 * FRAMES
NAT = np.log(10) / 10  # nats in a dB of energy


class Placement(NamedTuple):
    """The first and last row of each word within the window, and how much faster it is."""

    begin: tf.Tensor
    end: tf.Tensor
    speed: tf.Tensor


def uniform(shape: list[int | tf.Tensor], low: float = 0.0, high: float = 1.0) -> tf.Tensor:
    return tf.random.uniform(shape, low, high)


def place_words(span: tf.Tensor, cut: tf.Tensor, config: AugmentationConfig) -> Placement:
    """Place each word at random; of a word that is `cut`, only the beginning is in the window."""
    count = tf.shape(span)[0]
    first, last = tf.unstack(tf.cast(span, tf.float32), axis=1)
    speed = uniform([count], 1 - config.tempo, 1 + config.tempo)
    unchanged = uniform([count]) < config.unchanged_voice
    speed = tf.where(unchanged, 1.0, speed)
    length = (last - first) / speed
    outside = float(config.cut_rows)
    after = tf.minimum(float(config.after_rows), tf.maximum(WINDOW_ROWS - length + outside, 1.0))
    end = WINDOW_ROWS + outside - uniform([count]) * (after + outside)
    end = tf.where(cut, WINDOW_ROWS + length * (1 - uniform([count], 0.1, 0.4)), end)
    # A position between two rows is interpolated, which varies less from row to row than recorded
    # sound does: clips with an unchanged voice keep their rows.
    end = tf.where(unchanged, tf.round(end), end)
    return Placement(end - length, end, speed)


def frame_rows(span: tf.Tensor, placement: Placement) -> tf.Tensor:
    """Return (b, FRAMES): the row of the clip that each frame of the window shows."""
    first = tf.cast(span[:, :1], tf.float32)
    position = 2 * tf.range(FRAMES, dtype=tf.float32)[None]
    return first + (position - placement.begin[:, None]) * placement.speed[:, None]


def neighbouring_words(
    energy: tf.Tensor, span: tf.Tensor, placement: Placement, config: AugmentationConfig
) -> tf.Tensor:
    """Return (b, FRAMES, BANDS): other words, which come before or after the placed words.

    `energy` and `span` are of the other words. A word that comes after is cut: the window shows 5
    to 40 % of it, which is too little to name it.
    """
    count = tf.shape(span)[0]
    first, last = tf.unstack(tf.cast(span, tf.float32), axis=1)
    length = last - first
    gap = uniform([count], *(float(rows) for rows in config.gap_rows))
    before = placement.begin - gap - length
    after = tf.maximum(placement.end + gap, WINDOW_ROWS - length * uniform([count], 0.05, 0.4))
    start = tf.where(uniform([count]) < 0.6, before, after)
    position = 2 * tf.range(FRAMES, dtype=tf.float32)[None] - start[:, None]
    inside = (position >= 0) & (position <= length[:, None])
    row = tf.clip_by_value(tf.cast(first[:, None] + position, tf.int32), 0, ROWS - 1)
    present = tf.cast(uniform([count]) < config.neighbour, tf.float32)
    level = tf.exp(NAT * uniform([count], -config.neighbour_db, config.neighbour_db))
    factor = tf.cast(inside, tf.float32) * (present * level)[:, None]
    return tf.gather(energy, row, batch_dims=1) * factor[:, :, None]


def reverberant_frames(rows: tf.Tensor, span: tf.Tensor, config: AugmentationConfig) -> tf.Tensor:
    """Return (b, FRAMES, ROWS): the share of each row's energy that arrives in each frame.

    `rows` is the row that each frame shows, from `frame_rows`. Some clips have reverberation.
    """
    distance = _rows_apart(_repeat_background(rows, span))
    count = tf.shape(rows)[0]
    direct = tf.maximum(0.0, 1 - tf.abs(distance))
    decay = uniform([count, 1, 1], 0.15, 0.9)  # s to -60 dB
    tail = tf.exp(-13.8 * 0.01 * tf.maximum(distance, 0.0) / decay)
    late = tf.where(distance > 1, tail, 0.0)
    late /= tf.reduce_sum(late, axis=2, keepdims=True) + 1e-6
    late_share = uniform([count, 1, 1], 0.05, 0.6)
    reverberant = tf.cast(uniform([count, 1, 1]) < config.reverberant, tf.float32)
    return direct * (1 - reverberant * late_share) + late * reverberant * late_share


def _repeat_background(rows: tf.Tensor, span: tf.Tensor) -> tf.Tensor:
    """Replace rows outside of the clip by rows of the clip's own background.

    The clip is repeated before its beginning and after its end. The word must not come a second
    time: in its place stands a row from the middle of the longer pause.
    """
    first, last = tf.unstack(tf.cast(span, tf.float32)[:, None], axis=2)
    wrapped = tf.math.floormod(rows, float(ROWS))
    second_time = (tf.abs(wrapped - rows) > 0.5) & (wrapped > first - 1) & (wrapped < last + 1)
    pause = tf.where(first > ROWS - 1 - last, first / 2, (last + ROWS - 1) / 2)
    return tf.where(second_time, pause + 0 * rows, rows)


def _rows_apart(rows: tf.Tensor) -> tf.Tensor:
    """Return (b, FRAMES, ROWS): how many rows each frame is after each row of the clip."""
    row = tf.range(ROWS, dtype=tf.float32)
    return tf.math.floormod(rows[:, :, None] - row + ROWS / 2, float(ROWS)) - ROWS / 2
