"""The figures of spoken digits: speakers held out, adapted, and of another language."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from edge.errors import RecordingError
from sound_training import make_clips, record_words, small_config
from training.sound.data.clips import Clips, concatenate
from training.sound.data.load import load_clips
from training.sound.data.noise import recorded_noise
from training.sound.data.words import DIGIT_WORDS
from training.sound.digit_protocols import (
    ADAPTED,
    FSDD,
    HELD_OUT,
    Row,
    hold_out_speakers,
    pretrain_on_large_corpora,
)
from training.sound.evaluate.clip_accuracy.scores import ClipScores
from training.sound.task import DIGIT_TASK
from training.sounddigit_figures import figures_table

pytestmark = pytest.mark.filterwarnings("ignore")  # of Keras and the converters


def record_takes(folder: Path) -> Clips:
    """Return takes 0 and 20 of each digit by one speaker."""
    for voice, take in enumerate((0, 20)):
        record_words(folder, DIGIT_WORDS, [voice], name=f"{{:x}}_nohash_{take}.wav")
    clips = load_clips([folder])
    return replace(clips, speaker=np.full(len(clips), "ann"))


def test_a_speaker_is_held_out_and_then_adapted_to(tmp_path: Path) -> None:
    config = small_config(DIGIT_TASK, tmp_path / "cache")
    config = replace(config, fit=replace(config.fit, steps_per_epoch=5))
    noise = recorded_noise([])
    fsdd = record_takes(tmp_path / FSDD)
    large = make_clips(DIGIT_WORDS, [f"s{number}" for number in range(100)], corpus="large")
    clips = concatenate([fsdd, large])
    pretrained = pretrain_on_large_corpora(clips, noise, config)
    rows = list(hold_out_speakers(clips, noise, pretrained, config))
    assert [row.group for row in rows] == [HELD_OUT, ADAPTED]
    # Both takes of the ten digits, and then the takes after the twentieth.
    assert [len(row.scores.truth) for row in rows] == [20, 10]
    assert all(row.scores.float32 is not None for row in rows)


def test_corpora_that_are_needed_are_named(tmp_path: Path) -> None:
    config = small_config(DIGIT_TASK, tmp_path / "cache")
    clips = make_clips(DIGIT_WORDS, ["a", "b"], corpus="small")
    with pytest.raises(RecordingError, match="a corpus of 100 speakers besides fsdd"):
        pretrain_on_large_corpora(clips, recorded_noise([]), config)


def test_the_table_has_a_row_for_each_result_and_one_for_each_group() -> None:
    def row(name: str, correct: int, group: str = "") -> Row:
        truth = np.zeros(4, np.intp)
        scores = np.eye(2, dtype=np.float32)[[0] * correct + [1] * (4 - correct)]
        return Row(name, 0.9, ClipScores(["0", "1"], truth, scores, scores, scores, 1), group)

    rows = [row("a", 3, HELD_OUT), row("b", 4, HELD_OUT), row("c", 2)]
    *_, first, second, third, mean = figures_table(rows, "the command")
    assert first == "| a | 4 | 0.9 | **0.7500** | 0.7500 |"
    assert (second.split("|")[1], third.split("|")[1]) == (" b ", " c ")
    assert mean == f"| **{HELD_OUT}: mean / worst of 2** | | | 0.8750 / 0.7500 | |"
