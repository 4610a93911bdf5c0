"""Training sets: how often each clip is drawn, and schedules for few clips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sound_training import WORDS, make_clips, small_config
from training.sound.data.clips import concatenate
from training.sound.data.log_mel import BANDS, ROWS
from training.sound.data.words import SILENCE
from training.sound.learn.config import SamplingConfig, Schedule, TrainingConfig
from training.sound.learn.sampling_weights import task_weights, word_weights
from training.sound.learn.training_sets import adaptation_training_set, task_training_set
from training.sound.task import keyword_task

SAMPLING = SamplingConfig()
NO_NOISE = np.zeros((0, ROWS, BANDS), np.float16)


def test_rare_words_are_drawn_more_often_than_their_number_of_clips():
    common, rare = make_clips(["yes"], ["a"] * 90), make_clips(["no"], ["b"] * 10)
    clips = concatenate([common, rare, make_clips([SILENCE], ["", ""], "22")])
    weight = word_weights(clips, SAMPLING)
    assert weight.sum() == pytest.approx(1) and (weight > 0).all()
    assert weight[clips.word == SILENCE].sum() == pytest.approx(SAMPLING.noise_share)
    share = weight[clips.word == "no"].sum() / weight[clips.word == "yes"].sum()
    assert share == pytest.approx((10 / 90) ** 0.5)
    each = weight[clips.word == "no"][0] / weight[clips.word == "yes"][0]
    assert each == pytest.approx(3)


def test_the_words_of_a_task_are_drawn_equally_often_and_the_rest_by_fixed_shares(tmp_path):
    clips = concatenate(
        [
            make_clips(["yes"], ["a"] * 30),
            make_clips(["no"], ["b"] * 3, "22"),
            make_clips(["dog", SILENCE], ["c"], "333"),
        ]
    )
    config = small_config(keyword_task(WORDS), tmp_path)
    training_set = task_training_set(clips, NO_NOISE, config)
    assert training_set.labels == ("yes", "no", "silence", "unknown")
    silence, other = SAMPLING.silence_share, SAMPLING.other_share
    each = (1 - silence - other) / 2
    expected = [each, each, silence, other]
    shares = [training_set.weight[training_set.classes == k].sum() for k in range(4)]
    assert shares == pytest.approx(expected)
    classes = np.array([["yes", "no", SILENCE, "dog"].index(word) for word in clips.word])
    weight = task_weights(clips, classes, config.task, SAMPLING)
    assert [weight[classes == k].sum() for k in range(4)] == pytest.approx(expected)


def test_half_of_the_clips_of_an_adaptation_are_own_takes(tmp_path):
    own = make_clips(WORDS, ["me"])
    others = make_clips(WORDS, [f"p{k}" for k in range(50)], "many")
    others = replace(others, path=np.full(len(others), ""))
    config = small_config(keyword_task(WORDS), tmp_path)
    training_set = adaptation_training_set(own, others, NO_NOISE, config)
    is_own = np.isin(training_set.clips.speaker, ["me"])
    assert training_set.weight[is_own].sum() == pytest.approx(0.5)
    assert training_set.weight.sum() == pytest.approx(1)


def test_schedules_are_shorter_for_few_clips_and_unchanged_for_many():
    config = TrainingConfig(keyword_task(), full_size=50_000, min_epochs=4)
    schedule = Schedule(epochs=60, learning_rate=1e-3)
    assert config.shortened(schedule, 56_000) == schedule
    epochs = [config.shortened(schedule, count).epochs for count in (10, 500, 5_000, 49_000)]
    assert epochs[0] == 4 and epochs == sorted(epochs) and epochs[1] <= 6
    assert config.shortened(replace(schedule, epochs=2), 10).epochs == 2
