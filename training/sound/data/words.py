"""Words and their spelling: special words of the corpora, digits, and the label of a word."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from edge.errors import RecordingError

SILENCE, UNKNOWN = "silence", "unknown"
OTHER_NAMES = {"_silence_": SILENCE, "_background_noise_": SILENCE, "_unknown_": UNKNOWN}
DIGIT_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
SPEECH_COMMANDS = (
    *DIGIT_WORDS,
    *("backward", "bed", "bird", "cat", "dog", "down", "follow", "forward", "go", "happy", "house"),
    *("learn", "left", "marvin", "no", "off", "on", "right", "sheila", "stop", "tree", "up"),
    *("visual", "wow", "yes"),
)
"""The words of Google Speech Commands."""
OTHER_LABELS = (UNKNOWN, "none")  # labels for words that a model does not know


def normalize_word(word: str) -> str:
    """Return the word in one Unicode form: some systems write an umlaut as two characters."""
    return unicodedata.normalize("NFC", word)


def corpus_word(name: str) -> str:
    """Return the word for the name that a corpus gives it: digits and special names translated."""
    word = normalize_word(name)
    if len(word) == 1 and word in "0123456789":
        word = DIGIT_WORDS[int(word)]
    return OTHER_NAMES.get(word, word)


def label_of(word: str, labels: Sequence[str]) -> str:
    """Return the label that a model with these labels should give to a word.

    Raises RecordingError if the model neither knows the word nor has a label for other words.
    """
    if word not in labels and word in DIGIT_WORDS:
        word = str(DIGIT_WORDS.index(word))
    if word in labels:
        return word
    for other in OTHER_LABELS:
        if other in labels:
            return other
    raise RecordingError(
        f"the model does not know {word!r}, nor has it a label for unknown words: leave {word!r} "
        f"out, the words of the model are {', '.join(labels)}"
    )
