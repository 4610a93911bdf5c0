"""A task: the words that a model recognises, and the labels for all other sounds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edge.errors import EdgeError
from training.sound.data.words import DIGIT_WORDS, SILENCE, UNKNOWN, normalize_word

KEYWORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
NONE = "none"


@dataclass(frozen=True)
class Task:
    name: str
    words: tuple[str, ...]
    """The words as the corpora spell them."""
    event_labels: tuple[str, ...]
    """The labels of the words, in the same order."""
    silence_label: str
    """The label of noise and silence."""
    other_label: str
    """The label of all other words; some tasks have one label for both."""

    @property
    def labels(self) -> tuple[str, ...]:
        return (*self.event_labels, *self.background_labels)

    @property
    def background_labels(self) -> tuple[str, ...]:
        """The labels that are never events."""
        return tuple(dict.fromkeys((self.silence_label, self.other_label)))

    def label_numbers(self, known: Sequence[str]) -> list[int]:
        """Return the number of the label for each word that a network knows.

        The words of the task that the network does not know follow at the end.
        """
        new = [word for word in self.words if word not in known]
        label = dict(zip(self.words, self.event_labels, strict=True))
        label[SILENCE] = self.silence_label
        return [self.labels.index(label.get(word, self.other_label)) for word in (*known, *new)]


def keyword_task(words: Sequence[str] = KEYWORDS) -> Task:
    """Return the task of recognising these words. Raises EdgeError for impossible words."""
    words = tuple(normalize_word(word) for word in words)
    reserved = sorted({SILENCE, UNKNOWN} & set(words))
    if reserved:
        raise EdgeError(f"--words: {reserved[0]} is the label of other sounds, choose another word")
    if len(set(words)) < len(words):
        raise EdgeError("--words: one word is given twice")
    return Task("kws", words, words, SILENCE, UNKNOWN)


DIGIT_TASK = Task("sounddigit", DIGIT_WORDS, tuple("0123456789"), NONE, NONE)
