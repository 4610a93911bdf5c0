"""Augmentation of log-mel spectra, and synthetic noise."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.features.sound.specification import FRAMES
from sound_training import NO_AUGMENTATION
from training.sound.data.log_mel import BANDS, ROWS, word_rows
from training.sound.data.synthetic_noise import nonstationary_noise, stationary_noise
from training.sound.learn.augmentation import augment
from training.sound.learn.augmentation_config import AugmentationConfig


def clip_with_word(first: int, last: int, level: float = 2.0) -> np.ndarray:
    """A clip whose rows from first to last have one level in all bands."""
    rows = np.full((1, ROWS, BANDS), -10.0, np.float32)
    rows[:, first : last + 1] = level
    return rows


def augmented(
    rows: np.ndarray, config: AugmentationConfig, noise: np.ndarray | None = None
) -> tuple[np.ndarray, np.ndarray]:
    span = word_rows(rows.astype(np.float16)).astype(np.int32)
    noise = np.full_like(rows, -30) if noise is None else noise
    silent = np.zeros(len(rows), bool)
    windows, complete = augment(rows, span, silent, noise.astype(np.float32), config)
    return windows.numpy(), complete.numpy()


def test_word_rows_finds_the_word_with_a_pause_in_it():
    clips = [clip_with_word(20, 50), clip_with_word(0, 97), clip_with_word(60, 97)]
    rows = np.concatenate(clips).astype(np.float16)
    rows[2, 70:75] = -10  # a closure
    assert word_rows(rows).tolist() == [[20, 50], [0, 97], [60, 97]]


def test_without_augmentation_a_clip_is_only_moved():
    count = 50
    rows = np.repeat(clip_with_word(30, 59), count, axis=0)
    windows, complete = augmented(rows, NO_AUGMENTATION)
    assert windows.shape == (count, FRAMES, BANDS) and complete.all()
    inside = windows > 1.9
    assert (inside == inside[:, :, :1]).all()  # the same in every band
    frames = inside[:, :, 0].sum(axis=1)
    assert set(frames) <= {13, 14, 15, 16}
    assert len({int(row.argmax()) for row in inside[:, :, 0]}) > 10


def test_a_moved_word_stays_inside_the_window_but_for_cut_rows():
    rows = np.repeat(clip_with_word(10, 69), 100, axis=0)
    windows, _ = augmented(rows, NO_AUGMENTATION)
    assert ((windows[:, :, 0] > 1.9).sum(axis=1) >= 28).all()
    windows, _ = augmented(rows, replace(NO_AUGMENTATION, cut_rows=6))
    frames = (windows[:, :, 0] > 1.9).sum(axis=1)
    assert frames.min() >= 24


def test_a_partial_word_ends_with_the_window_and_a_complete_one_shortly_before():
    rows = np.repeat(clip_with_word(10, 69), 200, axis=0)
    windows, complete = augmented(rows, replace(NO_AUGMENTATION, partial=0.5))
    inside = windows[:, :, 0] > 1.9
    frames = inside.sum(axis=1)
    after = inside[:, ::-1].argmax(axis=1)  # frames after the word
    assert 50 < complete.sum() < 150
    assert (frames[complete] >= 28).all()
    assert (after[complete] <= NO_AUGMENTATION.after_rows / 2 + 1).all()
    assert (frames[~complete] <= 13).all() and (after[~complete] == 0).all()


def test_a_neighbouring_word_ends_before_the_word_or_has_hardly_begun():
    """Two words, one in the high bands and one in the low bands, tell which is which."""
    high, low = clip_with_word(30, 69), clip_with_word(30, 69)
    high[:, :, :20], low[:, :, 20:] = -10, -10
    rows = np.concatenate([high, low] * 100)
    windows, complete = augmented(rows, replace(NO_AUGMENTATION, neighbour=1.0))
    assert complete.all()
    inside = windows > 1.0
    upper, lower = inside[:, :, 30].sum(axis=1), inside[:, :, 10].sum(axis=1)
    own = np.where(np.arange(200) % 2, lower, upper)
    other = np.where(np.arange(200) % 2, upper, lower)
    assert (own >= 18).all()
    has_neighbour = other > 0
    assert 40 < has_neighbour.sum() < 160
    for k in np.flatnonzero(has_neighbour):
        bands = (10, 30) if k % 2 else (30, 10)
        word, neighbour = (np.flatnonzero(inside[k, :, band]) for band in bands)
        before = neighbour[-1] <= word[0] + 1
        assert before or (neighbour[0] >= word[-1] - 1 and len(neighbour) <= 9)


def test_digital_silence_replaces_the_background_around_a_clip():
    rows = np.repeat(clip_with_word(30, 59), 50, axis=0)
    rows[:, :30] = rows[:, 60:] = -6.0
    windows, _ = augmented(rows, replace(NO_AUGMENTATION, digital_silence=1.0))
    assert {round(float(v), 1) for v in np.unique(windows)} >= {-13.8, -6.0, 2.0}
    windows, _ = augmented(rows, NO_AUGMENTATION)
    assert windows.min() > -6.1


@pytest.mark.parametrize("snr", [0.0, 12.0])
def test_noise_has_the_chosen_snr(snr):
    rows, noise = clip_with_word(20, 69, 3.0), np.full((1, ROWS, BANDS), -4.0, np.float32)
    config = replace(NO_AUGMENTATION, noisy=1.0, snr_db=(snr, snr))
    windows, _ = augmented(rows, config, noise)
    clean, _ = augmented(rows, NO_AUGMENTATION)
    noise_level = windows[0].min()
    assert clean.max() - noise_level == pytest.approx(snr * np.log(10) / 10, abs=0.05)


def test_synthetic_noise_is_stationary_or_not_and_depends_on_the_seed_alone():
    kinds = (stationary_noise, nonstationary_noise)
    stationary, nonstationary = (kind(200, 3) for kind in kinds)
    for noise, kind in zip((stationary, nonstationary), kinds, strict=True):
        assert noise.shape == (200, ROWS, BANDS) and np.isfinite(noise).all()
        assert np.array_equal(noise, kind(200, 3)) and not np.array_equal(noise, kind(200, 4))
    swing = [noise.mean(axis=2).std(axis=1).mean() for noise in (stationary, nonstationary)]
    assert swing[1] > 2 * swing[0]
