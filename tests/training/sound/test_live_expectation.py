"""What a training says at its end: what will be detected live, and how to try the model."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from synthetic_words import synthetic_word, write_clip
from training.sound.data.folder_layouts import find_clip_files
from training.sound.evaluate.live_expectation import closing_hint, sentence
from training.sound.evaluate.spotting.result import SpottingResult
from training.sound.task import DIGIT_TASK, keyword_task


def result(hits: int) -> SpottingResult:
    return SpottingResult(words=20, hits=hits, delays=[], false_accepts=Counter(), seconds=60)


DECISION = {"operating_points": [{"false_per_hour": 1.0}, {"false_per_hour": 5.0}]}


def test_few_detected_words_come_with_a_remedy():
    text = sentence(result(4), DECISION, people=1, task_name="kws")
    assert "about 20% of the words will be detected (4 of 20 that were tested)" in text
    assert "kws-enroll with the same takes" in text and "--max-false-per-hour 5" in text
    assert "takes of other people" in text and "\n" not in text


def test_good_figures_need_no_remedy():
    assert sentence(result(19), DECISION, people=30, task_name="kws").endswith("tested)")


def test_figures_of_machine_voices_are_not_said_to_be_of_people():
    text = sentence(result(19), DECISION, people=0, task_name="kws", by_machine=True)
    assert "95% of the words of machine voices" in text and "fewer of people" in text


@pytest.mark.parametrize(("words", "mock"), [(["yes", "no"], True), (["ja", "no"], False)])
def test_simulated_people_are_suggested_for_their_words_only(words, mock):
    hint = closing_hint("kws-listen", Path("mine.tflite"), keyword_task(words))
    assert hint.startswith("wrote mine.tflite; try it: kws-listen --model mine.tflite")
    assert hint.endswith(" --mock") == mock


def test_simulated_people_say_digits():
    hint = closing_hint("sounddigit-listen", Path("m.tflite"), DIGIT_TASK)
    assert hint.endswith("--mock")


def test_folders_train_and_test_are_splits(tmp_path):
    for split, name in [("train", "3_000"), ("train", "4_001"), ("test", "3_002")]:
        write_clip(tmp_path / split / f"{name}.wav", synthetic_word(0.2, 0.6, 30))
    write_clip(tmp_path / "test" / "lumos" / "ann_nohash_0.wav", synthetic_word(0.2, 0.6, 30))
    found = {(clip.path.stem, clip.word, clip.split) for clip in find_clip_files(tmp_path)}
    assert ("3_000", "three", "train") in found and ("3_002", "three", "test") in found
    assert ("ann_nohash_0", "lumos", "test") in found


def test_a_word_named_test_is_a_word(tmp_path):
    for word in ("test", "other"):
        write_clip(tmp_path / word / "ann_nohash_0.wav", synthetic_word(0.2, 0.6, 30))
    assert {(clip.word, clip.split) for clip in find_clip_files(tmp_path)} == {
        ("test", ""),
        ("other", ""),
    }
