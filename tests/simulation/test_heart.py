"""The simulated heart: its beats, its waves and its noise."""

from __future__ import annotations

import itertools

import numpy as np

from edge.simulation.ecg.heart import LABELS, Heart, record
from edge.simulation.ecg.noise import NoiseLevels, electrode_noise


def test_the_same_seed_gives_the_same_record():
    first, second = (record(Heart(3), "NNVN", 250, NoiseLevels(), 3) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert first[1] == second[1]
    assert first[1] != record(Heart(4), "NNVN", 250, NoiseLevels(), 3)[1]


def test_early_beats_are_early_and_ventricular_beats_are_wide():
    heart = Heart(1)
    beats = list(heart.beats("NNNSNNVNN", 0.0))
    intervals = np.diff([beat.start for beat in beats])
    assert intervals[2] < 0.75 * intervals[0]
    assert intervals[5] < 0.75 * intervals[0] < intervals[6]
    t = np.arange(-0.4, 0.6, 0.001) + (beats[0].start + beats[0].end) / 2
    wide = []
    for label in "NV":
        mark = type(beats[0])(label, beats[0].start, beats[0].end)
        ecg = np.abs(heart.signal(t, [mark])[200:500])
        wide.append((ecg > 0.3 * ecg.max()).sum())
    assert wide[1] > 2 * wide[0]


def test_random_beats_have_all_five_kinds():
    labels = list(itertools.islice(Heart(0).random_labels(), 1000))
    assert set(labels) == set(LABELS)
    assert labels.count("N") > 800


def test_the_levels_of_the_noise_are_its_standard_deviations():
    quiet = NoiseLevels(wander=0.2, hum=0, muscle=0.05, bursts_per_minute=0)
    noise = electrode_noise(np.random.default_rng(0), 60_000, 250, quiet)
    assert abs(np.hypot(0.2, 0.05) - noise.std()) < 0.02
