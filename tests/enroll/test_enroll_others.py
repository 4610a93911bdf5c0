"""Recordings that hold none of the enrolled words raise the thresholds of words found in them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.decision.templates import EnrolledWord, stored_take
from edge.enroll.others import MAX_THRESHOLD, stricter_words

RNG = np.random.default_rng(0)
TAKE = RNG.normal(size=(8, 16)).astype(np.float32)
WORD = EnrolledWord((stored_take(TAKE),), center=0.2, width=0.02)


def like(share: float) -> np.ndarray:
    """Embeddings that are this share of the take, and else something different."""
    other = RNG.normal(size=TAKE.shape)
    return (share * TAKE + (1 - share) * other).astype(np.float32)


def test_a_word_found_in_a_recording_without_it_needs_a_higher_score():
    path = Path("unknown/a.wav")
    (found,) = stricter_words(
        {"lumos": WORD}, [(Path("unknown/b.wav"), like(0)), (path, like(0.63))]
    )
    assert found.word == "lumos" and found.path == path
    assert found.threshold > 0.5 and found.score < found.threshold <= MAX_THRESHOLD
    assert "needs a score of 0." in found.sentence() and "a.wav" in found.sentence()


def test_a_recording_of_the_word_itself_is_named():
    (found,) = stricter_words({"lumos": WORD}, [(Path("unknown/a.wav"), TAKE)])
    assert found.threshold == MAX_THRESHOLD < found.score
    assert "move the recording if it is this word" in found.sentence()


@pytest.mark.parametrize("recordings", [[], [(Path("a.wav"), like(0))], [(Path("a"), TAKE[:0])]])
def test_other_recordings_change_nothing(recordings):
    assert list(stricter_words({"lumos": WORD}, recordings)) == []
