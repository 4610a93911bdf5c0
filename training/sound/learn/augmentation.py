"""Augmentation of log-mel spectra: other voices, rooms, microphones and noises than were recorded.

The energies of two sounds add up, so noise, echoes, level, distance and tempo are linear operations
on the exponential of a log-mel spectrum. That is cheap, and works for images of spectra as well.
"""

from __future__ import annotations

import numpy as np
import tensorflow as tf

from edge.features.sound.specification import FRAMES
from training.sound.data.log_mel import BANDS, FRONT_END, ROWS
from training.sound.learn.augmentation_config import AugmentationConfig
from training.sound.learn.placement import (
    NAT,
    frame_rows,
    neighbouring_words,
    place_words,
    reverberant_frames,
    uniform,
)

FLOOR = FRONT_END.floor
LOUDEST_ROWS = 12  # of a clip, whose mean energy is its level


def augment(
    rows: tf.Tensor,
    span: tf.Tensor,
    silent: tf.Tensor,
    noise: tf.Tensor,
    config: AugmentationConfig,
) -> tuple[tf.Tensor, tf.Tensor]:
    """Return (b, FRAMES, BANDS) windows of (b, ROWS, BANDS) clips, and which of them show the word.

    `span` is the first and last row of each word, `silent` says which clips contain none, and
    `noise` is other clips. The neighbours of a word are other clips of the same batch.
    """
    count = tf.shape(rows)[0]
    energy = tf.exp(rows)
    cut = (uniform([count]) < config.partial) & ~silent
    placement = place_words(span, cut, config)
    shown = frame_rows(span, placement)
    others = tf.random.shuffle(tf.range(count))
    other_energy = tf.gather(energy, others)
    neighbours = neighbouring_words(other_energy, tf.gather(span, others), placement, config)
    neighbours *= tf.cast(~(cut | silent | tf.gather(silent, others)), tf.float32)[:, None, None]
    window = tf.matmul(reverberant_frames(shown, span, config), energy)
    zeros = (uniform([count]) < config.digital_silence)[:, None]
    zeros &= (shown < 0) | (shown > ROWS - 1)
    window *= tf.cast(~zeros, tf.float32)[:, :, None]
    window += neighbours * (_level(energy) / _level(other_energy))[:, None, None]
    window = tf.matmul(window, _vocal_tracts(count, config))
    window += _scaled_noise(energy, _noise_windows(tf.exp(noise)), config)
    logs = tf.math.log(tf.maximum(window, FLOOR * 0.01))
    logs += _microphones(count, config)
    logs = tf.maximum(logs, np.log(FLOOR))
    return _mask(logs, config), tf.logical_not(cut)


def _noise_windows(energy: tf.Tensor) -> tf.Tensor:
    """Return windows of noise clips, which are repeated, from a random row on."""
    begin = uniform([tf.shape(energy)[0], 1], 0.0, float(ROWS))
    rows = tf.math.floormod(begin + 2 * tf.range(FRAMES, dtype=tf.float32)[None], float(ROWS))
    return tf.gather(energy, tf.cast(rows, tf.int32), batch_dims=1)


def _vocal_tracts(count: tf.Tensor, config: AugmentationConfig) -> tf.Tensor:
    """Return (b, BANDS, BANDS) matrices that move formants, as other vocal tracts do."""
    stretch = uniform([count, 1, 1], 1 - config.vocal_tract, 1 + config.vocal_tract)
    stretch = tf.where(uniform([count, 1, 1]) < config.unchanged_voice, 1.0, stretch)
    top = 1127 * np.log(1 + FRONT_END.high_hz / 700)  # mel
    band = tf.range(BANDS, dtype=tf.float32)
    hz = 700 * (tf.exp((band + 1) / (BANDS + 1) * top / 1127) - 1)
    moved = 1127 * tf.math.log(1 + hz[None, None] * stretch / 700) / top * (BANDS + 1) - 1
    moved = tf.minimum(moved, BANDS - 1.0)
    return tf.maximum(0.0, 1 - tf.abs(band[None, :, None] - moved))


def _scaled_noise(energy: tf.Tensor, noise: tf.Tensor, config: AugmentationConfig) -> tf.Tensor:
    """Return the noise at a random ratio to the level of each clip; zero for some clips."""
    count = tf.shape(energy)[0]
    speech_level = _level(energy)
    noise_level = tf.reduce_mean(tf.reduce_sum(noise, axis=2), axis=1)
    snr = uniform([count], *config.snr_db)
    factor = speech_level / (noise_level + 1e-9) * tf.exp(-NAT * snr)
    factor = tf.where(uniform([count]) < config.noisy, factor, 0.0)
    return noise * factor[:, None, None]


def _level(energy: tf.Tensor) -> tf.Tensor:
    """Return the mean energy of the loudest rows of each clip."""
    loudest = tf.math.top_k(tf.reduce_sum(energy, axis=2), LOUDEST_ROWS)[0]
    return tf.maximum(tf.reduce_mean(loudest, axis=1), 1e-3)


def _microphones(count: tf.Tensor, config: AugmentationConfig) -> tf.Tensor:
    """Return (b, 1, BANDS): a gain, and a frequency response that is a smooth curve."""
    gain = uniform([count, 1, 1], -config.gain_db, config.gain_db) * NAT
    x = tf.range(BANDS, dtype=tf.float32)[None] / BANDS
    waves = [tf.cos(np.pi * k * x) / k for k in (1.0, 2.0, 3.0)]
    curve = sum(tf.random.normal([count, 1]) * config.tilt_nats * wave for wave in waves)
    return gain + curve[:, None, :]


def _mask(logs: tf.Tensor, config: AugmentationConfig) -> tf.Tensor:
    """Replace random stripes of bands and of frames by the mean."""
    count = tf.shape(logs)[0]
    mean = tf.reduce_mean(logs, axis=[1, 2], keepdims=True)
    for _ in range(config.masks):
        bands = _stripe(count, BANDS, config.mask_bands)[:, None, :]
        frames = _stripe(count, FRAMES, config.mask_frames)[:, :, None]
        logs = tf.where(bands | frames, mean, logs)
    return logs


def _stripe(count: tf.Tensor, size: int, widest: int) -> tf.Tensor:
    """Return (b, size): true within a random stripe of at most `widest`."""
    width = uniform([count, 1], 0.0, float(widest))
    start = uniform([count, 1]) * (size - width)
    position = tf.range(size, dtype=tf.float32)[None]
    return (position >= start) & (position < start + width)
