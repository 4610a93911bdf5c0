"""Heartbeats in a stream: they are found, once each, however the stream is cut and sampled."""

from __future__ import annotations

import time

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.features.beats.grid import RATE, Grid
from edge.features.beats.p_wave import AFTER, BEFORE, PWaves
from edge.features.beats.rhythm import Rhythm
from edge.features.beats.sinus import LONGEST_RUN, SLOW_BEATS
from edge.features.beats.windows import NAMES, BeatFeatures
from edge.samples import Chunk
from edge.simulation.ecg.heart import Heart, record
from edge.simulation.ecg.noise import NoiseLevels

SPECIFICATION = BeatFeatures.specification()
TOLERANCE = 0.15  # s
QUIET = NoiseLevels(bursts_per_minute=0)
LABELS = "NNNNNNNNNNVNNNSNNNFNNNNQNNNNNVVNNNNSSNNNNNNNNNNN"


def ecg(seed=1, rate=250.0, labels=LABELS, levels=None):
    """Times, values in mV, and beats of a simulated heart."""
    values, beats = record(Heart(seed), labels, rate, levels or NoiseLevels(), seed)
    return np.arange(len(values)) / rate, values.astype(np.float32), beats


def windows(t, values, sizes=(10**9,)):
    features, found, start = BeatFeatures(SPECIFICATION), [], 0
    for number in range(len(t)):
        size = sizes[number % len(sizes)]
        if start >= len(t):
            break
        part = slice(start, start + size)
        found += features.process(Chunk(t[part], values[part, None]))
        start += size
    return [*found, *features.finish()]


def times(beats):
    return np.array([(beat.start + beat.end) / 2 for beat in beats])


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("rate", [100.0, 250.0, 360.0, 1000.0])
def test_each_beat_is_found_once_near_its_r_peak(seed, rate):
    t, values, beats = ecg(seed, rate, levels=QUIET)
    found = np.array([window.t for window in windows(t, values)])
    assert len(found) == len(beats)
    assert np.abs(found - times(beats)).max() < TOLERANCE
    assert np.median(np.abs(found - times(beats))) < 0.02


def test_windows_do_not_depend_on_the_chunks():
    t, values, _ = ecg()
    whole = windows(t, values)
    for sizes in [(1,), (7, 400, 1), (5000,)]:
        cut = windows(t, values, sizes)
        assert [window.t for window in cut] == [window.t for window in whole]
        for one, other in zip(cut, whole, strict=True):
            assert np.array_equal(one.tensor, other.tensor)
            assert one.decided_t == other.decided_t


def test_windows_do_not_depend_on_the_size_or_the_offset_of_the_signal():
    t, values, _ = ecg(levels=QUIET)
    whole = windows(t, values)
    moved = windows(t, 3 * values + 20)
    assert len(moved) == len(whole)
    for one, other in zip(moved[9:], whole[9:], strict=True):
        assert one.t == other.t
        assert np.abs(one.tensor - other.tensor).max() < 0.5  # noise below 0.05 mV counts less


def test_beats_are_found_within_bursts_of_noise_and_drift():
    levels = NoiseLevels(wander=0.5, burst_muscle=0.05, burst_motion=0.1, bursts_per_minute=6)
    found = missed = false = 0
    for seed in range(3):
        t, values, beats = ecg(seed, labels="N" * 60, levels=levels)
        detected = np.array([window.t for window in windows(t, values)])
        distance = np.abs(detected[:, None] - times(beats)).min(axis=1)
        hit = (np.abs(detected[:, None] - times(beats)).min(axis=0) < TOLERANCE).sum()
        found, missed, false = (
            found + hit,
            missed + len(beats) - hit,
            false + (distance > TOLERANCE).sum(),
        )
    assert missed <= 0.01 * found
    assert false <= 0.02 * found


def test_a_gap_ends_the_segment_and_the_beats_after_it_are_found():
    t, values, beats = ecg(labels="N" * 40, levels=QUIET)
    kept = (t < 12) | (t > 20)
    found = np.array([window.t for window in windows(t[kept], values[kept])])
    assert (np.diff(found) > 0).all()
    clear = [b for b in times(beats) if 1 < b < 11.5 or b > 21]
    assert all(np.abs(found - b).min() < TOLERANCE for b in clear)
    assert not ((found > 12.2) & (found < 19.8)).any()


@pytest.mark.parametrize("value", [0.0, 1.7])
def test_a_flat_line_has_no_beats(value):
    t = np.arange(5000) / 250
    assert windows(t, np.full(5000, value, np.float32)) == []
    with pytest.raises(RecordingError, match="holds no heartbeat"):
        list(
            BeatFeatures.windows_of_recording(
                SPECIFICATION, Chunk(t, np.full((5000, 1), value, np.float32))
            )
        )


@pytest.mark.parametrize("labels", ["NN", "NVN", "NNNN"])
def test_the_beats_of_a_stream_shorter_than_the_time_of_learning_are_found(labels):
    for seed in range(4):
        t, values, beats = ecg(seed, labels=labels)
        found = np.array([window.t for window in windows(t, values)])
        assert len(found) == len(beats)
        assert np.abs(found - times(beats)).max() < TOLERANCE


