"""Which clips choose the thresholds of words that only machine voices say."""

from __future__ import annotations

from sound_training import make_clips
from training.sound.data.clips import concatenate, said_by_machine_only
from training.sound.evaluate.validation import threshold_clips
from training.sound.task import keyword_task

TASK = keyword_task(["yes"])
SPOKEN = make_clips(["yes", "yet"], "cd", "spoken-0")


def test_other_words_of_people_take_the_place_of_those_of_machine_voices():
    clips = concatenate([SPOKEN, make_clips(["no"], "ab")])
    assert set(threshold_clips(clips, TASK).word) == {"yes", "no"}


def test_without_people_machine_voices_say_the_other_words():
    assert set(threshold_clips(SPOKEN, TASK).word) == {"yes", "yet"}


def test_words_of_people_leave_the_clips_as_they_are():
    clips = concatenate([SPOKEN, make_clips(["yes", "no"], "ab")])
    assert not said_by_machine_only(TASK.words, clips)
    assert len(threshold_clips(clips, TASK)) == len(clips)
