"""Waveform augmentation, for front ends other than the shipped one."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.errors import RecordingError
from edge.features.sound.window_length import window_samples
from sound_training import FIT, NO_AUGMENTATION, make_clips, small_config
from training.sound.data.clips import concatenate
from training.sound.data.words import SILENCE
from training.sound.learn.augmentation_config import AugmentationConfig
from training.sound.learn.config import FitConfig
from training.sound.learn.front_ends import LECTURE
from training.sound.learn.training_sets import task_training_set
from training.sound.learn.waveform_augmentation import WordSound
from training.sound.learn.waveform_training_set import (
    WaveformBatches,
    WaveformTrainingSet,
    load_waveforms,
)
from training.sound.task import keyword_task

RATE = 22050  # of the lecture's front end


def tone_training_set(first: int = 4000, last: int = 12_000) -> WaveformTrainingSet:
    """One tone between silence, as the word, and one noise."""
    clips = make_clips(["yes"], ["a"])
    t = np.arange(8000) / RATE
    tone = np.concatenate([np.zeros(4000), 0.1 * np.sin(2 * np.pi * 440 * t), np.zeros(4000)])
    noise = np.random.default_rng(3).standard_normal(200_000).astype(np.float32)
    return WaveformTrainingSet(
        clips=clips,
        classes=np.zeros(1, np.int64),
        weight=np.ones(1),
        noise=clips.rows,
        labels=("yes", "unknown"),
        partial_class=1,
        front_end=LECTURE,
        words=(WordSound(tone.astype(np.float32), first, last),),
        noises=(noise,),
    )


def batches(training_set: WaveformTrainingSet, augmentation: AugmentationConfig) -> WaveformBatches:
    return WaveformBatches(training_set, FitConfig(augmentation=augmentation))


def test_noise_has_the_chosen_snr_and_words_stay_inside_the_window():
    training_set = tone_training_set()
    with_noise = replace(NO_AUGMENTATION, noisy=1.0, snr_db=(6.0, 6.0))
    noisy, clean = batches(training_set, with_noise), batches(training_set, NO_AUGMENTATION)
    snrs = []
    for _ in range(20):
        noisy_window, number = noisy.example(0)
        clean_window, _ = clean.example(0)
        assert noisy_window.shape == (window_samples(LECTURE),) and number == 0
        word = np.flatnonzero(np.abs(clean_window) > 1e-3)
        assert word[0] > 0 and word[-1] < len(clean_window) - 1
        rms = np.sqrt(np.mean(clean_window[word[0] : word[-1]] ** 2))
        blocks = noisy_window[: len(noisy_window) // 1000 * 1000].reshape(-1, 1000)
        noise_rms = np.quantile(blocks.std(axis=1), 0.3)  # of the blocks without a word
        snrs.append(20 * np.log10(rms / noise_rms))
    assert np.mean(snrs) == pytest.approx(6.0, abs=0.7)


def test_a_cut_word_is_partly_in_the_window_and_has_the_class_of_partial_words():
    training_set = tone_training_set()
    cut = batches(training_set, replace(NO_AUGMENTATION, partial=1.0))
    whole = batches(training_set, NO_AUGMENTATION).example(0)[0]
    energies = []
    for _ in range(20):
        part, number = cut.example(0)
        assert number == training_set.partial_class
        energies.append((part**2).sum() / (whole**2).sum())
    assert max(energies) < 0.8


@pytest.mark.parametrize("span", [(0, 3), (12_000, 16_000), (16_000, 16_000)])
def test_a_word_at_the_edge_of_its_recording_can_be_cut(span):
    drawn = batches(tone_training_set(*span), replace(NO_AUGMENTATION, partial=1.0, tempo=0.3))
    for _ in range(200):
        window, _ = drawn.example(0)
        assert len(window) == window_samples(LECTURE) and np.isfinite(window).all()


def test_a_batch_has_the_shape_of_the_front_end():
    windows, targets = tone_training_set().batches(FIT)(np.int64(0))
    assert windows.shape == (FIT.batch_size, 62, 40)
    assert targets.shape == (FIT.batch_size, 2)
    assert np.isfinite(windows.numpy()).all()


def test_words_that_are_images_only_are_refused_by_name(tmp_path):
    images = replace(make_clips(["yes"], ["a"]), image_only=np.ones(1, bool))
    clips = concatenate([images, make_clips([SILENCE], [""], "22")])
    config = small_config(keyword_task(["yes"]), tmp_path)
    training_set = task_training_set(clips, clips.rows, config)
    with pytest.raises(RecordingError, match="yes: there are images of spectra only"):
        load_waveforms(training_set, LECTURE, [], 0)
