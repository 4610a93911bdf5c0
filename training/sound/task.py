"""What a model of sound is asked for: its words, and the labels for all else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edge.errors import EdgeError
from training.sound.data.clips import Clips
from training.sound.data.folder_layouts import DIGIT_WORDS, SILENCE, spelled
from training.sound.learn.fit import Lesson

COMMANDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
UNKNOWN, NONE = "unknown", "none"
SILENT_SHARE = 0.1  # of what is shown in the last stretch
OTHER_SHARE = 0.3


@dataclass(frozen=True)
class Task:
    name: str
    words: tuple[str, ...]
    """As the corpora spell them."""
    spoken: tuple[str, ...]
    """As the model says them."""
    silence: str
    """The label of noise and silence ..."""
    other: str
    """... and of all other words; the same for some tasks."""

    @property
    def labels(self) -> tuple[str, ...]:
        return (*self.spoken, *self.silent)

    @property
    def silent(self) -> tuple[str, ...]:
        """The labels that are never events."""
        return tuple(dict.fromkeys((self.silence, self.other)))

    def groups(self, known: Sequence[str]) -> list[int]:
        """The label of each word that a network knows, and then of those words it does not."""
        new = [word for word in self.words if word not in known]
        label = dict(zip(self.words, self.spoken, strict=True)) | {SILENCE: self.silence}
        return [self.labels.index(label.get(word, self.other)) for word in (*known, *new)]

    def lesson(self, clips: Clips, weight: np.ndarray, noise: np.ndarray) -> Lesson:
        """Its words, each shown as often as any other, and what is none of them."""
        number = {word: k for k, word in enumerate(self.words)}
        number[SILENCE] = self.labels.index(self.silence)
        other = self.labels.index(self.other)
        classes = np.array([number.get(word, other) for word in clips.word], np.int64)
        groups = np.where(clips.word == SILENCE, -1, classes)
        each = (1 - SILENT_SHARE - OTHER_SHARE) / len(self.words)
        shown = np.zeros(len(clips))
        for group in np.unique(groups):
            mine = groups == group
            share = {-1: SILENT_SHARE, other: OTHER_SHARE}.get(int(group), each)
            shown[mine] = share * weight[mine] / weight[mine].sum()
        return Lesson(clips, classes, shown, noise, self.labels, other)


def commands(words: Sequence[str] = COMMANDS) -> Task:
    """EdgeError for words that are none."""
    asked = tuple(spelled(word) for word in words)
    taken = sorted({SILENCE, UNKNOWN} & set(asked))
    if taken or len(set(asked)) < len(asked):
        raise EdgeError(
            f"--words: {taken[0]} is said of what is no word"
            if taken
            else "--words: one is there twice"
        )
    return Task("kws", asked, asked, SILENCE, UNKNOWN)


DIGITS = Task("sounddigit", DIGIT_WORDS, tuple("0123456789"), NONE, NONE)
