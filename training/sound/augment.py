"""Other voices, rooms, microphones and noises than were recorded: all of it in log-mel spectra.

Energies add where sounds do, so noise, echoes, loudness, distance and tempo are linear in the
exponential of a log-mel spectrum. Pictures and recordings are then the same to augment, and cheap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from training.sound.clips import FINE, ROWS

BANDS = FINE.bins
FLOOR = FINE.floor
FRAMES = ROWS // 2
NAT = np.log(10) / 10  # in a dB of energy


@dataclass(frozen=True)
class Strength:
    """How far from what was recorded."""

    tempo: float = 0.12  # of the speed, faster or slower
    tract: float = 0.08  # of the frequencies: longer and shorter vocal tracts
    cut_rows: int = 3  # of a word, that may be outside of the window
    partial: float = 0.08  # share of clips of which too little is seen to be called the word
    gain_db: float = 15.0
    tilt_nats: float = 0.8  # of microphones, in smooth curves over the bands
    reverberant: float = 0.25  # share of clips in a room
    noisy: float = 0.6  # share of clips in noise
    snr_db: tuple[float, float] = (0.0, 30.0)
    masks: int = 1
    mask_bands: int = 6
    mask_frames: int = 8


def augment(
    rows: tf.Tensor, span: tf.Tensor, noise: tf.Tensor, strength: Strength
) -> tuple[tf.Tensor, tf.Tensor]:
    """(b, FRAMES, BANDS) windows of (b, ROWS, BANDS) clips, and whether the word is still seen.

    `span` is the first and last row of each word, `noise` other clips that may be mixed in.
    """
    count = tf.shape(rows)[0]
    energy = tf.exp(rows)
    cut = _uniform([count]) < strength.partial
    when = _times(span, cut, strength)
    energy = tf.matmul(_in_a_room(when, span, strength), energy)
    energy = tf.matmul(energy, _tracts(count, strength))
    noise = tf.matmul(_resting(tf.shape(noise)[0]), tf.exp(noise))
    energy += _mixed(energy, noise, strength)
    logs = tf.math.log(tf.maximum(energy, FLOOR * 0.01))
    logs += _microphone(count, strength)
    logs = tf.maximum(logs, np.log(FLOOR))
    return _masked(logs, strength), tf.logical_not(cut)


def _uniform(shape: list[int | tf.Tensor], low: float = 0.0, high: float = 1.0) -> tf.Tensor:
    return tf.random.uniform(shape, low, high)


def _times(span: tf.Tensor, cut: tf.Tensor, strength: Strength) -> tf.Tensor:
    """(b, FRAMES): the row of the clip that each frame of the window shows."""
    count = tf.shape(span)[0]
    first, last = tf.unstack(tf.cast(span, tf.float32), axis=1)
    speed = _uniform([count], 1 - strength.tempo, 1 + strength.tempo)
    length = (last - first) / speed
    room = ROWS - length + 2 * strength.cut_rows
    whole = _uniform([count]) * tf.maximum(room, 1.0) - strength.cut_rows
    # Too little: the word's first part at the window's end, or its last part at the beginning.
    seen = _uniform([count], 0.05, 0.4) * length
    part = tf.where(_uniform([count]) < 0.5, ROWS - seen, seen - length)
    begin = tf.where(cut, part, whole)
    at = 2 * tf.range(FRAMES, dtype=tf.float32)[None] + _uniform([count, 1]) - begin[:, None]
    return first[:, None] + at * speed[:, None]


def _in_a_room(when: tf.Tensor, span: tf.Tensor, strength: Strength) -> tf.Tensor:
    """(b, FRAMES, ROWS): how much of each row's energy arrives in each frame.

    Rows before and after the clip are those of its other end, which is its own background; but no
    word is said twice, so where one would come again, the nearest row that is none is heard.
    """
    count = tf.shape(when)[0]
    row = tf.range(ROWS, dtype=tf.float32)
    first, last = tf.unstack(tf.cast(span, tf.float32)[:, None], axis=2)
    around = tf.math.floormod(when, float(ROWS))
    again = (tf.abs(around - when) > 0.5) & (around > first - 1) & (around < last + 1)
    # Whatever side has more of it; a word that fills its clip has next to none.
    quiet = tf.where(first > ROWS - 1 - last, first / 2, (last + ROWS - 1) / 2)
    when = tf.where(again, quiet + 0 * when, when)
    distance = tf.math.floormod(when[:, :, None] - row + ROWS / 2, float(ROWS)) - ROWS / 2
    direct = tf.maximum(0.0, 1 - tf.abs(distance))
    decay = _uniform([count, 1, 1], 0.15, 0.9)  # s until 60 dB are gone
    tail = tf.exp(-13.8 * 0.01 * tf.maximum(distance, 0.0) / decay)
    late = tf.where(distance > 1, tail, 0.0)
    late /= tf.reduce_sum(late, axis=2, keepdims=True) + 1e-6
    echo = _uniform([count, 1, 1], 0.05, 0.6)
    here = tf.cast(_uniform([count, 1, 1]) < strength.reverberant, tf.float32)
    return direct * (1 - here * echo) + late * here * echo


def _resting(count: tf.Tensor) -> tf.Tensor:
    """Some window of a noise."""
    begin = _uniform([count, 1], 0.0, float(ROWS))
    when = tf.math.floormod(begin + 2 * tf.range(FRAMES, dtype=tf.float32)[None], float(ROWS))
    return tf.one_hot(tf.cast(when, tf.int32), ROWS)


def _tracts(count: tf.Tensor, strength: Strength) -> tf.Tensor:
    """(b, BANDS, BANDS): a voice whose formants lie elsewhere."""
    stretch = _uniform([count, 1, 1], 1 - strength.tract, 1 + strength.tract)
    top = 1127 * np.log(1 + FINE.high_hz / 700)
    band = tf.range(BANDS, dtype=tf.float32)
    hz = 700 * (tf.exp((band + 1) / (BANDS + 1) * top / 1127) - 1)
    moved = 1127 * tf.math.log(1 + hz[None, None] * stretch / 700) / top * (BANDS + 1) - 1
    moved = tf.minimum(moved, BANDS - 1.0)
    return tf.maximum(0.0, 1 - tf.abs(band[None, :, None] - moved))


def _mixed(energy: tf.Tensor, noise: tf.Tensor, strength: Strength) -> tf.Tensor:
    """Noise at some ratio to the loudest part of the word."""
    count = tf.shape(energy)[0]
    speech = tf.reduce_mean(tf.math.top_k(tf.reduce_sum(energy, axis=2), 12)[0], axis=1)
    rest = tf.reduce_mean(tf.reduce_sum(noise, axis=2), axis=1)
    snr = _uniform([count], *strength.snr_db)
    factor = tf.maximum(speech, 1e-3) / (rest + 1e-9) * tf.exp(-NAT * snr)
    mixed = tf.where(_uniform([count]) < strength.noisy, factor, 0.0)
    return noise * mixed[:, None, None]


def _microphone(count: tf.Tensor, strength: Strength) -> tf.Tensor:
    """Loudness, and a smooth curve over the bands."""
    gain = _uniform([count, 1, 1], -strength.gain_db, strength.gain_db) * NAT
    x = tf.range(BANDS, dtype=tf.float32)[None] / BANDS
    waves = [tf.cos(np.pi * k * x) / k for k in (1.0, 2.0, 3.0)]
    curve = sum(tf.random.normal([count, 1]) * strength.tilt_nats * wave for wave in waves)
    return gain + curve[:, None, :]


def _masked(logs: tf.Tensor, strength: Strength) -> tf.Tensor:
    count = tf.shape(logs)[0]
    mean = tf.reduce_mean(logs, axis=[1, 2], keepdims=True)
    for _ in range(strength.masks):
        bands = _stripe(count, BANDS, strength.mask_bands)[:, None, :]
        frames = _stripe(count, FRAMES, strength.mask_frames)[:, :, None]
        logs = tf.where(bands | frames, mean, logs)
    return logs


def _stripe(count: tf.Tensor, size: int, widest: int) -> tf.Tensor:
    width = _uniform([count, 1], 0.0, float(widest))
    start = _uniform([count, 1]) * (size - width)
    place = tf.range(size, dtype=tf.float32)[None]
    return (place >= start) & (place < start + width)


def steady_noise(count: int, seed: int) -> NDArray[np.float32]:
    """(n, ROWS, BANDS) of made noise: smooth random spectra, slow swells, the flicker of energy."""
    rng = np.random.default_rng(seed)
    x = np.linspace(0, 1, BANDS)
    curve = rng.normal(0, 1.5, (count, 1, 1)) * (x - 0.5)
    for k in (1, 2, 3, 5):
        shape = np.cos(np.pi * k * x + rng.uniform(0, 6, (count, 1, 1)))
        curve = curve + rng.normal(0, 1.0 / k, (count, 1, 1)) * shape
    swell = np.cumsum(rng.normal(0, 0.05, (count, ROWS, 1)), axis=1)
    bins = np.linspace(2, 8, BANDS)  # of the FFT, in a band: many bins flicker less
    flicker = np.log(rng.gamma(bins, 1 / bins, (count, ROWS, BANDS)))
    return (curve + swell * rng.uniform(0, 1, (count, 1, 1)) + flicker - 5).astype(np.float32)
