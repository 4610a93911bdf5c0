"""The teacher: when there is one, and how its scores become targets."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tensorflow import keras

from edge.features.sound.specification import FRAMES
from sound_training import FIT, NETWORK, NO_AUGMENTATION, make_clips, small_config
from training.sound.data.clips import LARGE_CORPUS, Clips, concatenate
from training.sound.data.log_mel import BANDS
from training.sound.data.words import SILENCE
from training.sound.learn import network
from training.sound.learn.distillation import Teacher, with_distillation
from training.sound.learn.train_network import build_training_set
from training.sound.learn.training_data import TrainingData
from training.sound.learn.training_sets import (
    TrainingSet,
    all_words_training_set,
    task_training_set,
)
from training.sound.task import keyword_task

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras


@pytest.fixture
def clips() -> Clips:
    """Words of a corpus that the teacher was trained on, of one that it was not, and silence."""
    return concatenate(
        [
            make_clips(["yes", "no"], "ab", "known"),
            make_clips(["yes"], "c", "new"),
            make_clips([SILENCE], [""], ""),
        ]
    )


@pytest.fixture
def taught(clips, tmp_path) -> TrainingSet:
    """A training set with an untrained teacher for four words."""
    keras.utils.set_random_seed(0)
    untrained = network.build_trainable((FRAMES, BANDS), 4, NETWORK)
    config = replace(small_config(keyword_task(["yes"]), tmp_path), synthetic_noises=1)
    training_set = task_training_set(clips, clips.rows[:0], config)
    return replace(training_set, teacher=Teacher(untrained, (1, 2, 0, 2), ("known",)))


def test_a_teacher_knows_the_clips_of_its_own_corpora_and_silence(clips, taught):
    assert taught.teacher.knows(clips).tolist() == [True] * 4 + [False, True]


def test_the_fingerprint_of_a_training_set_depends_on_its_teacher(taught):
    teacher = taught.teacher
    others = None, replace(teacher, groups=(0, 2, 1, 2)), replace(teacher, corpora=())
    sets = [taught, *(replace(taught, teacher=other) for other in others)]
    assert len({training_set.fingerprint for training_set in sets}) == 4


def test_targets_are_mostly_the_scores_of_the_teacher(taught):
    config = replace(FIT, augmentation=NO_AUGMENTATION)
    windows, targets = taught.batches(config)(np.int64(0))
    scores = network.probabilities(taught.teacher.network, windows)
    sums = np.stack([scores[:, 2], scores[:, 0], scores[:, 1] + scores[:, 3]], axis=1)
    share = config.teacher_share
    rest = (targets.numpy() - share * sums) / (1 - share)
    by_teacher = np.isclose(rest, 0, atol=1e-4) | np.isclose(rest, 1, atol=1e-4)
    by_label = np.isin(targets, (0, 1))
    assert (by_teacher.all(axis=1) | by_label.all(axis=1)).all()
    assert by_teacher.all(axis=1).any() and by_label.all(axis=1).any()


def test_few_speakers_have_no_teacher(tmp_path):
    few = make_clips(["yes", "no"], ["a", "b"])
    config = small_config(keyword_task(["yes"]), tmp_path)
    training_set = task_training_set(few, few.rows, config)
    assert with_distillation(training_set, few, few.rows, config) is training_set


def test_many_speakers_have_a_teacher(tmp_path):
    many = make_clips(["yes", "no"], [f"{n}" for n in range(LARGE_CORPUS)])
    config = small_config(keyword_task(["yes"]), tmp_path)
    noise = many.rows[:2]
    training_set = task_training_set(many, noise, config)
    teacher = with_distillation(training_set, many, noise, config).teacher
    assert teacher.corpora == ("c",)
    assert teacher.network.output_shape == (None, len(teacher.groups))
    assert {config.task.labels[group] for group in teacher.groups} == set(config.task.labels)


def test_people_who_do_not_say_the_words_have_no_teacher(tmp_path):
    speakers = [f"{n}" for n in range(LARGE_CORPUS)]
    clips = concatenate(
        [make_clips(["no"], speakers), make_clips(["yes", "no"], speakers, "spoken-0")]
    )
    config = small_config(keyword_task(["yes"]), tmp_path)
    training_set = task_training_set(clips, clips.rows[:2], config)
    assert with_distillation(training_set, clips, clips.rows[:2], config) is training_set


def test_machine_voices_say_all_words_of_the_pretraining(tmp_path):
    people = make_clips(["no"], [f"{n}" for n in range(LARGE_CORPUS)])
    few, spoken = make_clips(["up"], "ab", "few"), make_clips(["yes"], "cd", "spoken-0")
    clips = concatenate([people, few, spoken])
    config = replace(small_config(keyword_task(["yes"]), tmp_path), synthetic_noises=1)
    words = set(all_words_training_set(clips, clips.rows[:2], config).labels)
    assert {"no", "yes"} <= words and "up" not in words


def test_people_are_left_out_if_only_machine_voices_say_the_words(tmp_path):
    people, spoken = make_clips(["no"], "ab"), make_clips(["yes", "no"], "cd", "spoken-0")
    clips = concatenate([people, spoken])
    config = replace(small_config(keyword_task(["yes"]), tmp_path), synthetic_noises=1)
    data = TrainingData(clips, ("c",), clips.rows[:2], (), ())
    assert set(build_training_set(clips, data, config).clips.corpus) <= {"spoken-0", SILENCE}
    config = replace(config, task=keyword_task(["no"]))
    assert "c" in set(build_training_set(clips, data, config).clips.corpus)
