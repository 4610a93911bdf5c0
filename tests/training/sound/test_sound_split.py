"""The validation set: from a list, from speakers held out, or from the last takes."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edge.errors import RecordingError
from sound_training import WORDS, make_clips
from training.sound.data import simulated_speakers
from training.sound.data.clips import LARGE_CORPUS, concatenate
from training.sound.data.simulated_speakers import simulated_clips
from training.sound.data.split import make_split


def test_a_fifth_of_the_speakers_is_held_out():
    clips = make_clips(WORDS, [f"p{k}" for k in range(10)])
    split = make_split(clips, WORDS, seed=0)
    assert len(set(split.validation.speaker)) == 2 and split.retrain
    assert not set(split.validation.speaker) & set(split.train.speaker)
    assert len(split.validation) + len(split.train) == len(clips)


def test_a_fifth_of_the_training_list_is_held_out_if_there_is_no_validation_list():
    clips = make_clips(WORDS, [f"p{k}" for k in range(10)], split="train")
    split = make_split(clips, WORDS, seed=0)
    assert len(set(split.validation.speaker)) == 2
    assert not set(split.validation.speaker) & set(split.train.speaker)


def test_the_validation_list_is_used_and_its_speakers_are_not_trained_on():
    listed = make_clips(WORDS, ["ann"], split="val")
    more = make_clips(["dog"], ["ann", "otto"], corpus="dd")
    tested = make_clips(WORDS, ["tim"], corpus="ttt", split="test")
    trained = make_clips(WORDS, ["otto"], corpus="eeee", split="train")
    split = make_split(concatenate([listed, more, tested, trained]), WORDS, seed=0)
    assert not split.retrain and set(split.validation.speaker) == {"ann"}
    assert set(split.train.speaker) == {"otto"}


def test_speakers_of_a_small_corpus_are_held_out_before_those_of_a_large_one():
    """A large corpus is pretrained on once, whoever is held out."""
    large = make_clips(WORDS, [f"m{k}" for k in range(LARGE_CORPUS)], corpus="large")
    small = make_clips(WORDS, [f"f{k}" for k in range(10)], corpus="few")
    split = make_split(concatenate([large, small]), WORDS, seed=0)
    assert set(split.validation.corpus) == {"few"} and len(set(split.validation.speaker)) == 2
    assert split.description.startswith("2 of 10 speakers (the shipped weights")


def test_machine_voices_that_are_held_out_are_not_trained_on_at_the_end():
    listed = make_clips(["yes"], ["ann"], split="val")
    spoken = make_clips(WORDS, [f"espeak-{k}" for k in range(LARGE_CORPUS)], corpus="spoken-0")
    split = make_split(concatenate([listed, spoken]), WORDS, seed=0)
    assert set(split.validation.corpus) == {"c", "spoken-0"} and not split.retrain
    assert split.description.startswith(
        "the speakers of the validation list, and 20 of 100 machine voices, none of them"
    )


def test_the_description_says_which_speakers_are_added_to_the_list():
    listed = make_clips(["yes"], ["ann"], split="val")
    others = make_clips(WORDS, [f"p{k}" for k in range(10)], corpus="few")
    split = make_split(concatenate([listed, others]), WORDS, seed=0)
    beginning = "the speakers of the validation list, and 2 of 10 others ("
    assert split.description.startswith(beginning)


def test_more_speakers_are_held_out_until_the_validation_set_has_every_word():
    parts = [make_clips(["yes"], ["a", "b", "c"], "1"), make_clips(["no"], ["d", "e", "f"], "22")]
    for seed in range(5):
        split = make_split(concatenate(parts), WORDS, seed)
        for side in (split.validation, split.train):
            assert set(side.word) == set(WORDS)
        assert not set(split.validation.speaker) & set(split.train.speaker)


def test_of_a_single_speaker_the_last_takes_are_held_out():
    one = make_clips(WORDS, ["me"] * 10)
    split = make_split(one, WORDS, seed=0)
    assert len(split.validation) == 4 and set(split.validation.word) == set(WORDS)
    assert not set(split.validation.path) & set(split.train.path)
    many = make_clips(WORDS, ["me"] * 15)
    many = replace(many, path=np.array([f"{w}/{k}.wav" for k in range(15) for w in WORDS]))
    held_out = set(make_split(many, WORDS, seed=0).validation.path)
    assert held_out == {f"{word}/{k}.wav" for word in WORDS for k in (12, 13, 14)}
    with pytest.raises(RecordingError, match="there is no validation take of no"):
        make_split(one[(one.word == "yes") | (one.path == one.path[1])], WORDS, seed=0)


def test_simulated_speakers_do_not_make_a_single_speaker_into_several():
    simulated = simulated_clips(2, 0, WORDS)
    mine = make_clips(WORDS, ["me"])
    takes = concatenate([mine] * 5)
    takes = replace(takes, path=np.array([f"{word}/{k}.wav" for k in range(5) for word in WORDS]))
    split = make_split(concatenate([takes, simulated]), WORDS, seed=0)
    assert sorted(split.validation.path) == sorted(f"{word}/4.wav" for word in WORDS)
    assert (split.train.speaker == "me").sum() == 8
    assert split.description.startswith("the last takes of each word (the shipped weights")
    with pytest.raises(RecordingError, match="at least two recordings"):
        make_split(concatenate([mine, simulated]), WORDS, seed=0)


def test_simulated_speakers_are_never_in_the_validation_set_nor_in_a_mock(tmp_path):
    seeds = {simulated_speakers.training_seed(s, k) for s in range(4) for k in range(9)}
    assert len(seeds) == 36 and not any(seed % 2 for seed in seeds)
    simulated = simulated_clips(3, 0, ["yes", "no"], tmp_path)
    assert len(simulated) == 6 and len(set(simulated.speaker)) == 3
    assert (simulated.rows == simulated_clips(3, 0, ["yes", "no"], tmp_path).rows).all()
    split = make_split(concatenate([simulated, make_clips(WORDS, ["a", "b"])]), WORDS, seed=0)
    assert simulated_speakers.CORPUS not in set(split.validation.corpus)
