"""Other voices, rooms, microphones and noises than were recorded: all of it in log-mel spectra.

Energies add where sounds do, so noise, echoes, loudness, distance and tempo are linear in the
exponential of a log-mel spectrum. Pictures and recordings are then the same to augment, and cheap.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import tensorflow as tf
from numpy.typing import NDArray

from edge.features.sound.specification import FRAMES
from training.sound.data.clips import FINE, ROWS

BANDS = FINE.bins
FLOOR = FINE.floor
REACH = 2 * FRAMES  # rows of a clip that fill a window
NAT = np.log(10) / 10  # in a dB of energy


@dataclass(frozen=True)
class Strength:
    """How far from what was recorded."""

    tempo: float = 0.12  # of the speed, faster or slower
    tract: float = 0.08  # of the frequencies: longer and shorter vocal tracts
    cut_rows: int = 3  # of a word, that may be outside of the window
    after_rows: int = 64  # that may have passed since a word, and it is still the word
    partial: float = 0.08  # share of clips of which too little is seen to be called the word
    as_said: float = 0.4  # share of clips that are neither faster nor slower; and of voices
    beside: float = 0.3  # share of clips before or after which another word is said
    apart_rows: tuple[int, int] = (0, 50)  # from one to the other
    beside_db: float = 8.0  # louder or softer
    bare: float = 0.25  # share of clips before and after which there is nothing at all
    gain_db: float = 15.0
    tilt_nats: float = 0.8  # of microphones, in smooth curves over the bands
    reverberant: float = 0.25  # share of clips in a room
    noisy: float = 0.6  # share of clips in noise
    snr_db: tuple[float, float] = (-2.0, 28.0)
    masks: int = 1
    mask_bands: int = 6
    mask_frames: int = 8


def augment(
    rows: tf.Tensor,
    span: tf.Tensor,
    silent: tf.Tensor,
    noise: tf.Tensor,
    strength: Strength,
) -> tuple[tf.Tensor, tf.Tensor]:
    """(b, FRAMES, BANDS) windows of (b, ROWS, BANDS) clips, and whether the word is still seen.

    `span` is the first and last row of each word, `silent` says which clips have none, and `noise`
    is other clips that may be mixed in. The words beside a word are other clips as well.
    """
    count = tf.shape(rows)[0]
    energy = tf.exp(rows)
    cut = (_uniform([count]) < strength.partial) & ~silent
    begin, end, speed = _placed(span, cut, strength)
    when = _times(span, begin, speed)
    others = tf.random.shuffle(tf.range(count))
    another = _beside(tf.gather(energy, others), tf.gather(span, others), begin, end, strength)
    another *= tf.cast(~(cut | silent | tf.gather(silent, others)), tf.float32)[:, None, None]
    heard = tf.matmul(_in_a_room(when, span, strength), energy)
    bare = (_uniform([count]) < strength.bare)[:, None] & ((when < 0) | (when > ROWS - 1))
    heard *= tf.cast(~bare, tf.float32)[:, :, None]
    heard += another * (_loudness(energy) / _loudness(tf.gather(energy, others)))[:, None, None]
    heard = tf.matmul(heard, _tracts(count, strength))
    heard += _mixed(energy, _resting(tf.exp(noise)), strength)
    logs = tf.math.log(tf.maximum(heard, FLOOR * 0.01))
    logs += _microphone(count, strength)
    logs = tf.maximum(logs, np.log(FLOOR))
    return _masked(logs, strength), tf.logical_not(cut)


def _uniform(shape: list[int | tf.Tensor], low: float = 0.0, high: float = 1.0) -> tf.Tensor:
    return tf.random.uniform(shape, low, high)


def _placed(
    span: tf.Tensor, cut: tf.Tensor, strength: Strength
) -> tuple[tf.Tensor, tf.Tensor, tf.Tensor]:
    """First and last row of the window (of REACH) in which the word is, and how fast it is said."""
    count = tf.shape(span)[0]
    first, last = tf.unstack(tf.cast(span, tf.float32), axis=1)
    speed = _uniform([count], 1 - strength.tempo, 1 + strength.tempo)
    as_said = _uniform([count]) < strength.as_said
    speed = tf.where(as_said, 1.0, speed)
    length = (last - first) / speed
    spare = float(strength.cut_rows)
    after = tf.minimum(float(strength.after_rows), tf.maximum(REACH - length + spare, 1.0))
    end = REACH + spare - _uniform([count]) * (after + spare)
    # Too little: the word has hardly begun.
    end = tf.where(cut, REACH + length * (1 - _uniform([count], 0.1, 0.4)), end)
    # Between two rows lies their mean, which flickers less than either: as it is said, it is heard.
    end = tf.where(as_said, tf.round(end), end)
    return end - length, end, speed


def _times(span: tf.Tensor, begin: tf.Tensor, speed: tf.Tensor) -> tf.Tensor:
    """(b, FRAMES): the row of the clip that each frame of the window shows."""
    first = tf.cast(span[:, :1], tf.float32)
    at = 2 * tf.range(FRAMES, dtype=tf.float32)[None]
    return first + (at - begin[:, None]) * speed[:, None]


def _beside(
    energy: tf.Tensor, span: tf.Tensor, begin: tf.Tensor, end: tf.Tensor, strength: Strength
) -> tf.Tensor:
    """(b, FRAMES, BANDS): other words, said before or after those that are there.

    Of what comes after no more is seen than of a word of which there is too little.
    """
    count = tf.shape(span)[0]
    first, last = tf.unstack(tf.cast(span, tf.float32), axis=1)
    length = last - first
    apart = _uniform([count], *(float(rows) for rows in strength.apart_rows))
    before = begin - apart - length
    after = tf.maximum(end + apart, REACH - length * _uniform([count], 0.05, 0.4))
    start = tf.where(_uniform([count]) < 0.6, before, after)
    at = 2 * tf.range(FRAMES, dtype=tf.float32)[None] - start[:, None]
    said = (at >= 0) & (at <= length[:, None])
    row = tf.clip_by_value(tf.cast(first[:, None] + at, tf.int32), 0, ROWS - 1)
    here = tf.cast(_uniform([count]) < strength.beside, tf.float32)
    level = tf.exp(NAT * _uniform([count], -strength.beside_db, strength.beside_db))
    share = tf.cast(said, tf.float32) * (here * level)[:, None]
    return tf.gather(energy, row, batch_dims=1) * share[:, :, None]


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


def _resting(energy: tf.Tensor) -> tf.Tensor:
    """Some window of a noise, which goes on without end."""
    begin = _uniform([tf.shape(energy)[0], 1], 0.0, float(ROWS))
    when = tf.math.floormod(begin + 2 * tf.range(FRAMES, dtype=tf.float32)[None], float(ROWS))
    return tf.gather(energy, tf.cast(when, tf.int32), batch_dims=1)


def _tracts(count: tf.Tensor, strength: Strength) -> tf.Tensor:
    """(b, BANDS, BANDS): a voice whose formants lie elsewhere."""
    stretch = _uniform([count, 1, 1], 1 - strength.tract, 1 + strength.tract)
    stretch = tf.where(_uniform([count, 1, 1]) < strength.as_said, 1.0, stretch)
    top = 1127 * np.log(1 + FINE.high_hz / 700)
    band = tf.range(BANDS, dtype=tf.float32)
    hz = 700 * (tf.exp((band + 1) / (BANDS + 1) * top / 1127) - 1)
    moved = 1127 * tf.math.log(1 + hz[None, None] * stretch / 700) / top * (BANDS + 1) - 1
    moved = tf.minimum(moved, BANDS - 1.0)
    return tf.maximum(0.0, 1 - tf.abs(band[None, :, None] - moved))


def _mixed(energy: tf.Tensor, noise: tf.Tensor, strength: Strength) -> tf.Tensor:
    """Noise at some ratio to the loudest part of the word."""
    count = tf.shape(energy)[0]
    speech = _loudness(energy)
    rest = tf.reduce_mean(tf.reduce_sum(noise, axis=2), axis=1)
    snr = _uniform([count], *strength.snr_db)
    factor = speech / (rest + 1e-9) * tf.exp(-NAT * snr)
    mixed = tf.where(_uniform([count]) < strength.noisy, factor, 0.0)
    return noise * mixed[:, None, None]


def _loudness(energy: tf.Tensor) -> tf.Tensor:
    """Of the loudest part of each clip."""
    loudest = tf.math.top_k(tf.reduce_sum(energy, axis=2), 12)[0]
    return tf.maximum(tf.reduce_mean(loudest, axis=1), 1e-3)


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
    bins = np.linspace(2, 8, BANDS)  # of the FFT, in a band: many bins flicker less
    flicker = np.log(rng.gamma(bins, 1 / bins, (count, ROWS, BANDS)))
    swell = _wandering(rng, count, 0.05) * rng.uniform(0, 1, (count, 1))
    return (_coloured(rng, count) + swell[:, :, None] + flicker - 5).astype(np.float32)


def moving_noise(count: int, seed: int) -> NDArray[np.float32]:
    """(n, ROWS, BANDS) of noise that comes and goes: cries, tunes and whines whose pitch glides,
    over a bed of steady noise, and knocks that ring."""
    rng = np.random.default_rng(seed)
    hz = 700 * (np.exp(np.linspace(0, 1, BANDS + 2)[1:-1] * np.log(1 + FINE.high_hz / 700)) - 1)
    pitch = 2 ** (
        rng.uniform(np.log2(120), np.log2(1200), (count, 1)) + _wandering(rng, count, 0.04)
    )
    harmonic = np.cos(2 * np.pi * hz / pitch[:, :, None])
    width = np.gradient(hz)
    clear = np.clip(1.5 - 1.5 * width / pitch[:, :, None], 0, 1)  # pitch is lost in wide bands
    formants = _coloured(rng, count) + 2 * np.sin(
        hz / rng.uniform(300, 900, (count, 1, 1)) + _wandering(rng, count, 0.15)[:, :, None]
    )
    slow, phase = rng.uniform(0.3, 4, (count, 1)), rng.uniform(0, 6, (count, 1))
    swell = 4 * np.sin(2 * np.pi * slow * np.arange(ROWS) / 100 + phase)
    cry = formants + 3 * clear * harmonic + np.minimum(swell, 2)[:, :, None]
    since = (np.arange(ROWS) + rng.uniform(0, 60, (count, 1))) % rng.uniform(25, 120, (count, 1))
    knock = _coloured(rng, count) + 4 - (since / rng.uniform(2, 15, (count, 1)))[:, :, None]
    which = rng.random((count, 1, 1)) < 0.65
    bed = steady_noise(count, seed + 1) - rng.uniform(0, 6, (count, 1, 1))
    return np.logaddexp(np.where(which, cry, knock) - 5, bed).astype(np.float32)


def _coloured(rng: np.random.Generator, count: int) -> NDArray[np.float64]:
    """(n, 1, BANDS) of smooth random spectra."""
    x = np.linspace(0, 1, BANDS)
    curve = rng.normal(0, 1.5, (count, 1, 1)) * (x - 0.5)
    for k in (1, 2, 3, 5):
        shape = np.cos(np.pi * k * x + rng.uniform(0, 6, (count, 1, 1)))
        curve = curve + rng.normal(0, 1.0 / k, (count, 1, 1)) * shape
    return curve


def _wandering(rng: np.random.Generator, count: int, step: float) -> NDArray[np.float64]:
    """(n, ROWS) of random walks."""
    return np.cumsum(rng.normal(0, step, (count, ROWS)), axis=1)
