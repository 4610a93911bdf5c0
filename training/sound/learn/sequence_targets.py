"""What a network should say at each step of a sequence: where words count as detected, where a word
would be a false accept, and the labels of single steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from edge.features.sound.specification import FRAMES
from training.sound.learn.sequences import LiveSequence

MAX_WORDS = 20  # of a sequence
SMOOTHED_STEPS = 5  # of which the live decision takes the mean
NEVER = -1e9  # the frame of a word that is not there
# All in frames:
EARLY, LATE = 2, 36  # before and after the end of a word, within which it should be detected
LABELLED = 34  # after the end of a word, for which every step should have its label
AFTERWARDS = 50  # after the end of a word, for which its detection is no false accept
WITH_WORD = 74  # after the end of a word, for which the window shows a part of it
NEXT_SHOWN = 0.35  # share of the next word from which the word before need not be detected
RECOGNISABLE = 0.4  # share of a word from which its detection is no false accept
MIN_STEPS = 3  # with enough time for a word to be detected


@dataclass(frozen=True)
class Labels:
    words: int
    """The first labels are the words of the task."""
    silence: int
    other: int


@dataclass(frozen=True)
class SequenceBatch:
    """b sequences; n is the number of steps, s of smoothed steps."""

    rows: NDArray[np.float32]
    """(b, frames, bands)"""
    label: NDArray[np.int32]
    """(b, MAX_WORDS): the label of each word; 0 if it does not count."""
    counts: NDArray[np.bool_]
    """(b, MAX_WORDS): words of the task that should be detected."""
    in_time: NDArray[np.bool_]
    """(b, MAX_WORDS, s): the steps at which a detection of the word is in time."""
    allowed: NDArray[np.float32]
    """(b, s, words): 1 where a detection of this word is no false accept."""
    step_labels: NDArray[np.int32]
    """(b, n): the label of each step; -1 where several answers are right."""


def sequence_batch(sequences: Sequence[LiveSequence], labels: Labels) -> SequenceBatch:
    rows = np.stack([sequence.rows for sequence in sequences])
    kind, begin, end = _word_tables(sequences)
    present = (kind >= 0)[:, :, None]
    at = FRAMES - 1 + 2 * np.arange((rows.shape[1] - FRAMES) // 2 + 1, dtype=np.float32)
    is_last = at < _next_word_shown(kind, begin, end)[:, :, None]
    begin, end = begin[:, :, None], end[:, :, None]
    own_time = present & (at <= end + LATE) & is_last
    in_time = own_time & (at >= end - EARLY)
    smoothed = in_time[:, :, SMOOTHED_STEPS - 1 :]
    complete = (begin[:, :, 0] >= -1) & (smoothed.sum(axis=2) >= MIN_STEPS)
    counts = complete & (kind >= 0) & (kind < labels.words)
    recognisable = present & (at >= begin + RECOGNISABLE * (end - begin)) & (at <= end + AFTERWARDS)
    allowed = np.zeros((len(rows), len(at), labels.words), np.float32)
    for sequence, word in zip(*np.nonzero((kind >= 0) & (kind < labels.words)), strict=True):
        allowed[sequence, recognisable[sequence, word], kind[sequence, word]] = 1
    step_labels = np.full((len(rows), len(at)), -1, np.int32)
    labelled = own_time & (at >= end) & (at <= end + LABELLED) & (begin >= -1)
    for sequence, word in zip(*np.nonzero(kind >= 0), strict=True):
        step_labels[sequence, labelled[sequence, word]] = kind[sequence, word]
    with_word = (present & (at >= begin - EARLY) & (at <= end + WITH_WORD)).any(axis=1)
    talk = np.array([sequence.talk for sequence in sequences])
    step_labels[~with_word & ~talk[:, None]] = labels.silence
    step_labels[talk] = labels.other
    return SequenceBatch(
        rows=rows,
        label=np.where(counts, kind, 0).astype(np.int32),
        counts=counts,
        in_time=smoothed,
        allowed=allowed[:, SMOOTHED_STEPS - 1 :],
        step_labels=step_labels,
    )


def _word_tables(
    sequences: Sequence[LiveSequence],
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]]:
    """Return label, first and last frame of the words of each sequence; label -1: no word."""
    shape = len(sequences), MAX_WORDS
    kind = np.full(shape, -1, np.int32)
    begin, end = np.full(shape, NEVER, np.float32), np.full(shape, NEVER, np.float32)
    for number, sequence in enumerate(sequences):
        for word, spoken in enumerate(sequence.words[:MAX_WORDS]):
            kind[number, word] = spoken.label
            begin[number, word], end[number, word] = spoken.begin, spoken.end
    return kind, begin, end


def _next_word_shown(
    kind: NDArray[np.int32], begin: NDArray[np.float32], end: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return for each word the frame at which NEXT_SHOWN of the next word has been said."""
    shown = np.full(kind.shape, -NEVER, np.float32)
    following = begin[:, 1:] + NEXT_SHOWN * (end[:, 1:] - begin[:, 1:])
    shown[:, :-1] = np.where(kind[:, 1:] >= 0, following, -NEVER)
    return shown