def test_beats_are_found_again_after_an_artefact_that_is_a_hundred_times_as_high():
    t, values, beats = ecg(labels="N" * 40, levels=QUIET)
    values[(t > 10) & (t < 10.3)] += 100
    found = np.array([window.t for window in windows(t, values)])
    later = [b for b in times(beats) if b > 18]
    assert all(np.abs(found - b).min() < TOLERANCE for b in later)


@pytest.mark.parametrize("seed", range(3))
def test_reversed_electrodes_change_no_beat_and_no_value(seed):
    t, values, beats = ecg(seed)
    upright, reversed_ = windows(t, values), windows(t, -values)
    assert [window.t for window in reversed_] == [window.t for window in upright]
    for one, other in zip(upright, reversed_, strict=True):
        assert np.array_equal(one.tensor, other.tensor)
    assert len(reversed_) == pytest.approx(len(beats), abs=2)


def test_the_heart_rate_is_that_of_the_heart():
    t, values, beats = ecg(labels="N" * 30)
    expected = 60 / np.diff(times(beats)).mean()
    assert windows(t, values)[-1].heart_rate == pytest.approx(expected, rel=0.05)


def test_a_beat_is_known_after_the_next_one_or_after_two_seconds():
    t, values, _ = ecg(labels="N" * 30)
    waited = [window.decided_t - window.t for window in windows(t, values)]
    assert max(waited) < 3.5
    assert np.median(waited) < 1.8


def test_a_second_of_ecg_takes_less_than_three_milliseconds():
    t, values, _ = ecg(rate=360.0, labels="N" * 100)
    durations = []
    for _ in range(3):
        started = time.process_time()
        windows(t, values, (18,))
        durations.append((time.process_time() - started) / t[-1])
    assert min(durations) < 0.003 * 3  # the tests run on busy machines


def test_an_early_beat_has_a_short_interval_before_it():
    rhythm = Rhythm()
    for _ in range(20):
        usual = rhythm.add(0.8, 0.8)
    assert usual["interval_before"] == pytest.approx(0)
    assert rhythm.is_early(0.6) and not rhythm.is_early(0.78)
    early = rhythm.add(0.5, 1.0)
    assert early["interval_before"] < -0.5 < 0 < early["interval_after"]


def test_a_long_run_of_early_beats_stays_early_until_it_is_very_long():
    rhythm = Rhythm()
    for interval in [0.8] * 20 + [0.4] * 60:
        values = rhythm.add(interval, interval)
    assert values["interval_before"] == pytest.approx(0)  # compared with the last beats
    assert values["before_to_sinus"] < -1.5 and values["in_run"] and rhythm.is_early(0.4)
    assert values["run_length"] == pytest.approx(np.log(61))
    for _ in range(LONGEST_RUN):
        values = rhythm.add(0.4, 0.4)
    assert values["before_to_sinus"] == pytest.approx(0) and not rhythm.is_early(0.4)


def test_the_sinus_becomes_slower_after_some_late_beats():
    rhythm = Rhythm()
    for interval in [0.5] * 20 + [1.0] * (SLOW_BEATS + 10):
        values = rhythm.add(interval, interval)
    assert values["before_to_sinus"] == pytest.approx(0)


def test_an_irregular_rhythm_has_steps_without_order():
    rng = np.random.default_rng(0)
    irregular, regular = Rhythm(), Rhythm()
    for interval in 0.8 * np.exp(rng.normal(0, 0.2, 60)):
        fibrillation = irregular.add(float(interval), 0.8)
        usual = regular.add(0.8, 0.8)
    for name in ("share_of_steps", "step_size", "turning_points", "deviation_from_sinus"):
        assert fibrillation[name] > usual[name] + 0.3


@pytest.mark.parametrize("interval", [60, 100])
def test_the_p_wave_of_an_early_beat_is_found_on_the_t_wave_before_it(interval):
    k = np.arange(-BEFORE, AFTER)
    t_wave = 0.4 * np.exp(-(((k - 45) / 9) ** 2) / 2)
    p_wave = 0.2 * np.exp(-(((k + 29) / 4) ** 2) / 2)
    usual = np.exp(-((k / 3) ** 2) / 2) + t_wave + p_wave
    tail = np.zeros(len(k))
    tail[: max(0, len(k) - interval)] = (t_wave + p_wave)[interval:]
    same = PWaves().add(usual + tail, usual, interval)
    without = PWaves().add(usual - 2 * p_wave + tail, usual, interval)
    assert same["p_alone_match"] > 1.8
    assert without["p_alone_match"] < -1.8


def test_the_grid_has_the_mean_of_the_signal():
    t = np.arange(0, 10, 1 / 1000)
    values = np.sin(2 * np.pi * t)
    blocks = np.concatenate(list(Grid(0.0).process(t, values)))
    middle = (np.arange(len(blocks)) + 0.5) / RATE
    assert np.abs(blocks - np.sin(2 * np.pi * middle)).max() < 1e-3


def test_all_values_have_names():
    assert SPECIFICATION["shape"] == [len(NAMES)] == [len(set(NAMES))]
    assert all(set(module) for module in SPECIFICATION["constants"].values())
